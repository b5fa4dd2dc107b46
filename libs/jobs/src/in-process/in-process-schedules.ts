import type { Clock } from '@app/platform';
import type { SchedulerRegistry } from '@nestjs/schedule';
import type { JobDeclaration, JobPayload } from '../catalogue/job.js';
import { nextRunUnder } from '../schedules/job-schedules.js';

interface Schedule {
  readonly job: JobDeclaration;
  readonly payload: JobPayload;
  readonly everyMs: number;
  readonly dueMs: number;
}

/** The repeated jobs, in this process's memory: one timer each. */
export class InProcessSchedules {
  private readonly byName = new Map<string, Schedule>();

  /** @param run what a schedule does when its time has come */
  constructor(
    private readonly timers: Timers,
    private readonly clock: Clock,
    private readonly run: (job: JobDeclaration, payload: JobPayload) => void,
  ) {}

  /** Makes the schedule be as said: a new one runs at once, one of the same period keeps its time. */
  assert(key: string, job: JobDeclaration, payload: JobPayload, everyMs: number): void {
    const name = timerName(key, job);
    const known = this.byName.get(name);
    if (known?.everyMs === everyMs) {
      this.byName.set(name, { ...known, job, payload });
      return;
    }
    const now = this.clock.now();
    if (known === undefined) this.run(job, payload);
    const dueMs = known === undefined ? now + everyMs : nextRunUnder(everyMs, known.dueMs, now);
    this.arm(name, { job, payload, everyMs, dueMs });
  }

  nextRunMs(key: string, job: JobDeclaration): number | null {
    return this.byName.get(timerName(key, job))?.dueMs ?? null;
  }

  remove(key: string, job: JobDeclaration): void {
    const name = timerName(key, job);
    this.byName.delete(name);
    this.timers.cancel(name);
  }

  clear(): void {
    for (const name of this.byName.keys()) this.timers.cancel(name);
    this.byName.clear();
  }

  private arm(name: string, schedule: Schedule): void {
    this.byName.set(name, schedule);
    this.timers.once(name, schedule.dueMs - this.clock.now(), () => this.onTimer(name));
  }

  private onTimer(name: string): void {
    const schedule = this.byName.get(name);
    if (schedule === undefined) return;
    const now = this.clock.now();
    if (schedule.dueMs > now) {
      this.arm(name, schedule);
      return;
    }
    const { job, payload, everyMs, dueMs } = schedule;
    this.run(job, payload);
    // Periods that were missed, as while the machine slept, are not made up for.
    const periods = Math.floor((now - dueMs) / everyMs) + 1;
    this.arm(name, { ...schedule, dueMs: dueMs + periods * everyMs });
  }
}

const timerName = (key: string, job: JobDeclaration): string => `schedule:${job.queue}:${key}`;

/** Node fires a timer of a longer delay at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Named one-shot timers in Nest's registry, where they are visible and are cleared at shutdown. */
export class Timers {
  constructor(private readonly registry: SchedulerRegistry) {}

  /** Replaces a timer of the same name. `action` may come early for delays beyond 24 days: it has to look at the time. */
  once(name: string, delayMs: number, action: () => void): void {
    this.cancel(name);
    const fire = (): void => {
      this.registry.deleteTimeout(name);
      action();
    };
    this.registry.addTimeout(name, setTimeout(fire, Math.min(Math.max(0, delayMs), LONGEST_TIMEOUT_MS)));
  }

  cancel(name: string): void {
    if (this.registry.doesExist('timeout', name)) this.registry.deleteTimeout(name);
  }
}
