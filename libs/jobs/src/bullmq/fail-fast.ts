import { QueueUnavailableError } from '../job-queue.port.js';

/** The connection itself gives up after one retry and a second; this also bounds a server that never answers. */
const LIMIT_MS = 1_500;

/**
 * The result of a call to Redis, or a failure soon.
 * @throws QueueUnavailableError with the cause, whatever went wrong
 */
export async function failFast<Result>(call: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer from Redis within ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    return await Promise.race([call, limit]);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new QueueUnavailableError(`the job queue cannot be reached: ${reason}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}
