import {
  Deadlines,
  FleetView,
  type IdleRules,
  IdleSettings,
  type InstanceRecord,
  InstanceRecords,
  idleCounting,
  idleRulesOf,
  type StoredInstance,
  StoreUnavailableError,
} from '@app/instance-store';
import { UnconfirmedCommands, type Waiting } from '@app/lifecycle';
import { Clock, HOUR_MS, type Timestamp, timestampFromMs } from '@app/platform';
import { FleetHistory, type FleetSample, SpendReports, type SpendSummary } from '@app/spend';
import { autoStopAt } from '@app/views';
import { Injectable } from '@nestjs/common';

/** The first to be warned of are the first to be stopped, or nearly so: thresholds and warnings differ. */
const NEXT_CANDIDATES = 50;
/** After every deadline there can be. */
const FOR_EVER: Timestamp = timestampFromMs(Date.UTC(9999, 11, 31));

/** The instance that auto-stop is to stop next, if nobody uses it until then. */
export interface NextStop {
  readonly record: InstanceRecord;
  readonly stopAt: Timestamp;
}

/** Finds the next stop by the deadlines of the records. */
@Injectable()
export class NextStopReads {
  private readonly rules: IdleRules;

  constructor(
    private readonly records: InstanceRecords,
    private readonly deadlines: Deadlines,
    idle: IdleSettings,
  ) {
    this.rules = idleRulesOf(idle);
  }

  /** @returns null when auto-stop stops none of those that come first; @throws StoreUnavailableError */
  async read(): Promise<NextStop | null> {
    if (!this.rules.enabled) return null;
    const first = await this.deadlines.due('autoStopAt', FOR_EVER, NEXT_CANDIDATES);
    return first.length === 0 ? null : nextStop(await this.records.getMany(first), this.rules);
  }
}

/** Of these the one that auto-stop is to stop first, if nobody uses it until then; null when it stops none of them. */
function nextStop(candidates: readonly StoredInstance[], rules: IdleRules): NextStop | null {
  let next: NextStop | null = null;
  for (const { record, lastUsedAt } of candidates) {
    const counting = idleCounting(record, rules);
    const stopAt = autoStopAt(counting.counts ? counting.clock : null, lastUsedAt);
    if (stopAt !== null && (next === null || stopAt < next.stopAt)) next = { record, stopAt };
  }
  return next;
}

/** The figures that the store alone knows. */
export interface StoredFigures {
  readonly asOf: Timestamp;
  readonly spend: SpendSummary;
  readonly next: NextStop | null;
  readonly waiting: Waiting;
}

/** Reads what the store alone knows; while the store does not answer, gives what was read last. */
@Injectable()
export class StoredFigureReads {
  private latest: StoredFigures | null = null;
  /** By hours, of which there are 24. */
  private readonly latestHistory = new Map<number, readonly FleetSample[]>();

  constructor(
    private readonly fleet: FleetView,
    private readonly spend: SpendReports,
    private readonly nextStop: NextStopReads,
    private readonly waiting: UnconfirmedCommands,
    private readonly history: FleetHistory,
    private readonly clock: Clock,
  ) {}

  /** @throws StoreUnavailableError when nothing is known, or answers are not to be from memory */
  async read(asOf: Timestamp): Promise<StoredFigures> {
    return this.orAsKnown(this.latest, async () => {
      const [spend, next, waiting] = await Promise.all([
        this.spend.summary(),
        this.nextStop.read(),
        this.waiting.read(),
      ]);
      this.latest = { asOf, spend, next, waiting };
      return this.latest;
    });
  }

  /**
   * @param hours 1 to 24
   * @throws StoreUnavailableError when answers are not to be from memory
   */
  async samples(hours: number): Promise<readonly FleetSample[]> {
    return this.orAsKnown(this.latestHistory.get(hours) ?? [], async () => {
      const since = timestampFromMs(Math.max(0, this.clock.now() - hours * HOUR_MS));
      const samples = await this.history.latest(since);
      this.latestHistory.set(hours, samples);
      return samples;
    });
  }

  private async orAsKnown<Known>(known: Known | null, read: () => Promise<Known>): Promise<Known> {
    const isAway = (): boolean => this.fleet.storeAwaySince() !== null;
    if (isAway() && known !== null) return known;
    try {
      return await read();
    } catch (error) {
      if (error instanceof StoreUnavailableError && isAway() && known !== null) return known;
      throw error;
    }
  }
}
