import {
  IdleSettings,
  INSTANCE_STATUSES,
  type InstanceId,
  type InstanceRecord,
  InstanceRecords,
  idleRulesOf,
  isLive,
  type StoredInstance,
} from '@app/instance-store';
import { Clock } from '@app/platform';
import { Inject, Injectable } from '@nestjs/common';
import {
  inOrderOfStops,
  isWithinLimits,
  judgeForLimits,
  type ReachedLimit,
  type ReachedLimits,
  SPEND_SKIPS,
  type SpendSkip,
  type StopPlace,
  stopPlaceOf,
} from '../limits/spend-limits.js';
import { SpentToday } from '../reports/spent-today.js';

/** Stopped by one check; the next one follows at once while there are more. */
export const MOST_STOPS = 200;
/** The store's own limit. */
const PAGE = 200;
/** All that can be billed as running, in whatever step it is. */
const UP = INSTANCE_STATUSES.filter((status) => isLive(status) && status !== 'stopped');

/** An instance that is to be stopped. */
export interface PlannedStop {
  readonly id: InstanceId;
  readonly name: string;
  readonly owner: InstanceRecord['createdBy'];
  readonly usdPerHour: number | null;
  readonly isIdle: boolean;
  readonly limit: ReachedLimit;
}

/** What a check stops, in this order. */
export interface SpendStops {
  /** Such as `2026-03-01`. */
  readonly day: string;
  readonly reached: ReachedLimits;
  /** At most `MOST_STOPS`, the first to be stopped first. */
  readonly stops: readonly PlannedStop[];
  /** All that are to be stopped, those beyond `stops` included. */
  readonly total: number;
  /** How many of those that are up are left running, by why. */
  readonly skipped: Readonly<Record<SpendSkip, number>>;
}

interface Candidate {
  readonly stop: PlannedStop;
  readonly place: StopPlace;
}

/**
 * Finds what is to be stopped because a limit is reached. Below the limits it costs two round trips; otherwise it goes through what
 * is up, and holds no more than twice `MOST_STOPS` instances in memory.
 */
@Injectable()
export class SpendStopPlan {
  constructor(
    private readonly today: SpentToday,
    private readonly records: InstanceRecords,
    private readonly clock: Clock,
    @Inject(IdleSettings) private readonly idle: Parameters<typeof idleRulesOf>[0],
  ) {}

  /** @throws StoreUnavailableError, the reason of the signal */
  async make(signal: AbortSignal): Promise<SpendStops> {
    const { spent, reached } = await this.today.read();
    const skipped = new Map<SpendSkip, number>();
    let first: Candidate[] = [];
    let total = 0;
    if (!isWithinLimits(reached)) {
      for await (const page of this.up(signal)) {
        const found = page.flatMap((stored) => this.candidate(stored, reached, skipped));
        total += found.length;
        first = [...first, ...found].toSorted((a, b) => inOrderOfStops(a.place, b.place)).slice(0, MOST_STOPS);
      }
    }
    return {
      day: spent.day,
      reached,
      stops: first.map(({ stop }) => stop),
      total,
      skipped: countsOf(skipped),
    };
  }

  private candidate(stored: StoredInstance, reached: ReachedLimits, skipped: Map<SpendSkip, number>): Candidate[] {
    const now = this.clock.now();
    const verdict = judgeForLimits(stored, reached, now);
    if (verdict.verdict === 'skip') {
      skipped.set(verdict.why, (skipped.get(verdict.why) ?? 0) + 1);
      return [];
    }
    const { id, name, createdBy, price } = stored.record;
    const place = stopPlaceOf(stored, idleRulesOf(this.idle), now);
    const { isIdle } = place;
    return [
      { place, stop: { id, name, owner: createdBy, usdPerHour: price.usdPerHour, isIdle, limit: verdict.limit } },
    ];
  }

  private async *up(signal: AbortSignal): AsyncGenerator<readonly StoredInstance[]> {
    let cursor: string | null = null;
    do {
      signal.throwIfAborted();
      const { instances, nextCursor }: Awaited<ReturnType<InstanceRecords['scan']>> = await this.records.scan(
        cursor,
        PAGE,
        UP,
      );
      yield instances;
      cursor = nextCursor;
    } while (cursor !== null);
  }
}

function countsOf(skipped: ReadonlyMap<SpendSkip, number>): Record<SpendSkip, number> {
  return Object.fromEntries(SPEND_SKIPS.map((why) => [why, skipped.get(why) ?? 0])) as Record<SpendSkip, number>;
}
