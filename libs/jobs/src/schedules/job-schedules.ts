import type { JobDeclaration, JobPayload } from '../catalogue/job.js';

export interface JobSchedule<Payload extends JobPayload = JobPayload> {
  /** Unique within the queue. */
  readonly key: string;
  readonly job: JobDeclaration<string, Payload>;
  readonly payload: Payload;
  /** Null: it is not to run, and what an earlier configuration had scheduled is taken away. */
  readonly everyMs: number | null;
}

/**
 * The schedules of this process's features. A worker sees to it that they exist, at its start and again with every
 * sweep interval, so that a schedule lost in Redis comes back.
 */
export abstract class JobSchedules {
  /** To be called before the application has started. */
  abstract add<Payload extends JobPayload>(schedule: JobSchedule<Payload>): void;
}

/** The schedules that the features of this process have declared. */
export class ScheduleList extends JobSchedules {
  private readonly byName = new Map<string, JobSchedule>();

  /** @throws Error for a key that its queue has already */
  override add<Payload extends JobPayload>(schedule: JobSchedule<Payload>): void {
    const name = `${schedule.job.queue}/${schedule.key}`;
    if (this.byName.has(name)) throw new Error(`the schedule ${name} is declared twice`);
    this.byName.set(name, schedule);
  }

  all(): readonly JobSchedule[] {
    return [...this.byName.values()];
  }
}

/**
 * When a schedule whose period changes runs next: not later than it was to, and not later than one new period from now.
 * So processes that disagree about the period, as in a rolling update, make it neither run at every turn nor starve.
 * @param dueMs when it was to run next
 * @returns ms since 1970; in the past for one that is overdue
 */
export const nextRunUnder = (everyMs: number, dueMs: number, nowMs: number): number => Math.min(dueMs, nowMs + everyMs);
