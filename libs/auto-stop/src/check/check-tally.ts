import type { InstanceId, InstanceRecord } from '@app/instance-store';
import type { CheckReport, InstanceVerdict } from './auto-stop-commands.port.js';
import type { CheckOrder } from './check-order.js';
import { type Handled, isTimeUp, runsIdle } from './handled.js';

/** Verdicts that a report holds; enough to look at, and small enough to answer with. */
const MOST_VERDICTS = 1_000;
/** Warned ones that are followed to their stop for the sake of what they cost. */
const MOST_WAITING = 1_000;

/** Counts what a check does. */
export class CheckTally {
  idleUsdPerHour = 0;
  readonly waiting: InstanceId[] = [];
  private readonly verdicts: InstanceVerdict[] = [];
  private readonly seen = new Set<InstanceId>();
  private readonly counts = { eligible: 0, warned: 0, stopped: 0, failed: 0 };
  private checked = 0;

  add(handled: readonly Handled[]): void {
    for (const { verdict } of handled) {
      this.checked += 1;
      this.seen.add(verdict.id);
      if (this.verdicts.length < MOST_VERDICTS) this.verdicts.push(verdict);
      if (isTimeUp(verdict.evaluation)) this.counts.eligible += 1;
      if (verdict.outcome === 'warned') this.counts.warned += 1;
      if (verdict.outcome === 'stopped') this.counts.stopped += 1;
      if (verdict.outcome === 'failed') this.counts.failed += 1;
      if (runsIdle(verdict)) this.addIdle(verdict.id, verdict.usdPerHour);
    }
  }

  /** Those that could not even be read. */
  addUnreadable(count: number): void {
    this.checked += count;
    this.counts.failed += count;
  }

  addWaiting({ id, price }: InstanceRecord): void {
    this.addIdle(id, price.usdPerHour);
  }

  has(id: InstanceId): boolean {
    return this.seen.has(id);
  }

  report(
    { checkId, trigger, dryRun }: CheckOrder,
    rest: Pick<CheckReport, 'startedAt' | 'endedAt' | 'suspended' | 'more'>,
  ): CheckReport {
    return { checkId, trigger, dryRun, ...rest, checked: this.checked, ...this.counts, verdicts: this.verdicts };
  }

  private addIdle(id: InstanceId, usdPerHour: number | null): void {
    this.idleUsdPerHour += usdPerHour ?? 0;
    if (this.waiting.length < MOST_WAITING) this.waiting.push(id);
  }
}
