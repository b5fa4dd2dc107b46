import type { LockHolder } from '@app/redis';
import { runOfPurpose } from './sync-lock.js';
import type { SyncOrder } from './sync-options.js';

export type WhenBusy =
  /** Whoever waits for the run is told that another one holds the lock. */
  | { readonly kind: 'refuse' }
  /** The run under way does what this one was to do. */
  | { readonly kind: 'leave' }
  | { readonly kind: 'run-again'; readonly inMs: number };

/** After a lock has lapsed, for clocks and timers that are a little early. */
const AFTER_LAPSE_MS = 250;

/**
 * What becomes of a run that finds the lock taken.
 *
 * @param ttlMs life of the lock; it is renewed at a third of it
 */
export function whenBusy(
  { runId, trigger }: Pick<SyncOrder, 'runId' | 'trigger'>,
  holder: LockHolder,
  ttlMs: number,
): WhenBusy {
  const again: WhenBusy = { kind: 'run-again', inMs: holder.remainingMs + AFTER_LAPSE_MS };
  // Its job was taken over from a worker that died with the lock.
  if (runOfPurpose(holder.purpose).runId === runId) return again;
  switch (trigger) {
    case 'manual':
      return { kind: 'refuse' };
    case 'startup':
      // The run under way may be a dry one, or of a few kinds only; one sync after a start has to be whole.
      return again;
    case 'schedule':
    case 'retry':
      // Less than half of its life left: its holder has missed a renewal, and is probably dead.
      return holder.remainingMs < ttlMs / 2 ? again : { kind: 'leave' };
  }
}
