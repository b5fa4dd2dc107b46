import { DiscoveryService } from '@nestjs/core';
import type { JobDeclaration, JobHandler, JobPayload } from './job-declaration.js';

/** The metadata behind `@HandlesJob`, by which handlers are found at boot. */
export const HandledJobs = DiscoveryService.createDecorator<readonly JobDeclaration[]>();

/**
 * Says that the decorated provider runs these jobs. The class must have `handle` for their payload; it takes effect
 * where `JobsWorkerModule` is imported.
 */
export function HandlesJob<Payload extends JobPayload>(
  ...jobs: readonly JobDeclaration<string, Payload>[]
): (target: abstract new (...args: never[]) => JobHandler<Payload>) => void {
  return (target) => HandledJobs(jobs)(target);
}
