import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { JOB_DECLARATIONS } from '../catalogue/catalogue.js';
import type { JobDeclaration, JobHandler, JobPayload, QueueName } from '../catalogue/job.js';

/** The metadata behind `@HandlesJob`, by which the discovery finds handlers at boot. */
const HandledJobs = DiscoveryService.createDecorator<readonly JobDeclaration[]>();

/**
 * Says that the decorated provider runs these jobs. The class must have `handle` for their payload; it takes effect
 * where `JobsWorkerModule` is imported.
 */
export function HandlesJob<Payload extends JobPayload>(
  ...jobs: readonly JobDeclaration<string, Payload>[]
): (target: abstract new (...args: never[]) => JobHandler<Payload>) => void {
  return (target) => HandledJobs(jobs)(target);
}

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
 * @throws JobHandlersError naming job, class and method of each violation
 */
export function bindHandlers(
  declarations: readonly JobDeclaration[],
  candidates: readonly HandlerCandidate[],
): JobHandlers {
  const violations: string[] = [];
  const bound: BoundHandler[] = [];
  for (const { className, instance, jobs } of candidates) {
    if (!isJobHandler(instance)) violations.push(`${className} handles ${namesOf(jobs)} but has no method handle()`);
    for (const job of jobs) {
      if (!declarations.some((declared) => declared.name === job.name)) {
        violations.push(`${className}.handle() is for job ${job.name}, which JOB_DECLARATIONS does not list`);
      }
    }
  }
  for (const job of declarations) {
    const claimants = candidates.filter((candidate) => candidate.jobs.some((claimed) => claimed.name === job.name));
    const [first, ...others] = claimants;
    if (first === undefined) {
      violations.push(
        `job ${job.name} of queue ${job.queue} has no handler: no class with a method handle() claims it`,
      );
    } else if (others.length > 0) {
      const methods = claimants.map((claimant) => `${claimant.className}.handle()`);
      violations.push(
        `job ${job.name} of queue ${job.queue} has ${claimants.length} handlers: ${methods.join(' and ')}`,
      );
    } else if (isJobHandler(first.instance)) {
      bound.push({ job, handler: first.instance });
    }
  }
  if (violations.length > 0) throw new JobHandlersError(violations.join('; '));
  return new JobHandlers(bound);
}

const namesOf = (jobs: readonly JobDeclaration[]): string => jobs.map((job) => job.name).join(', ');

/** Finds the providers that `@HandlesJob` marks, in every module of the process. */
@Injectable()
export class HandlerDiscovery {
  constructor(private readonly discovery: DiscoveryService) {}

  /** @throws JobHandlersError when a declared job has no handler or more than one */
  discover(): JobHandlers {
    const byInstance = new Map<unknown, HandlerCandidate>();
    for (const wrapper of this.discovery.getProviders()) {
      // The instance of a request-scoped provider is an empty prototype at boot; jobs know no requests.
      if (!wrapper.isDependencyTreeStatic() || wrapper.instance === null || wrapper.instance === undefined) continue;
      const jobs = this.discovery.getMetadataByDecorator(HandledJobs, wrapper);
      // An alias (`useExisting`) shows the same instance again.
      if (jobs === undefined || byInstance.has(wrapper.instance)) continue;
      byInstance.set(wrapper.instance, { className: wrapper.name, jobs, instance: wrapper.instance });
    }
    return bindHandlers(JOB_DECLARATIONS, [...byInstance.values()]);
  }
}
