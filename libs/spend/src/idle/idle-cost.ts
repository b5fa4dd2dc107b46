import {
  IDLE_REASONS,
  type IdleReason,
  type IdleRules,
  InstanceRecords,
  idleReason,
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

/** The store's own limit. */
const PAGE = 200;
const MICRO = 1_000_000;

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
