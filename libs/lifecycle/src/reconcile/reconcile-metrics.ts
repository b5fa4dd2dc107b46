import type { InstanceRecord } from '@app/instance-store';
import { type OverdueDeadline, overdueCounter } from '@app/jobs';
import { msFromTimestamp } from '@app/platform';
import { Counter, Histogram, type Registry } from 'prom-client';
import { callsOut, STEP_KINDS, type Step } from '../state-machine/model.js';

/** `taken` and `refused` are the provider's answers; `lost` means that somebody else wrote the record first. */
export type StepOutcome = 'written' | 'taken' | 'refused' | 'lost';
const CREATE_RESULTS = ['created', 'refused', 'unknown', 'not-sent'] as const;
export type CreateResult = (typeof CREATE_RESULTS)[number];

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STARTUP_BUCKETS = [15, 30, MINUTE, 90, 120, 180, 240, 300, 420, 600, 900, 1_800];
const STATE_BUCKETS = [5, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY, 7 * DAY];

/** The states that a run goes through once it is ready. The time before is the start-up. */
const TIMED_STATES = ['ready', 'stopping', 'deleting'] as const;
type TimedState = (typeof TIMED_STATES)[number];

/** A start-up or state that a write of the record has ended, and how long it took, in ms. */
export type EndedState =
  | { readonly kind: 'startup'; readonly ms: number }
  | { readonly kind: 'state'; readonly state: TimedState; readonly ms: number };

/**
 * The start-ups and states that ended between two revisions of a record: the start-up when it is ready; the run and
 * its stop, or the delete, when the provider has confirmed it.
 *
 * @param startupTimeoutMs how long a start-up may take; by it the time at which the run's clock began is known
 */
export function endedStates(
  before: InstanceRecord,
  after: InstanceRecord,
  startupTimeoutMs: number,
): readonly EndedState[] {
  const { ready } = after.timestamps;
  const { startupBy } = before.deadlines;
  if (after.status === 'ready') {
    if (before.status === 'ready' || ready === undefined || startupBy === undefined) return [];
    const begunAt = msFromTimestamp(startupBy) - startupTimeoutMs;
    return [{ kind: 'startup', ms: Math.max(0, msFromTimestamp(ready) - begunAt) }];
  }
  const { desired, confirmedAt } = after;
  const isConfirmed = before.confirmedAt === null && confirmedAt !== null && before.desired.at === desired.at;
  if (!isConfirmed || desired.state === 'running') return [];
  const askedAt = msFromTimestamp(desired.at);
  const ended = Math.max(0, msFromTimestamp(confirmedAt) - askedAt);
  const state = desired.state === 'stopped' ? ('stopping' as const) : ('deleting' as const);
  // What had been stopped before was not ready until its delete.
  const wasReady = ready !== undefined && before.timestamps.stopped === undefined;
  return [
    ...(wasReady
      ? [{ kind: 'state', state: 'ready', ms: Math.max(0, askedAt - msFromTimestamp(ready)) } as const]
      : []),
    { kind: 'state', state, ms: ended },
  ];
}

/** The Prometheus metrics of the life cycle. */
export class LifecycleMetrics {
  private readonly steps: Counter<'step' | 'outcome'>;
  private readonly creates: Counter<'result'>;
  private readonly overdue: Counter<'deadline'>;
  private readonly startups: Histogram;
  private readonly states: Histogram<'state'>;

  /** @param startupTimeoutMs see `endedStates` */
  constructor(
    registry: Registry,
    private readonly startupTimeoutMs: number,
  ) {
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
    this.startups = new Histogram({
      name: 'novita_fleet_startup_duration_seconds',
      help: 'Time from the start of a run until the instance was ready',
      buckets: STARTUP_BUCKETS,
      registers: [registry],
    });
    this.states = new Histogram({
      name: 'novita_fleet_state_duration_seconds',
      help: 'Time that instances were ready until a stop or delete, and that those took until Novita confirmed them',
      labelNames: ['state'],
      buckets: STATE_BUCKETS,
      registers: [registry],
    });
    for (const state of TIMED_STATES) this.states.zero({ state });
    // A series that begins with its first refusal hides that refusal from `increase()`.
    for (const step of STEP_KINDS) {
      const outcomes: readonly StepOutcome[] = callsOut(step)
        ? ['written', 'taken', 'refused', 'lost']
        : ['written', 'lost'];
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

  /** Measures what a write of this process has ended. */
  written(before: InstanceRecord, after: InstanceRecord): void {
    for (const ended of endedStates(before, after, this.startupTimeoutMs)) {
      if (ended.kind === 'startup') this.startups.observe(ended.ms / 1_000);
      else this.states.observe({ state: ended.state }, ended.ms / 1_000);
    }
  }

  countOverdue(deadline: OverdueDeadline, count: number): void {
    this.overdue.inc({ deadline }, count);
  }
}
