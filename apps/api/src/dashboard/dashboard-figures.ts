import { type AutoStopStanding, AutoStopStatistics } from '@app/auto-stop';
import {
  Deadlines,
  type FleetCountsRead,
  FleetView,
  type IdleRules,
  type InstanceRecord,
  InstanceRecords,
  idleCounting,
  idleRulesOf,
  type StoredInstance,
  StoreUnavailableError,
} from '@app/instance-store';
import { UnconfirmedCommands, type Waiting } from '@app/lifecycle';
import { NovitaHealth } from '@app/novita-client';
import { Clock, Settings, ShortMemory, type Timestamp, timestampFromMs } from '@app/platform';
import { FleetHistory, type FleetSample, runningOf, SpendReports, type SpendSummary } from '@app/spend';
import { autoStopAt } from '@app/views';
import { Injectable } from '@nestjs/common';
import { UnknownFleet, type UnknownView } from '../instances/unknown-fleet.js';

const HOUR_MS = 3_600_000;
/** All who ask within this time get the same. */
const REMEMBERED_MS = 2_000;
/** An observation or a check that is late by less is still under way. */
const LATE_MS = 60_000;
/** The first to be warned of are the first to be stopped, or nearly so: thresholds and warnings differ. */
const NEXT_CANDIDATES = 50;
/** After every deadline there can be. */
const FOR_EVER: Timestamp = timestampFromMs(Date.UTC(9999, 11, 31));

/** Those that the store alone knows. */
interface StoredFigures {
  readonly spend: SpendSummary;
  readonly next: NextStop | null;
  readonly waiting: Waiting;
  /** Instances that should have been observed, or checked for idleness, and were not. */
  readonly overdue: number;
}

export interface Figures {
  readonly asOf: Timestamp;
  /** When the figures of the store were read, while it does not answer; null while it does. */
  readonly storedAsOf: Timestamp | null;
  /** Null when a listing has completed; otherwise no figure that depends on one is to be shown. */
  readonly unknown: UnknownView | null;
  /** Null before the first answer of what is called Novita. */
  readonly sandbox: boolean | null;
  readonly counts: FleetCountsRead;
  readonly spend: SpendSummary;
  readonly autoStop: AutoStopStanding & { readonly next: NextStop | null };
  readonly waiting: Waiting;
  readonly overdue: number;
  readonly orphans: number;
}

export interface Dashboard extends Figures {
  readonly history: readonly FleetSample[];
}

/**
 * What the page's dashboard shows. A fixed number of reads side by side, whatever the fleet's size, and for everybody
 * who asks within two seconds together. What the records say comes from memory; the rest is shown as it was read last
 * while the store does not answer.
 */
@Injectable()
export class DashboardReads {
  private readonly figures: ShortMemory<Figures>;
  /** By hours, of which there are 24. */
  private readonly histories = new Map<number, ShortMemory<readonly FleetSample[]>>();
  private latest: (StoredFigures & { readonly asOf: Timestamp }) | null = null;
  private readonly latestHistory = new Map<number, readonly FleetSample[]>();
  private readonly rules: IdleRules;
  private readonly checkIntervalMs: number;

  constructor(
    private readonly fleet: FleetView,
    private readonly records: InstanceRecords,
    private readonly deadlines: Deadlines,
    private readonly spend: SpendReports,
    private readonly autoStop: AutoStopStatistics,
    private readonly waiting: UnconfirmedCommands,
    private readonly history: FleetHistory,
    private readonly unknown: UnknownFleet,
    private readonly novita: NovitaHealth,
    private readonly clock: Clock,
    settings: Settings,
  ) {
    this.figures = new ShortMemory(clock, REMEMBERED_MS);
    this.rules = idleRulesOf(settings);
    this.checkIntervalMs = settings.AUTO_STOP_INTERVAL;
  }

  /**
   * @param hours of history, 1 to 24
   * @throws StoreUnavailableError
   */
  async read(hours: number): Promise<Dashboard> {
    const [figures, history] = await Promise.all([
      this.figures.recall(0, () => this.readFigures()),
      this.memoryOf(hours).recall(0, () => this.historyOf(hours)),
    ]);
    const { asOf: at, storedAsOf, counts, spend } = figures;
    const now = { at, running: runningOf(counts), usdPerHour: spend.costUsdPerHour };
    return { ...figures, history: figures.unknown === null && storedAsOf === null ? upToNow(history, now) : history };
  }

  private async readFigures(): Promise<Figures> {
    const asOf = this.clock.timestamp();
    const [counts, orphans] = await Promise.all([
      this.fleet.counts(),
      this.fleet.list({ limit: 1, group: 'orphan', sort: '-createdAt' }),
    ]);
    const stored = await this.readStored(asOf);
    const { spend, next, waiting, overdue } = stored;
    const autoStop = { ...this.autoStop.standing(), next };
    const unknown = this.unknown.reason();
    const sandbox = this.novita.sandbox();
    const storedAsOf = stored.asOf === asOf ? null : stored.asOf;
    return { asOf, storedAsOf, unknown, sandbox, counts, spend, autoStop, waiting, overdue, orphans: orphans.total };
  }

  private async readStored(asOf: Timestamp): Promise<StoredFigures & { readonly asOf: Timestamp }> {
    return this.orAsKnown(this.latest, async () => {
      const [spend, next, waiting, overdue] = await Promise.all([
        this.spend.summary(),
        this.nextStop(),
        this.waiting.look(),
        this.overdue(),
      ]);
      this.latest = { asOf, spend, next, waiting, overdue };
      return this.latest;
    });
  }

  private async historyOf(hours: number): Promise<readonly FleetSample[]> {
    return this.orAsKnown(this.latestHistory.get(hours) ?? [], async () => {
      const samples = await this.history.latest(this.ago(hours * HOUR_MS));
      this.latestHistory.set(hours, samples);
      return samples;
    });
  }

  /** @throws StoreUnavailableError when nothing is known, or answers are not to be from memory */
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

  private async nextStop(): Promise<NextStop | null> {
    if (!this.rules.enabled) return null;
    const first = await this.deadlines.due('autoStopAt', FOR_EVER, NEXT_CANDIDATES);
    return first.length === 0 ? null : nextStop(await this.records.getMany(first), this.rules);
  }

  /** A check for idleness comes within its interval, and postpones what it keeps. */
  private async overdue(): Promise<number> {
    const counts = await Promise.all([
      this.deadlines.dueCount('nextReconcileAt', this.ago(LATE_MS)),
      this.rules.enabled ? this.deadlines.dueCount('autoStopAt', this.ago(this.checkIntervalMs + LATE_MS)) : 0,
    ]);
    return counts[0] + counts[1];
  }

  private ago(ms: number): Timestamp {
    return timestampFromMs(Math.max(0, this.clock.now() - ms));
  }

  private memoryOf(hours: number): ShortMemory<readonly FleetSample[]> {
    const memory = this.histories.get(hours) ?? new ShortMemory(this.clock, REMEMBERED_MS);
    this.histories.set(hours, memory);
    return memory;
  }
}

export interface NextStop {
  readonly record: InstanceRecord;
  readonly stopAt: Timestamp;
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

/** As much as a chart can show. */
const MOST_POINTS = 144;

/** The history with the present as its last point, for samples are taken now and then; at most 144 points in all. */
export function upToNow(history: readonly FleetSample[], now: FleetSample): readonly FleetSample[] {
  const last = history.at(-1);
  // A sample may be younger than the figures, which are remembered for a moment.
  if (last !== undefined && last.at >= now.at) return history;
  return [...history.slice(1 - MOST_POINTS), now];
}
