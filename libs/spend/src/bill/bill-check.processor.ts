import { BILL_CHECK, type BillCheckPayload, type JobContext, type JobHandler, JobSchedules } from '@app/jobs';
import { Clock, HOUR_MS, MetricsRegistry, MINUTE_MS } from '@app/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Counter } from 'prom-client';
import { SpendOptions } from '../limits/spend-options.js';
import { BillCheck } from './bill-check.js';

const BILL_SCHEDULE = 'bill';
/** A schedule has a period, not an hour: so each day is compared in the afternoon of the next one, whenever the fleet was started. */
const EVERY_MS = 6 * HOUR_MS;
/** A bill is a large answer: a process that starts reads the instances first, and leaves the bill to the next period. */
const AFTER_START_MS = 5 * MINUTE_MS;

/** The job that compares the meters with Novita's bill. */
@Injectable()
export class BillCheckProcessor implements JobHandler<BillCheckPayload> {
  private readonly checks: Counter<'outcome'>;
  private readonly notBeforeMs: number;

  constructor(
    private readonly check: BillCheck,
    private readonly options: SpendOptions,
    private readonly clock: Clock,
    registry: MetricsRegistry,
  ) {
    this.notBeforeMs = clock.now() + AFTER_START_MS;
    this.checks = new Counter({
      name: 'novita_fleet_bill_checks_total',
      help: "Checks of the meters against Novita's bill by outcome; `nothing`: no day could be compared",
      labelNames: ['outcome'],
      registers: [registry],
    });
    for (const outcome of ['compared', 'nothing', 'failed']) this.checks.inc({ outcome }, 0);
  }

  async handle({ trigger }: BillCheckPayload, { signal }: JobContext): Promise<void> {
    // A schedule of an older setting may outlive it for a moment.
    const isWanted = this.options.billCheck && this.clock.now() >= this.notBeforeMs;
    if (trigger === 'schedule' && !isWanted) return;
    try {
      const days = await this.check.run(trigger, signal);
      this.checks.inc({ outcome: days.some(({ unknown }) => unknown === null) ? 'compared' : 'nothing' });
    } catch (error) {
      this.checks.inc({ outcome: 'failed' });
      throw error;
    }
  }
}

/** Has the check run a few times a day, once in the whole fleet. */
@Injectable()
export class BillSchedule implements OnModuleInit {
  constructor(
    private readonly schedules: JobSchedules,
    private readonly options: SpendOptions,
  ) {}

  onModuleInit(): void {
    const payload = { trigger: 'schedule' } as const;
    const everyMs = this.options.billCheck ? EVERY_MS : null;
    this.schedules.add({ key: BILL_SCHEDULE, job: BILL_CHECK, payload, everyMs });
  }
}
