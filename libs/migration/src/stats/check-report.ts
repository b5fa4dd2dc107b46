import type { InstanceId, ReplacementPreview } from '@app/instance-store';
import type { Timestamp } from '@app/platform';

/** Who asks for a check, and how it is to be made. */
export interface CheckOrder {
  readonly trigger: 'schedule' | 'manual';
  readonly checkId: string;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** What a check made of one reclaimed instance. */
export interface CandidateVerdict {
  readonly id: InstanceId;
  readonly name: string;
  readonly verdict: 'migrate' | 'leave';
  /** In words. */
  readonly reason: string;
  /** What came of it. A dry run does nothing. */
  readonly outcome: 'handed-over' | 'left' | 'changed-meanwhile' | 'nothing-done';
  /** In a dry run, of one that would be migrated, where MIGRATION_FALLBACK buys another instance for want of stock. */
  readonly ifOutOfStock?: ReplacementPreview;
}

/** What one check did. */
export interface MigrationCheckReport {
  readonly checkId: string;
  readonly trigger: 'schedule' | 'manual';
  readonly dryRun: boolean;
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  /** Instances of ours that are down and of which Novita says that they were reclaimed. */
  readonly checked: number;
  /** Of them, those that are to be migrated now. */
  readonly eligible: number;
  /** Of these, those that were handed over to the life cycle. */
  readonly handedOver: number;
  /** At most 1,000. */
  readonly verdicts: readonly CandidateVerdict[];
}

/** Verdicts in one report: enough to look at, and few enough to answer with. */
const MOST_VERDICTS = 1_000;

/** Counts what a check does. */
export class CheckCounters {
  private readonly verdicts: CandidateVerdict[] = [];
  private checked = 0;
  private eligible = 0;
  private handedOver = 0;

  add(verdict: CandidateVerdict): void {
    this.checked += 1;
    if (this.verdicts.length < MOST_VERDICTS) this.verdicts.push(verdict);
    if (verdict.verdict === 'migrate') this.eligible += 1;
    if (verdict.outcome === 'handed-over') this.handedOver += 1;
  }

  report(
    { checkId, trigger, dryRun }: CheckOrder,
    times: Pick<MigrationCheckReport, 'startedAt' | 'endedAt'>,
  ): MigrationCheckReport {
    const { checked, eligible, handedOver, verdicts } = this;
    return { checkId, trigger, dryRun, ...times, checked, eligible, handedOver, verdicts };
  }
}
