import {
  type NovitaApi,
  NovitaError,
  type NovitaInstance,
  type NovitaInstanceId,
  NovitaNotFoundError,
} from '@app/novita-client';
import type { Clock, Timestamp } from '@app/platform';

/** What a GET of one instance told; `at` is when it began. */
export type InstanceLook =
  | { readonly kind: 'found'; readonly instance: NovitaInstance; readonly at: Timestamp }
  | { readonly kind: 'denied'; readonly at: Timestamp }
  /** Nothing is known, and nothing may be concluded. */
  | { readonly kind: 'failed'; readonly error: NovitaError };

/** GETs under way at a time. */
export const LOOKS_AT_ONCE = 8;

/** @throws the signal's reason, and whatever is no answer of the provider */
export async function lookAt(
  id: NovitaInstanceId,
  { api, clock, signal }: { readonly api: NovitaApi; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<InstanceLook> {
  signal.throwIfAborted();
  const at = clock.timestamp();
  try {
    return { kind: 'found', instance: await api.getInstance(id, { signal, priority: 'background' }), at };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NovitaNotFoundError) return { kind: 'denied', at };
    if (error instanceof NovitaError) return { kind: 'failed', error };
    throw error;
  }
}
