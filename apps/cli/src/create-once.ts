import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type CreateAnswer, type CreateInstanceInput, createInstance } from '@novita-fleet/client';
import { ApiProblem, CommandFailure, NoAnswer } from './failure.js';
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
 * lost on the way rents nothing twice. Where it stays unknown, the failure says so: the next command has another key.
 *
 * @param onBusy called once, when an earlier try turns out to be still under way
 * @throws CommandFailure; the reason of the signal, where nothing can have been made
 */
export async function createOnce(
  session: ApiSession,
  body: CreateInstanceInput,
  onBusy: () => void,
  pause: (ms: number) => Promise<unknown> = (ms) => delay(ms, undefined, { signal: session.signal }),
): Promise<CreateAnswer> {
  const headers = { 'Idempotency-Key': randomUUID() };
  let [failures, waitedMs, mayBeMade] = [0, 0, false];
  /** Where nobody knows what became of an earlier try, that is what the user must read. */
  const paused = async (ms: number): Promise<void> => {
    await pause(ms).catch((error: unknown) => {
      throw mayBeMade ? leftUnknown(body.name, 'you ended the wait') : error;
    });
  };
  for (;;) {
    try {
      return await ask(session, createInstance({ client: session.client, body, headers }));
    } catch (error) {
      // Whether a call that was under way has arrived cannot be told.
      if (session.signal.aborted) throw leftUnknown(body.name, 'you ended the wait');
      if (error instanceof ApiProblem && error.problem.code === 'request-in-flight') {
        mayBeMade = true;
        if (waitedMs >= MOST_WAIT_MS) throw leftUnderWay(body.name, `for ${duration(waitedMs)}`, error);
        if (waitedMs === 0) onBusy();
        const ms = Math.min(Math.max(error.retryAfterMs ?? POLL_MS, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
        waitedMs += ms;
        await paused(ms);
        continue;
      }
      failures += 1;
      if (error instanceof NoAnswer && error.mayHaveArrived) mayBeMade = true;
      if (isPassing(error) && failures < MOST_FAILURES) await paused(POLL_MS * failures);
      else if (waitedMs > 0 && isPassing(error)) throw leftUnderWay(body.name, 'when last heard of', error);
      else throw mayBeMade && isPassing(error) ? leftUnknown(body.name, messageOf(error)) : error;
    }
  }
}

function leftUnderWay(name: string, since: string, error: unknown): CommandFailure {
  return new CommandFailure(
    `the service was still working on this create ${since}, so ${look(name)}. ${messageOf(error)}`,
  );
}

function leftUnknown(name: string, why: string): CommandFailure {
  return new CommandFailure(`the service may have got this create, so ${look(name)}. ${why}`);
}

function look(name: string): string {
  return `it may be renting "${name}". Look with \`novita-fleet get ${name}\` before you create it again`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
