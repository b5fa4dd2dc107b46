import { MetricsRegistry } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { Counter } from 'prom-client';
import { AutoStopStatsStore } from './auto-stop-stats-store.js';
import type { CheckReport, InstanceVerdict } from './check-report.js';

/** What a check leaves behind: statistics for all processes, metrics of this one, a log line. A dry run leaves nothing. */
@Injectable()
export class CheckRecorder {
  private readonly logger = new Logger('AutoStopCheck');
  private readonly checks: Counter<'outcome'>;
  private readonly stopped: Counter;
  private readonly warned: Counter;
  private readonly failed: Counter;

  constructor(
    private readonly stats: AutoStopStatsStore,
    registry: MetricsRegistry,
  ) {
    const counter = (name: string, help: string): Counter => new Counter({ name, help, registers: [registry] });
    this.checks = new Counter({
      name: 'novita_fleet_auto_stop_checks_total',
      help: 'Checks for idle instances by outcome; a suspended one could stop nothing',
      labelNames: ['outcome'],
      registers: [registry],
    });
    // An alert on an increase needs the 0 before the first one.
    for (const outcome of ['completed', 'suspended', 'failed']) this.checks.inc({ outcome }, 0);
    this.stopped = counter('novita_fleet_auto_stop_stopped_total', 'Idle instances that were claimed for their stop');
    this.warned = counter('novita_fleet_auto_stop_warned_total', 'Warnings of the stop of an idle instance');
    this.failed = counter('novita_fleet_auto_stop_failed_total', 'Idle instances that a check could not handle');
  }

  /** Counts what one batch came to, so that a check that is cut off later has counted what it did. */
  batchEnded(verdicts: readonly InstanceVerdict[], unreadable: number): void {
    const count = (wanted: InstanceVerdict['outcome']): number =>
      verdicts.filter(({ outcome }) => outcome === wanted).length;
    this.stopped.inc(count('stopped'));
    this.warned.inc(count('warned'));
    this.failed.inc(count('failed') + unreadable);
  }

  /** What came of an instance whose hold was over, which no check counts. @throws StoreUnavailableError */
  async heldStopEnded(verdict: InstanceVerdict): Promise<void> {
    this.batchEnded([verdict], 0);
    if (verdict.outcome === 'stopped') await this.stats.countStop();
  }

  /** @throws StoreUnavailableError */
  async checkEnded(report: CheckReport): Promise<void> {
    const { verdicts: _, ...run } = report;
    await this.stats.record(run);
    const { checkId, trigger, checked, eligible, warned, stopped, failed, more, suspended } = report;
    this.checks.inc({ outcome: suspended === null ? 'completed' : 'suspended' });
    if (checked === 0) return;
    const summary = { checkId, trigger, checked, eligible, warned, stopped, failed, more };
    if (suspended !== null && eligible > 0) {
      this.logger.warn('idle instances are not stopped', { ...summary, suspended });
    } else this.logger.log('auto-stop check', summary);
  }

  checkFailed(): void {
    this.checks.inc({ outcome: 'failed' });
  }
}
