import {
  FleetSums,
  IDLE_REASONS,
  type IdleReason,
  type IdleRules,
  INSTANCE_STATUSES,
  InstanceRecords,
  type InstanceStatus,
  idleReason,
  isLive,
  type RecordPage,
  type StoredInstance,
} from '@app/instance-store';
import { Clock, isObject, parseJson, parseTimestamp, type Timestamp } from '@app/platform';

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

/** What the worker measures of the instances that run. */
export interface RunningFigures {
  /** Instances that are billed as running. */
  readonly running: number;
  readonly idle: IdleCost;
}

/** The store's own limit. */
const PAGE = 200;
const MICRO = 1_000_000;
/** All that can be billed as running, in whatever step it is. */
const UP: readonly InstanceStatus[] = INSTANCE_STATUSES.filter((status) => isLive(status) && status !== 'stopped');

/**
 * Adds up all instances that are up, by the same sums as the figures of the API (`FleetSums`). It takes longer the larger the
 * fleet is, so readers get what was stored.
 */
export class RunningCosts {
  constructor(
    private readonly records: InstanceRecords,
    private readonly clock: Clock,
    private readonly rules: IdleRules,
  ) {}

  /** @throws StoreUnavailableError, the reason of the signal */
  async measure(signal: AbortSignal): Promise<RunningFigures> {
    const asOf = this.clock.timestamp();
    const nowMs = this.clock.now();
    const sums = new FleetSums();
    for await (const stored of this.up(signal)) {
      sums.add({ record: stored.record, idleReason: idleReason(stored, this.rules, nowMs), attention: [] });
    }
    const { running, idle } = sums.summary();
    return { running: running.instances, idle: { asOf, ...idle } };
  }

  private async *up(signal: AbortSignal): AsyncGenerator<StoredInstance> {
    let cursor: string | null = null;
    do {
      signal.throwIfAborted();
      const page: RecordPage = await this.records.scan(cursor, PAGE, UP);
      yield* page.instances;
      cursor = page.nextCursor;
    } while (cursor !== null);
  }
}

/**
 * Reads the JSON of an `IdleCost`.
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
