import { DAY_MS, MINUTE_MS, msFromTimestamp, type Timestamp } from '@app/platform';
import type { InstanceRecord } from '../record/instance.js';
import type { InstanceStatus } from '../record/instance-status.js';
import type { IdleSettings } from './idle.settings.js';

/** When instances count as idle; the same in every process. */
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

/** Since when, at the latest signal that is in the record itself, and how long, an instance may stand unused. */
export interface IdleClock {
  /** Epoch milliseconds; uses reported since are not in it. */
  readonly baseMs: number;
  /** The kind of that signal. */
  readonly baseSignal: 'ready' | 'lease';
  readonly thresholdMs: number;
  readonly thresholdFrom: 'instance' | 'template' | 'fleet';
  /** Never longer than the threshold. */
  readonly warningMs: number;
}

/** The part of a record that a touch needs. The store keeps it beside the document, so that a touch need not read that. */
export interface IdleState {
  readonly status: InstanceStatus;
  /** Null when idleness does not count. */
  readonly clock: IdleClock | null;
}

export type IdleCounting =
  | { readonly counts: true; readonly clock: IdleClock }
  | { readonly counts: false; readonly why: IdleExemption };

/** A century: as good as never, and short enough that no instant after it exceeds the range of a date. */
const LONGEST_MS = 100 * 365 * DAY_MS;

/** The defaults of the settings, for a store that is given no rules. */
export const DEFAULT_IDLE_RULES: IdleRules = {
  enabled: true,
  thresholdMs: 20 * MINUTE_MS,
  warningMs: 5 * MINUTE_MS,
  byTemplate: new Map(),
};

/**
 * Whether being unused counts against an instance, and from when on. Pure; the store derives the idle deadlines from
 * it, so that no writer can forget them.
 */
export function idleCounting(record: InstanceRecord, rules: IdleRules): IdleCounting {
  const why = exemptionOf(record, rules);
  if (why !== null) return { counts: false, why };
  const { baseMs, baseSignal } = idleBase(record);
  const own = ownThresholdMs(record);
  const template = templateThreshold(record, rules);
  const byTemplate = template === 'off' ? null : template;
  const thresholdMs = own ?? byTemplate ?? rules.thresholdMs;
  return {
    counts: true,
    clock: {
      baseMs,
      baseSignal,
      thresholdMs,
      thresholdFrom: own !== null ? 'instance' : byTemplate !== null ? 'template' : 'fleet',
      warningMs: Math.min(rules.warningMs, thresholdMs),
    },
  };
}

/** Since when, at the latest signal that is in the record itself, an instance that is ready stands unused. */
export function idleBase({ timestamps, autoStop }: InstanceRecord): Pick<IdleClock, 'baseMs' | 'baseSignal'> {
  const { ready, started, created } = timestamps;
  const readyMs = msFromTimestamp(ready ?? started ?? created);
  const leaseUntil = autoStop.lease?.until;
  const leaseMs = leaseUntil === undefined ? Number.NEGATIVE_INFINITY : msFromTimestamp(leaseUntil);
  return leaseMs > readyMs ? { baseMs: leaseMs, baseSignal: 'lease' } : { baseMs: readyMs, baseSignal: 'ready' };
}

/** When an instance is to be stopped, if nothing happens until then. Epoch milliseconds. */
export function stopAtMs(clock: IdleClock, lastUsedAt: Timestamp | null): number {
  return idleSinceMs(clock, lastUsedAt) + clock.thresholdMs;
}

/** Since when it stands unused, leases of the future counted as use. Epoch milliseconds. */
export function idleSinceMs(clock: IdleClock, lastUsedAt: Timestamp | null): number {
  return lastUsedAt === null ? clock.baseMs : Math.max(clock.baseMs, msFromTimestamp(lastUsedAt));
}

export function idleRulesOf(settings: IdleSettings): IdleRules {
  return {
    enabled: settings.AUTO_STOP_ENABLED,
    thresholdMs: settings.AUTO_STOP_THRESHOLD,
    warningMs: settings.AUTO_STOP_WARNING,
    byTemplate: settings.AUTO_STOP_TEMPLATE_THRESHOLDS,
  };
}

/**
 * The instance's own threshold, in whole milliseconds. Callers cannot set 0; if a document holds 0 all the same, or
 * null, or no number, it has no threshold of its own: never "at once".
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
  // The instance's own settings take precedence over those of its template.
  const hasOwnSetting = record.autoStop.enabled === true || ownThresholdMs(record) !== null;
  if (!hasOwnSetting && templateThreshold(record, rules) === 'off') return 'switched-off-for-its-template';
  if (!rules.enabled) return 'switched-off-for-all';
  return null;
}

export function idleStateOf(record: InstanceRecord, rules: IdleRules): IdleState {
  const counting = idleCounting(record, rules);
  return { status: record.status, clock: counting.counts ? counting.clock : null };
}

/** `status`, or `status base threshold warning` in milliseconds when idleness counts; scripts read it. */
export function idleStateText({ status, clock }: IdleState): string {
  return clock === null ? status : `${status} ${clock.baseMs} ${clock.thresholdMs} ${clock.warningMs}`;
}

/**
 * When auto-stop must examine an instance: at the time of its warning or, once the warning of this idle period went
 * out, of its stop. `idleDue` in idle.lua computes the same for Redis, which alone knows the latest use.
 *
 * @param warnedMs the beginning of the idle period that the latest warning was about; null for none
 * @returns epoch milliseconds; null when idleness does not count
 */
export function idleDueMs(
  clock: IdleClock | null,
  lastUsedAt: Timestamp | null,
  warnedMs: number | null,
): number | null {
  if (clock === null) return null;
  const since = idleSinceMs(clock, lastUsedAt);
  return since + clock.thresholdMs - (warnedMs === since ? 0 : clock.warningMs);
}

/** The form in which scripts compare uses: -1 is before every use. */
export function msOrBefore(lastUsedAt: Timestamp | null): number {
  return lastUsedAt === null ? -1 : msFromTimestamp(lastUsedAt);
}
