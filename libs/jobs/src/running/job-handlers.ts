import type { Type } from '@nestjs/common';
import { JOBS, type JobName, type PayloadOf } from '../catalogue/catalogue.js';
import type { JobDeclaration, JobHandler, JobPayload, QueueName } from '../catalogue/job.js';

/** The class that runs each job, a provider of some module of the process. Total: a job without one does not compile. */
export type JobHandlerClasses = { readonly [Name in JobName]: Type<JobHandler<PayloadOf<Name>>> };

/** One declared job and the object that runs it. */
export interface BoundHandler {
  readonly job: JobDeclaration;
  readonly handler: JobHandler<JobPayload>;
}

/** Thrown at boot, naming every class that no module of this process provides. */
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

/**
 * Gives each declared job its one handler.
 * @param provided the instance of a class in this process; throws when no module provides it
 * @throws JobHandlersError
 */
export function bindHandlers(
  classes: JobHandlerClasses,
  provided: (type: Type<JobHandler<JobPayload>>) => JobHandler<JobPayload>,
): JobHandlers {
  const missing: string[] = [];
  const bound: BoundHandler[] = [];
  for (const job of Object.values(JOBS)) {
    const type = classes[job.name];
    try {
      bound.push({ job, handler: provided(type) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      missing.push(`job ${job.name} of queue ${job.queue} has no handler: ${type.name} is not provided (${reason})`);
    }
  }
  if (missing.length > 0) throw new JobHandlersError(missing.join('; '));
  return new JobHandlers(bound);
}
