import { MetricsRegistry } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import type { CheckReport } from './check/auto-stop-commands.port.js';
import type { Handled } from './check/handled.js';

/** What checks tell Prometheus, in the process that ran them. Dry runs are not counted. */
@Injectable()
export class AutoStopMetrics {
  private readonly checks: Counter<'outcome'>;
  private readonly stopped: Counter;
  private readonly warned: Counter;
  private readonly failed: Counter;

  constructor(registry: MetricsRegistry) {
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

  counted(handled: readonly Handled[], unreadable: number): void {
    const count = (outcome: string): number => handled.filter(({ verdict }) => verdict.outcome === outcome).length;
    this.stopped.inc(count('stopped'));
    this.warned.inc(count('warned'));
    this.failed.inc(count('failed') + unreadable);
  }

  checkEnded({ suspended }: CheckReport): void {
    this.checks.inc({ outcome: suspended === null ? 'completed' : 'suspended' });
  }

  checkFailed(): void {
    this.checks.inc({ outcome: 'failed' });
  }
}
