import type { JobPayload } from './job-declaration.js';
import { type JobSchedule, JobSchedules } from './job-schedules.js';

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
