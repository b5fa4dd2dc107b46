import type { Settings, Timestamp } from '@app/platform';
import { msFromTimestamp } from '@app/platform';
import type { InstanceRecord } from '../instance.js';

/** By what instances count as idle, the same in every process. */
export interface IdleRules {
  readonly enabled: boolean;
  /** How long an instance may stand unused, unless it says otherwise itself. */
  readonly thresholdMs: number;
  /** How long before its stop a warning goes out; 0 for none. */
  readonly warningMs: number;
  /** By template id; `off` for never. */
  readonly byTemplate: ReadonlyMap<string, number | 'off'>;
}

/** Why idleness does not count against an instance at present. */
export type IdleExemption =
  | 'switched-off-for-all'
  | 'switched-off-for-this-one'
  | 'switched-off-for-its-template'
  | 'made-elsewhere'
  | 'billed-monthly'
  | 'not-ready'
  | 'not-wished-to-run';

/** Since when, at the latest sign that is in the record itself, and how long, an instance may stand unused. */
export interface IdleClock {
  /** Epoch milliseconds; uses reported since are not in it. */
  readonly baseMs: number;
  /** What that sign is. */
  readonly baseSign: 'ready' | 'lease';
  readonly thresholdMs: number;
  readonly thresholdFrom: 'instance' | 'template' | 'fleet';
  /** Never longer than the threshold. */
  readonly warningMs: number;
}

export type IdleCounting =
  | { readonly counts: true; readonly clock: IdleClock }
  | { readonly counts: false; readonly why: IdleExemption };

const MINUTE_MS = 60_000;
/** A century: as good as never, and no instant after it is beyond what a date can say. */
const LONGEST_MS = 100 * 365 * 24 * 60 * MINUTE_MS;

/**
 * Whether being unused counts against an instance, and from when on. Pure; the store keeps the index of idle times by
 * it, so that no writer can forget it.
 */
export function idleCounting(record: InstanceRecord, rules: IdleRules): IdleCounting {
  const why = exemptionOf(record, rules);
  if (why !== null) return { counts: false, why };
  const { baseMs, baseSign } = idleBase(record);
  const own = ownThresholdMs(record);
  const template = templateThreshold(record, rules);
  const byTemplate = template === 'off' ? null : template;
  const thresholdMs = own ?? byTemplate ?? rules.thresholdMs;
  return {
    counts: true,
    clock: {
      baseMs,
      baseSign,
      thresholdMs,
      thresholdFrom: own !== null ? 'instance' : byTemplate !== null ? 'template' : 'fleet',
      warningMs: Math.min(rules.warningMs, thresholdMs),
    },
  };
}

/** Since when, at the latest sign that is in the record itself, an instance that is ready stands unused. */
export function idleBase({ timestamps, autoStop }: InstanceRecord): Pick<IdleClock, 'baseMs' | 'baseSign'> {
  const { ready, started, created } = timestamps;
  const readyMs = msFromTimestamp(ready ?? started ?? created);
  const leaseUntil = autoStop.lease?.until;
  const leaseMs = leaseUntil === undefined ? Number.NEGATIVE_INFINITY : msFromTimestamp(leaseUntil);
  return leaseMs > readyMs ? { baseMs: leaseMs, baseSign: 'lease' } : { baseMs: readyMs, baseSign: 'ready' };
}

/** When an instance is to be stopped, if nothing happens until then. Epoch milliseconds. */
export function stopAtMs(clock: IdleClock, lastUsedAt: Timestamp | null): number {
  return idleSinceMs(clock, lastUsedAt) + clock.thresholdMs;
}

/** Since when it stands unused, leases of the future counted as use. Epoch milliseconds. */
export function idleSinceMs(clock: IdleClock, lastUsedAt: Timestamp | null): number {
  return lastUsedAt === null ? clock.baseMs : Math.max(clock.baseMs, msFromTimestamp(lastUsedAt));
}

export function idleRulesOf(settings: Settings): IdleRules {
  return {
    enabled: settings.AUTO_STOP_ENABLED,
    thresholdMs: settings.AUTO_STOP_THRESHOLD,
    warningMs: settings.AUTO_STOP_WARNING,
    byTemplate: settings.AUTO_STOP_TEMPLATE_THRESHOLDS,
  };
}

/**
 * The instance's own word, in whole milliseconds. Callers cannot say 0; should it stand in a document all the same, or
 * null, or what is no number, it is none: never "at once".
 */
function ownThresholdMs({ autoStop }: InstanceRecord): number | null {
  const ms = Math.ceil((autoStop.thresholdMinutes ?? 0) * MINUTE_MS);
  return ms > 0 ? Math.min(ms, LONGEST_MS) : null;
}

function templateThreshold({ spec }: InstanceRecord, rules: IdleRules): number | 'off' | null {
  return spec.templateId === null ? null : (rules.byTemplate.get(spec.templateId) ?? null);
}

function exemptionOf(record: InstanceRecord, rules: IdleRules): IdleExemption | null {
  if (record.origin === 'discovered') return 'made-elsewhere';
  // An instance that is starting is never idle, and neither is one that is being stopped.
  if (record.status !== 'ready') return 'not-ready';
  if (record.desired.state !== 'running') return 'not-wished-to-run';
  if (record.spec.billingMode === 'monthly') return 'billed-monthly';
  if (record.autoStop.enabled === false) return 'switched-off-for-this-one';
  // What an instance says of itself goes before what its template says.
  const ownWord = record.autoStop.enabled === true || ownThresholdMs(record) !== null;
  if (!ownWord && templateThreshold(record, rules) === 'off') return 'switched-off-for-its-template';
  if (!rules.enabled) return 'switched-off-for-all';
  return null;
}
