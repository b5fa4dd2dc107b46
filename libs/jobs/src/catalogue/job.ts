import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';

/** Every queue there is. A new one needs a line in `QUEUE_SETTINGS`, or it does not compile. */
export const QUEUE_NAMES = ['lifecycle', 'sync', 'auto-stop', 'webhooks'] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

/** Payloads hold ids and plain words only; a run reads the state again. */
export type JobPayload = { readonly [key: string]: string | number | boolean };

export interface JobBackoff {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** All there is to know about one kind of job. */
export interface JobDeclaration<Name extends string = string, Payload extends JobPayload = JobPayload> {
  readonly name: Name;
  /** What it does, and for what its jobs are one: two cells of the table in the README of this library. */
  readonly purpose: { readonly does: string; readonly oneJobPer: string };
  readonly queue: QueueName;
  /** A class-validator class; a payload that does not fit is rejected when it is enqueued and again when it is taken. */
  readonly payload: new () => Payload;
  /** Runs in all, the first included, before the job counts as failed. */
  readonly attempts: number;
  /** Exponential with full jitter. */
  readonly backoff: JobBackoff;
  /** Whether some of these jobs are urgent: workers then take due jobs by rank and not by age alone. */
  readonly ranked?: boolean;
  /** A longer run is aborted and counts as an error. */
  readonly timeoutMs: number;
  /**
   * Jobs of one key are one job: while one waits, another only brings it forward; while one runs, another runs once
   * after it. Jobs of different names in one queue may share keys.
   */
  coalescingKey(payload: Payload): string;
}

export interface JobContext {
  /** Aborted at the time limit and when the process drains; the run should end soon, its work is not lost. */
  readonly signal: AbortSignal;
  readonly jobId: string;
  /** 1 for the first run. */
  readonly attempt: number;
}

/** Asks for another run of the same job later, without counting this one as an error. */
export interface RunAgain {
  readonly runAgainInMs: number;
  /** See `EnqueueOptions`. */
  readonly urgent?: boolean;
}

export interface JobHandler<Payload extends JobPayload> {
  /** Throws to be retried by the declaration's back-off. */
  handle(payload: Payload, context: JobContext): Promise<RunAgain | void>;
}

/** Thrown at the caller for a payload that does not fit its declaration. */
export class InvalidJobPayloadError extends Error {
  override readonly name = 'InvalidJobPayloadError';
}

/**
 * The payload as an instance of its declared class. Properties that the class does not know are rejected, so that the
 * caller finds a misspelt id.
 * @throws InvalidJobPayloadError naming the job and every violation, never a value
 */
export function validatePayload<Payload extends JobPayload>(
  job: JobDeclaration<string, Payload>,
  payload: unknown,
): Payload {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new InvalidJobPayloadError(`${job.name}: the payload is not an object`);
  }
  const key = keyOf(payload);
  if (key !== null && acceptedOf(job.payload).has(key)) return Object.assign(new job.payload(), payload);
  const instance = plainToInstance(job.payload, payload);
  // It is of its class, which is all that "unknown values" asks; a class without properties would count as unknown.
  const errors = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false });
  if (errors.length > 0) throw new InvalidJobPayloadError(`${job.name}: ${describeViolations(errors)}`);
  if (key !== null) accept(job.payload, key);
  return instance;
}

/** Payloads of each class that were accepted lately: most come again, and a validation costs more than all else of a job. */
const ACCEPTED = new WeakMap<new () => JobPayload, Set<string>>();
const MOST_ACCEPTED = 1_000;

function acceptedOf(type: new () => JobPayload): Set<string> {
  const known = ACCEPTED.get(type);
  if (known !== undefined) return known;
  const accepted = new Set<string>();
  ACCEPTED.set(type, accepted);
  return accepted;
}

function accept(type: new () => JobPayload, key: string): void {
  const accepted = acceptedOf(type);
  if (accepted.size >= MOST_ACCEPTED) accepted.clear();
  accepted.add(key);
}

/** @returns what no other payload has; null for one that holds anything but texts, and is validated each time */
function keyOf(payload: object): string | null {
  const members: unknown[] = [];
  for (const [name, value] of Object.entries(payload)) {
    if (typeof value !== 'string') return null;
    members.push(name, value);
  }
  return JSON.stringify(members);
}

const describeViolations = (errors: readonly ValidationError[]): string =>
  errors.flatMap((error) => Object.values(error.constraints ?? { shape: `${error.property} is malformed` })).join('; ');
