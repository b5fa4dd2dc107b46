import type { InstanceId } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import type { IdleEvaluation } from '../policy/evaluation.js';
import { isTimeUp } from '../policy/idle-policy.js';

/** Who asks for a check, and how it is to be made. */
export interface CheckOrder {
  readonly trigger: 'schedule' | 'manual';
  readonly checkId: string;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** What a check made of one instance. */
export interface InstanceVerdict {
  readonly id: InstanceId;
  readonly name: string;
  readonly usdPerHour: number | null;
  readonly evaluation: IdleEvaluation;
  /** What came of it; `failed` with the error's text in `detail`. A dry run does nothing. `held`: endpoints hold its stop. */
  readonly outcome: 'kept' | 'warned' | 'held' | 'stopped' | 'used-meanwhile' | 'failed' | 'nothing-done';
  readonly detail: string | null;
}

/** What one check did. */
export interface CheckReport {
  readonly checkId: string;
  readonly trigger: 'schedule' | 'manual';
  readonly dryRun: boolean;
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  /** Why nothing could be stopped; null when that is not so. */
  readonly suspended: string | null;
  /** Candidates whose idle deadline was due. */
  readonly checked: number;
  /** Of them, those whose time was up. */
  readonly eligible: number;
  readonly warned: number;
  readonly stopped: number;
  readonly failed: number;
  /** More were due than one check takes. */
  readonly more: boolean;
  /** At most 1,000. */
  readonly verdicts: readonly InstanceVerdict[];
}

/** Verdicts in one report: enough to read, and few enough to answer with. */
const MOST_VERDICTS = 1_000;

/** Counts what a check does. */
export class CheckCounters {
  private readonly verdicts: InstanceVerdict[] = [];
  private readonly counts = { eligible: 0, warned: 0, stopped: 0, failed: 0 };
  private checked = 0;

  add(verdicts: readonly InstanceVerdict[]): void {
    for (const verdict of verdicts) {
      this.checked += 1;
      if (this.verdicts.length < MOST_VERDICTS) this.verdicts.push(verdict);
      if (isTimeUp(verdict.evaluation)) this.counts.eligible += 1;
      if (verdict.outcome === 'warned') this.counts.warned += 1;
      if (verdict.outcome === 'stopped') this.counts.stopped += 1;
      if (verdict.outcome === 'failed') this.counts.failed += 1;
    }
  }

  /** Counts candidates whose record could not be read. */
  addUnreadable(count: number): void {
    this.checked += count;
    this.counts.failed += count;
  }

  report(
    { checkId, trigger, dryRun }: CheckOrder,
    rest: Pick<CheckReport, 'startedAt' | 'endedAt' | 'suspended' | 'more'>,
  ): CheckReport {
    return { checkId, trigger, dryRun, ...rest, checked: this.checked, ...this.counts, verdicts: this.verdicts };
  }
}
