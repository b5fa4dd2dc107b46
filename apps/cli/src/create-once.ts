import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type CreateAnswer, type CreateInstanceInput, createInstance } from '@novita-fleet/client';
import { ApiProblem, CommandFailure } from './failure.js';
import { duration } from './output.js';
import { type ApiSession, ask } from './session.js';
import { isPassing, POLL_MS } from './wait-for.js';

/** Tries that nobody answers, or that meet a fault of the service. */
const MOST_FAILURES = 4;
/**
 * How long a first try that is still worked on is waited for. Longer than the service keeps the claim of a process that died in the
 * middle: then the repeat is the one that is carried out.
 */
const MOST_WAIT_MS = 150_000;
const [SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS] = [1_000, 30_000];

/**
 * Creates an instance, and asks again under the same key until the answer is known: a repeat gets the first answer, so one that is
 * lost on the way rents nothing twice.
 *
 * @param onBusy called once, when an earlier try turns out to be still under way
 * @throws CommandFailure; the reason of the signal
 */
export async function createOnce(
  session: ApiSession,
  body: CreateInstanceInput,
  onBusy: () => void,
  pause: (ms: number) => Promise<unknown> = (ms) => delay(ms, undefined, { signal: session.signal }),
): Promise<CreateAnswer> {
  const headers = { 'Idempotency-Key': randomUUID() };
  let [failures, waitedMs] = [0, 0];
  for (;;) {
    try {
      return await ask(session, createInstance({ client: session.client, body, headers }));
    } catch (error) {
      if (error instanceof ApiProblem && error.problem.code === 'request-in-flight') {
        if (waitedMs >= MOST_WAIT_MS) throw leftUnderWay(body.name, `for ${duration(waitedMs)}`, error);
        if (waitedMs === 0) onBusy();
        const ms = Math.min(Math.max(error.retryAfterMs ?? POLL_MS, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
        waitedMs += ms;
        await pause(ms);
        continue;
      }
      failures += 1;
      if (isPassing(error) && failures < MOST_FAILURES) await pause(POLL_MS * failures);
      else throw waitedMs > 0 && isPassing(error) ? leftUnderWay(body.name, 'when last heard of', error) : error;
    }
  }
}

function leftUnderWay(name: string, since: string, error: unknown): CommandFailure {
  const why = error instanceof Error ? error.message : String(error);
  const look = `it may be renting "${name}". Look with \`novita-fleet get ${name}\` before you create it again`;
  return new CommandFailure(`the service was still working on this create ${since}, so ${look}. ${why}`);
}
