import { setTimeout as delay } from 'node:timers/promises';
import { getInstance, type Instance, type InstanceStatus } from '@novita-fleet/client';
import { ApiProblem, CommandFailure, EXIT } from './failure.js';
import { type ApiSession, ask } from './session.js';

/** Thirty that wait with one key stay within its limit of requests. */
export const POLL_MS = 3_000;

/** What cannot be left by itself, so that waiting for anything else is in vain. */
const ENDS: readonly InstanceStatus[] = ['failed', 'terminated'];

/** How a wait ended. The instance is null where nothing was ever learned of it. */
type Waited =
  | { readonly outcome: 'reached' | 'in-vain'; readonly instance: Instance }
  | { readonly outcome: 'too-late'; readonly instance: Instance | null };

/**
 * Waits until an instance has a status, cannot reach it any more, or the time is over.
 *
 * @param observe called with each status that it has meanwhile
 * @param onSilence called when the service stops answering, with what it was that failed
 * @throws CommandFailure for what repeating does not mend; the reason of the signal
 */
export async function waitFor(
  session: ApiSession,
  id: string,
  { status, timeoutMs }: { readonly status: InstanceStatus; readonly timeoutMs: number },
  observe: (instance: Instance) => Promise<void> | void,
  onSilence: (error: Error) => void = () => undefined,
): Promise<Waited> {
  const began = Date.now();
  let last: Instance | null = null;
  let isSilent = false;
  for (;;) {
    try {
      const instance = await ask(session, getInstance({ client: session.client, path: { id } }));
      isSilent = false;
      if (instance.status === status) return { outcome: 'reached', instance };
      if (instance.status !== last?.status) await observe(instance);
      last = instance;
    } catch (error) {
      // A process of the service that restarts is no reason to give up.
      if (!isPassing(error) || Date.now() - began > timeoutMs) throw error;
      if (!isSilent && error instanceof Error) onSilence(error);
      isSilent = true;
    }
    if (last !== null && ENDS.includes(last.status)) return { outcome: 'in-vain', instance: last };
    if (Date.now() - began > timeoutMs) return { outcome: 'too-late', instance: last };
    await delay(POLL_MS, undefined, { signal: session.signal });
  }
}

/** Whether it may be over at the next try: nobody answered, too many requests, or a fault of the service. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ApiProblem) return error.problem.status === 429 || error.problem.status >= 500;
  return error instanceof CommandFailure && error.exitCode === EXIT.failed;
}
