export type JobType = 'saveImage' | 'instanceMigrate' | 'autoInstanceMigrate';
type JobState = 'pulling' | 'running' | 'fail' | 'success' | 'break';

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
  private readonly active = new Set<Job>();

  add(job: Job): void {
    this.byId.set(job.id, job);
    this.active.add(job);
    if (this.byId.size <= KEPT) return;
    const oldest = this.byId.keys().next();
    if (oldest.done !== true) this.forget(oldest.value);
  }

  get(id: string): Job | undefined {
    return this.byId.get(id);
  }

  /** Ends a job that is under way; an ended one stays as it is. */
  finish(id: string, state: 'success' | 'fail' | 'break', errorMessage = ''): void {
    const job = this.byId.get(id);
    if (job === undefined || !this.active.has(job)) return;
    this.active.delete(job);
    job.state = state;
    job.errorMessage = errorMessage;
  }

  activeOf(instanceId: string): Job[] {
    return [...this.active].filter((job) => job.instanceId === instanceId);
  }

  newestFirst(): Job[] {
    return [...this.byId.values()].toReversed();
  }

  private forget(id: string): void {
    const job = this.byId.get(id);
    if (job !== undefined) this.active.delete(job);
    this.byId.delete(id);
  }
}
