import { type AutoStopStanding, AutoStopStatistics } from '@app/auto-stop';
import { type FleetCounts, type FleetSummaryRead, FleetView, fleetCounts } from '@app/instance-store';
import type { Waiting } from '@app/lifecycle';
import { NovitaHealth } from '@app/novita-client';
import { Clock, ShortMemory, type Timestamp } from '@app/platform';
import type { FleetSample, SpendSummary } from '@app/spend';
import { Injectable } from '@nestjs/common';
import { UnknownFleet, type UnknownView } from '../instances/unknown-fleet.js';
import { type NextStop, StoredFigureReads } from './stored-figures.js';

/** All who ask within this time get the same. */
const REMEMBERED_MS = 2_000;

export interface Figures {
  readonly asOf: Timestamp;
  /** When the figures of the store were read, while it does not answer; null while it does. */
  readonly storedAsOf: Timestamp | null;
  /** Null when a listing has completed; otherwise no figure that depends on one is to be shown. */
  readonly unknown: UnknownView | null;
  /** Null before the first answer of what is called Novita. */
  readonly sandbox: boolean | null;
  readonly counts: FleetCounts;
  /** What this process holds in memory adds up to, all of one moment. */
  readonly summary: FleetSummaryRead;
  /** Records that cannot be read; in no other figure. */
  readonly unreadable: number;
  readonly spend: SpendSummary;
  readonly autoStop: AutoStopStanding & { readonly next: NextStop | null };
  readonly waiting: Waiting;
}

export interface Dashboard extends Figures {
  readonly history: readonly FleetSample[];
}

/**
 * What the page's dashboard shows. A fixed number of reads side by side, whatever the fleet's size, and for everybody
 * who asks within two seconds together. Figures of the records come from memory; the rest is shown as it was read last
 * while the store does not answer.
 */
@Injectable()
export class DashboardReads {
  private readonly figures: ShortMemory<Figures>;
  /** By hours, of which there are 24. */
  private readonly histories = new Map<number, ShortMemory<readonly FleetSample[]>>();

  constructor(
    private readonly fleet: FleetView,
    private readonly stored: StoredFigureReads,
    private readonly autoStop: AutoStopStatistics,
    private readonly unknown: UnknownFleet,
    private readonly novita: NovitaHealth,
    private readonly clock: Clock,
  ) {
    this.figures = new ShortMemory(clock, REMEMBERED_MS);
  }

  /**
   * @param hours of history, 1 to 24
   * @throws StoreUnavailableError
   */
  async read(hours: number): Promise<Dashboard> {
    const [figures, history] = await Promise.all([
      this.figures.recall(0, () => this.readFigures()),
      this.memoryOf(hours).recall(0, () => this.stored.samples(hours)),
    ]);
    const { asOf: at, storedAsOf, summary } = figures;
    const now = { at, running: summary.running.instances, usdPerHour: summary.costUsdPerHour };
    return { ...figures, history: figures.unknown === null && storedAsOf === null ? upToNow(history, now) : history };
  }

  private async readFigures(): Promise<Figures> {
    const asOf = this.clock.timestamp();
    const summary = await this.fleet.summarize({});
    const discovered = instancesOf(summary.byOrigin['discovered']);
    const counts = fleetCounts((status) => instancesOf(summary.byStatus[status]), discovered);
    const unreadable = this.fleet.unreadable().length;
    const stored = await this.stored.read(asOf);
    const { spend, next, waiting } = stored;
    const autoStop = { ...this.autoStop.standing(), next };
    const unknown = this.unknown.reason();
    const sandbox = this.novita.sandbox();
    const storedAsOf = stored.asOf === asOf ? null : stored.asOf;
    return { asOf, storedAsOf, unknown, sandbox, counts, summary, unreadable, spend, autoStop, waiting };
  }

  private memoryOf(hours: number): ShortMemory<readonly FleetSample[]> {
    const memory = this.histories.get(hours) ?? new ShortMemory(this.clock, REMEMBERED_MS);
    this.histories.set(hours, memory);
    return memory;
  }
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

function instancesOf(sum: { readonly instances: number } | undefined): number {
  return sum?.instances ?? 0;
}
