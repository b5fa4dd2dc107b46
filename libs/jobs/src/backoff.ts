import type { JobBackoff } from './job-declaration.js';

/**
 * Exponential back-off with full jitter: anywhere between nothing and the doubled delay, so that jobs that failed
 * together do not come back together.
 * @param faults runs that failed so far, at least 1
 * @param random a number from 0 up to 1
 * @returns ms, at least 1
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffDelayMs(backoff: JobBackoff, faults: number, random: number): number {
  const ceiling = Math.min(backoff.maxDelayMs, backoff.firstDelayMs * 2 ** (faults - 1));
  return Math.max(1, Math.round(ceiling * random));
}
