import type { JobDeclaration, JobHandler, JobPayload } from './job-declaration.js';
import type { QueueName } from './queues.js';

/** One declared job and the object that runs it. */
export interface BoundHandler {
  readonly job: JobDeclaration;
  readonly handler: JobHandler<JobPayload>;
}

/** A class that says by `@HandlesJob` which jobs it runs. */
export interface HandlerCandidate {
  readonly className: string;
  readonly jobs: readonly JobDeclaration[];
  readonly instance: unknown;
}

/** Thrown at boot, listing everything that is wrong with the job handlers of this process. */
export class JobHandlersError extends Error {
  override readonly name = 'JobHandlersError';
}

/** The handlers of a worker process, by the name of their job. */
export class JobHandlers {
  private readonly byName: ReadonlyMap<string, BoundHandler>;

  constructor(readonly bound: readonly BoundHandler[]) {
    this.byName = new Map(bound.map((entry) => [entry.job.name, entry]));
  }

  find(jobName: string): BoundHandler | undefined {
    return this.byName.get(jobName);
  }

  /** The queues that have a handler, each once. */
  get queues(): readonly QueueName[] {
    return [...new Set(this.bound.map((entry) => entry.job.queue))];
  }
}

const isJobHandler = (instance: unknown): instance is JobHandler<JobPayload> =>
  typeof instance === 'object' && instance !== null && 'handle' in instance && typeof instance.handle === 'function';

/**
 * Gives each declared job its one handler.
 * @throws JobHandlersError naming job, class and method of each fault
 */
export function bindHandlers(
  declarations: readonly JobDeclaration[],
  candidates: readonly HandlerCandidate[],
): JobHandlers {
  const faults: string[] = [];
  const bound: BoundHandler[] = [];
  for (const { className, instance, jobs } of candidates) {
    if (!isJobHandler(instance)) faults.push(`${className} handles ${namesOf(jobs)} but has no method handle()`);
    for (const job of jobs) {
      if (!declarations.some((declared) => declared.name === job.name)) {
        faults.push(`${className}.handle() is for job ${job.name}, which JOB_DECLARATIONS does not list`);
      }
    }
  }
  for (const job of declarations) {
    const claimants = candidates.filter((candidate) => candidate.jobs.some((claimed) => claimed.name === job.name));
    const [first, ...others] = claimants;
    if (first === undefined) {
      faults.push(`job ${job.name} of queue ${job.queue} has no handler: no class with a method handle() claims it`);
    } else if (others.length > 0) {
      const methods = claimants.map((claimant) => `${claimant.className}.handle()`);
      faults.push(`job ${job.name} of queue ${job.queue} has ${claimants.length} handlers: ${methods.join(' and ')}`);
    } else if (isJobHandler(first.instance)) {
      bound.push({ job, handler: first.instance });
    }
  }
  if (faults.length > 0) throw new JobHandlersError(faults.join('; '));
  return new JobHandlers(bound);
}

const namesOf = (jobs: readonly JobDeclaration[]): string => jobs.map((job) => job.name).join(', ');
