import { setTimeout as pause } from 'node:timers/promises';

/**
 * How long a test waits for what must come. It only ends a test that would otherwise hang: a busy machine may
 * need twenty times as long as an idle one, for the start of a process above all.
 */
export const PATIENCE_MS = 180_000;

/** Asked soon again at first, and the less often the longer it takes: many waits at a time would keep a processor busy. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;
/** Of the time that was waited already; a wait lasts longer than its condition takes by no more than this. */
const PART_WAITED = 1 / 5;

/**
 * Asks again and again until the answer is something, and fails with what it last saw.
 *
 * @param what for the message of the failure
 * @param ask answers undefined, null or false while it is not so yet, or cannot say; what it asserts holds at every time
 * @param everyMs always the same pause, for what must not be missed
 */
export async function until<Value>(
  what: string,
  ask: () => Promise<Value | undefined | null | false>,
  { timeoutMs = PATIENCE_MS, everyMs }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<Value> {
  const begun = Date.now();
  const deadline = begun + timeoutMs;
  let lastError: unknown = null;
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) return answer;
      lastError = null;
    } catch (error) {
      if (error instanceof Error && error.name === 'AssertionError') throw error;
      lastError = error;
    }
    await pause(everyMs ?? pauseAfter(Date.now() - begun));
  }
  throw new Error(`waited ${timeoutMs} ms in vain: ${what}`, { cause: lastError });
}

const pauseAfter = (waitedMs: number): number =>
  Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, waitedMs * PART_WAITED));
