import {
  type IdleExemption,
  type IdleRules,
  type InstanceRecord,
  InstanceRecords,
  idleCounting,
  idleSinceMs,
  type RecordPage,
  type StoredInstance,
  stopAtMs,
} from '@app/instance-store';
import { Clock, isObject, msFromTimestamp, parseJson, parseTimestamp, type Timestamp } from '@app/platform';

/**
 * Why an instance that runs unused is not stopped yet. `due`: it is past its warning, so a check of auto-stop stops it or says
 * why not. `notYetDue`: its threshold is not over. `autoStopOff`: switched off for it, its template or all. `monthly`: a stop
 * would save nothing. `useNotKnown`: made elsewhere, and nobody reports its use.
 */
const IDLE_REASONS = ['due', 'notYetDue', 'autoStopOff', 'monthly', 'useNotKnown'] as const;
export type IdleReason = (typeof IDLE_REASONS)[number];

interface IdleSum {
  readonly usdPerHour: number;
  readonly instances: number;
}

/** What runs and is not in use by what is known; the reasons add up to the whole. */
export interface IdleCost extends IdleSum {
  readonly asOf: Timestamp;
  /** Of `instances`, those whose price is not known; they are in no sum. */
  readonly unpriced: number;
  readonly byReason: Readonly<Record<IdleReason, IdleSum>>;
}

/** After a report of use, or after it became ready, an instance counts as being in use for this long. */
const IN_USE_MS = 5 * 60_000;
/** The store's own limit. */
const PAGE = 200;
const MICRO = 1_000_000;

/**
 * Why an instance counts as running idle; null when it does not run, is only on its way, or is in use. Pure.
 *
 * @param now milliseconds since 1970
 */
export function idleReason({ record, lastUsedAt }: StoredInstance, rules: IdleRules, now: number): IdleReason | null {
  if (!isUp(record) || isLeased(record, now)) return null;
  const counting = idleCounting(record, rules);
  if (!counting.counts) {
    const reason = reasonOfExemption(counting.why);
    return reason === null || now - lastSignalMs(record, lastUsedAt) < IN_USE_MS ? null : reason;
  }
  const { clock } = counting;
  if (now >= stopAtMs(clock, lastUsedAt) - clock.warningMs) return 'due';
  return now - idleSinceMs(clock, lastUsedAt) < IN_USE_MS ? null : 'notYetDue';
}

/** Adds up what idles over all instances that are up. It takes longer the larger the fleet is, so readers get what was stored. */
export class IdleCosts {
  constructor(
    private readonly records: InstanceRecords,
    private readonly clock: Clock,
    private readonly rules: IdleRules,
  ) {}

  /** @throws StoreUnavailableError, the reason of the signal */
  async measure(signal: AbortSignal): Promise<IdleCost> {
    const asOf = this.clock.timestamp();
    const now = this.clock.now();
    const sums = new Map(IDLE_REASONS.map((reason) => [reason, { micro: 0, instances: 0 }]));
    let unpriced = 0;
    for await (const stored of this.up(signal)) {
      const reason = idleReason(stored, this.rules, now);
      const sum = reason === null ? undefined : sums.get(reason);
      if (sum === undefined) continue;
      const { usdPerHour } = stored.record.price;
      sum.instances += 1;
      if (usdPerHour === null) unpriced += 1;
      else sum.micro += Math.round(usdPerHour * MICRO);
    }
    return { asOf, unpriced, ...addedUp((reason) => sums.get(reason) ?? { micro: 0, instances: 0 }) };
  }

  private async *up(signal: AbortSignal): AsyncGenerator<StoredInstance> {
    let cursor: string | null = null;
    do {
      signal.throwIfAborted();
      const page: RecordPage = await this.records.scan(cursor, PAGE, ['ready', 'running']);
      yield* page.instances;
      cursor = page.nextCursor;
    } while (cursor !== null);
  }
}

/**
 * Reads the JSON of what `IdleCosts` has measured.
 * @returns null for anything else
 */
export function readIdleCost(json: string): IdleCost | null {
  const value = parseJson(json);
  if (!isObject(value)) return null;
  const { asOf, unpriced, byReason } = value;
  const at = parseTimestamp(asOf);
  if (at === null || typeof unpriced !== 'number' || !isObject(byReason)) return null;
  const sums = new Map<IdleReason, { micro: number; instances: number }>();
  for (const reason of IDLE_REASONS) {
    const sum = byReason[reason];
    if (!isObject(sum)) return null;
    const { usdPerHour, instances } = sum;
    if (typeof usdPerHour !== 'number' || typeof instances !== 'number') return null;
    sums.set(reason, { micro: Math.round(usdPerHour * MICRO), instances });
  }
  return { asOf: at, unpriced, ...addedUp((reason) => sums.get(reason) ?? { micro: 0, instances: 0 }) };
}

/** Adds up in whole micro-USD, so that the parts add up to the whole. */
function addedUp(
  of: (reason: IdleReason) => { readonly micro: number; readonly instances: number },
): Pick<IdleCost, 'usdPerHour' | 'instances' | 'byReason'> {
  const sumOf = (reason: IdleReason): IdleSum => ({
    usdPerHour: of(reason).micro / MICRO,
    instances: of(reason).instances,
  });
  return {
    usdPerHour: IDLE_REASONS.reduce((sum, reason) => sum + of(reason).micro, 0) / MICRO,
    instances: IDLE_REASONS.reduce((sum, reason) => sum + of(reason).instances, 0),
    byReason: {
      due: sumOf('due'),
      notYetDue: sumOf('notYetDue'),
      autoStopOff: sumOf('autoStopOff'),
      monthly: sumOf('monthly'),
      useNotKnown: sumOf('useNotKnown'),
    },
  };
}

/** An instance that was made elsewhere is never probed here, so it is up as soon as Novita says that it runs. */
function isUp({ status, origin, desired }: InstanceRecord): boolean {
  return (status === 'ready' || (origin === 'discovered' && status === 'running')) && desired.state === 'running';
}

function isLeased({ autoStop: { lease } }: InstanceRecord, now: number): boolean {
  return lease !== undefined && msFromTimestamp(lease.until) > now;
}

function reasonOfExemption(why: IdleExemption): IdleReason | null {
  switch (why) {
    case 'made-elsewhere':
      return 'useNotKnown';
    case 'billed-monthly':
      return 'monthly';
    case 'switched-off-for-all':
    case 'switched-off-for-this-one':
    case 'switched-off-for-its-template':
      return 'autoStopOff';
    case 'not-ready':
    case 'not-wished-to-run':
      return null;
  }
}

/** Becoming ready is no signal of use for an instance that was made elsewhere: its users do not report here. */
function lastSignalMs({ origin, timestamps, autoStop }: InstanceRecord, lastUsedAt: Timestamp | null): number {
  const { ready, started, created } = timestamps;
  const leaseEnd = autoStop.lease?.until ?? null;
  const signals = [lastUsedAt, leaseEnd, origin === 'discovered' ? null : (ready ?? started ?? created)];
  return Math.max(Number.NEGATIVE_INFINITY, ...signals.flatMap((at) => (at === null ? [] : [msFromTimestamp(at)])));
}
