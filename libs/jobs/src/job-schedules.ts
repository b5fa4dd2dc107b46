import type { JobDeclaration, JobPayload } from './job-declaration.js';

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
