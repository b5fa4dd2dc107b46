import { orUnavailable } from '@app/redis';
import { QueueUnavailableError } from '../job-queue.port.js';

/** The connection itself gives up after one retry and its time; this also bounds a server that never answers. */
const LIMIT_MS = 2_800;

/**
 * The result of a call to Redis, or a failure soon.
 * @throws QueueUnavailableError when Redis cannot serve; the call's own error for a fault of ours
 */
export async function failFast<Result>(call: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer from Redis within ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    return await orUnavailable(
      Promise.race([call, limit]),
      (text, cause) => new QueueUnavailableError(`the job queue is away: ${text}`, { cause }),
    );
  } finally {
    clearTimeout(timer);
  }
}
