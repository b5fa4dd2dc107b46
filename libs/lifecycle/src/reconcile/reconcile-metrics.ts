import { type OverdueDeadline, overdueCounter } from '@app/jobs';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Step } from '../decide/decision.js';

/** `taken` and `refused` are the provider's answers; `lost` means that somebody else wrote the record first. */
export type StepOutcome = 'written' | 'taken' | 'refused' | 'lost';
export type CreateResult = 'created' | 'refused' | 'unknown' | 'not-sent';

/** What the life cycle tells Prometheus. */
export class LifecycleMetrics {
  private readonly steps: Counter<'step' | 'outcome'>;
  private readonly creates: Counter<'result'>;
  private readonly overdue: Counter<'deadline'>;
  private readonly unconfirmedAge: Gauge;
  private readonly unconfirmed: Gauge;

  constructor(registry: Registry) {
    this.steps = new Counter({
      name: 'novita_fleet_reconcile_steps_total',
      help: 'Steps decided for instances, by kind and by what became of them',
      labelNames: ['step', 'outcome'],
      registers: [registry],
    });
    this.creates = new Counter({
      name: 'novita_fleet_creates_total',
      help: 'Create calls to the provider by result; "unknown" ones are looked for by their marker',
      labelNames: ['result'],
      registers: [registry],
    });
    this.overdue = overdueCounter(registry);
    this.unconfirmedAge = new Gauge({
      name: 'novita_fleet_unconfirmed_wish_age_seconds',
      help: 'Age of the oldest stop or delete that the provider has not confirmed',
      registers: [registry],
    });
    this.unconfirmed = new Gauge({
      name: 'novita_fleet_unconfirmed_wishes',
      help: 'Stops and deletes that the provider has not confirmed for longer than CONFIRM_PATIENCE',
      registers: [registry],
    });
  }

  countStep(step: Step['kind'], outcome: StepOutcome): void {
    this.steps.inc({ step, outcome });
  }

  countCreate(result: CreateResult): void {
    this.creates.inc({ result });
  }

  countOverdue(deadline: OverdueDeadline, count: number): void {
    this.overdue.inc({ deadline }, count);
  }

  /** @param oldestSeconds age of the oldest, overdue or not */
  setUnconfirmed(overdue: number, oldestSeconds: number): void {
    this.unconfirmed.set(overdue);
    this.unconfirmedAge.set(oldestSeconds);
  }
}
