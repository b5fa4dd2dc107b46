import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again and again until the answer is something, and fails with what it last saw.
 *
 * @param what for the message of the failure
 * @param ask answers undefined, null or false while it is not so yet
 */
export async function until<Value>(
  what: string,
  ask: () => Promise<Value | undefined | null | false>,
  { timeoutMs = 20_000, everyMs = 50 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  let lastError: unknown = null;
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) return answer;
      lastError = null;
    } catch (error) {
      lastError = error;
    }
    await pause(everyMs);
  }
  throw new Error(`waited ${timeoutMs} ms in vain: ${what}`, { cause: lastError });
}
