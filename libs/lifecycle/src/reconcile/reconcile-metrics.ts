import { type OverdueDeadline, overdueCounter } from '@app/jobs';
import { Counter, type Registry } from 'prom-client';
import type { Step } from '../state-machine/model.js';

/** `taken` and `refused` are the provider's answers; `lost` means that somebody else wrote the record first. */
export type StepOutcome = 'written' | 'taken' | 'refused' | 'lost';
const CREATE_RESULTS = ['created', 'refused', 'unknown', 'not-sent'] as const;
export type CreateResult = (typeof CREATE_RESULTS)[number];

/** Steps that call out have the provider's answer among their outcomes, the others do not. */
const CALLS_OUT: Readonly<Record<Step['kind'], boolean>> = {
  look: true,
  create: true,
  start: true,
  stop: true,
  restart: true,
  delete: true,
  migrate: true,
  'stop-surplus': true,
  'delete-surplus': true,
  probe: true,
  adopt: false,
  fail: false,
  poll: false,
  wait: false,
  done: false,
};

/** The Prometheus metrics of the life cycle. */
export class LifecycleMetrics {
  private readonly steps: Counter<'step' | 'outcome'>;
  private readonly creates: Counter<'result'>;
  private readonly overdue: Counter<'deadline'>;

  constructor(registry: Registry) {
    this.steps = new Counter({
      name: 'novita_fleet_reconcile_steps_total',
      help: 'Steps decided for instances, by kind and by what became of them',
      labelNames: ['step', 'outcome'],
      registers: [registry],
    });
    this.creates = new Counter({
      name: 'novita_fleet_creates_total',
      help: 'Create calls to the provider by result; "unknown" ones are searched for by their marker',
      labelNames: ['result'],
      registers: [registry],
    });
    this.overdue = overdueCounter(registry);
    // A series that begins with its first refusal hides that refusal from `increase()`.
    for (const [step, callsOut] of Object.entries(CALLS_OUT)) {
      const outcomes: readonly StepOutcome[] = callsOut ? ['written', 'taken', 'refused', 'lost'] : ['written', 'lost'];
      for (const outcome of outcomes) this.steps.inc({ step, outcome }, 0);
    }
    for (const result of CREATE_RESULTS) this.creates.inc({ result }, 0);
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
}
