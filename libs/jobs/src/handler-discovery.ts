import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { JOB_DECLARATIONS } from './job-declarations.js';
import { HandledJobs } from './job-handler.decorator.js';
import { bindHandlers, type HandlerCandidate, type JobHandlers } from './job-handlers.js';

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
