export type JobType = 'saveImage' | 'instanceMigrate' | 'autoInstanceMigrate';
export type JobState = 'pulling' | 'running' | 'fail' | 'success' | 'break';

export interface Job {
  readonly id: string;
  readonly type: JobType;
  readonly instanceId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  state: JobState;
  errorMessage: string;
}

/** Old ones are forgotten, so that a long load test does not fill the memory. */
const KEPT = 10_000;

/** The platform's long-running work on instances. */
export class Jobs {
  private readonly byId = new Map<string, Job>();

  add(job: Job): void {
    this.byId.set(job.id, job);
    if (this.byId.size <= KEPT) return;
    const oldest = this.byId.keys().next();
    if (oldest.done !== true) this.byId.delete(oldest.value);
  }

  get(id: string): Job | undefined {
    return this.byId.get(id);
  }

  /** Ends a job that is under way; an ended one stays as it is. */
  finish(id: string, state: 'success' | 'fail' | 'break', errorMessage = ''): void {
    const job = this.byId.get(id);
    if (job === undefined || !isActive(job)) return;
    job.state = state;
    job.errorMessage = errorMessage;
  }

  activeOf(instanceId: string): Job[] {
    return [...this.byId.values()].filter((job) => job.instanceId === instanceId && isActive(job));
  }

  newestFirst(): Job[] {
    return [...this.byId.values()].toReversed();
  }
}

export function isActive(job: Job): boolean {
  return job.state === 'pulling' || job.state === 'running';
}
