import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import type { JobDeclaration, JobPayload } from './job-declaration.js';
import { InvalidJobPayloadError } from './job-queue.port.js';

const describeFaults = (errors: readonly ValidationError[]): string =>
  errors.flatMap((error) => Object.values(error.constraints ?? { shape: `${error.property} is malformed` })).join('; ');

/**
 * The payload as an instance of its declared class. Properties that the class does not know are refused, so that a
 * misspelt id is found at the caller.
 * @throws InvalidJobPayloadError naming the job and every fault, never a value
 */
export function validatePayload<Payload extends JobPayload>(
  job: JobDeclaration<string, Payload>,
  payload: unknown,
): Payload {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new InvalidJobPayloadError(`${job.name}: the payload is not an object`);
  }
  const instance = plainToInstance(job.payload, payload);
  // It is of its class, which is all that "unknown values" asks; a class without properties would count as unknown.
  const errors = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false });
  if (errors.length > 0) throw new InvalidJobPayloadError(`${job.name}: ${describeFaults(errors)}`);
  return instance;
}
