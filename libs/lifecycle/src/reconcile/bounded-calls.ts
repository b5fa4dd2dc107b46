import { NovitaError } from '@app/novita-client';
import { type ProviderError, providerErrorOf } from '../problems/provider-errors.js';
import { createWindowMs } from '../state-machine/crash-safe-create.js';
import type { LifecyclePolicy } from '../state-machine/model.js';

export type BoundedAnswer<Answer> =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'refused'; readonly error: ProviderError }
  /** The process found itself too late to send it. */
  | { readonly kind: 'not-sent' };

/**
 * Sends a call that buys or moves a machine, which must not be repeated blindly. One that is sent late, or takes long,
 * would reach the provider after another process has searched in vain for what it makes. A drain does not end it: its
 * answer is worth the wait.
 *
 * @param beganAt when the intent was written, in epoch milliseconds
 * @param now epoch milliseconds
 */
export async function sendBounded<Answer>(
  beganAt: number,
  now: number,
  policy: LifecyclePolicy,
  call: (signal: AbortSignal) => Promise<Answer>,
): Promise<BoundedAnswer<Answer>> {
  const { sendWithin, endWithin } = createWindowMs(policy);
  const age = now - beganAt;
  if (age > sendWithin) return { kind: 'not-sent' };
  const signal = AbortSignal.timeout(Math.max(1, Math.floor(endWithin - Math.max(0, age))));
  try {
    return { kind: 'answered', answer: await call(signal) };
  } catch (error) {
    if (error instanceof NovitaError) return { kind: 'refused', error: providerErrorOf(error) };
    const message = `the call ended without an answer: ${String(error)}`;
    return { kind: 'refused', error: { kind: 'network', message, effectUnknown: true, retryAfterMs: null } };
  }
}
