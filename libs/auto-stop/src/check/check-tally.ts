import type { CheckReport, InstanceVerdict } from './auto-stop-commands.port.js';
import type { CheckOrder } from './check-order.js';
import { type Handled, isTimeUp } from './handled.js';

/** Verdicts that a report holds; enough to look at, and small enough to answer with. */
const MOST_VERDICTS = 1_000;

/** Counts what a check does. */
export class CheckTally {
  private readonly verdicts: InstanceVerdict[] = [];
  private readonly counts = { eligible: 0, warned: 0, stopped: 0, failed: 0 };
  private checked = 0;

  add(handled: readonly Handled[]): void {
    for (const { verdict } of handled) {
      this.checked += 1;
      if (this.verdicts.length < MOST_VERDICTS) this.verdicts.push(verdict);
      if (isTimeUp(verdict.evaluation)) this.counts.eligible += 1;
      if (verdict.outcome === 'warned') this.counts.warned += 1;
      if (verdict.outcome === 'stopped') this.counts.stopped += 1;
      if (verdict.outcome === 'failed') this.counts.failed += 1;
    }
  }

  /** Those that could not even be read. */
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
