import type { DesiredState } from '../instance.js';
import type { LedgerEntry } from './ledger-entry.js';

/** A wish that the provider has to agree to before it counts as carried out. */
type ConfirmedWish = Exclude<DesiredState, 'running'>;

const WORDS: Readonly<Record<ConfirmedWish, string>> = { stopped: 'stop', deleted: 'delete' };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export function unconfirmedEntry(wish: ConfirmedWish, waitedMs: number, at: LedgerEntry['at']): LedgerEntry {
  const waited = waitedFor(waitedMs);
  const reason = `Novita has not confirmed the ${WORDS[wish]} that was wished ${waited} ago; it is tried again until it does`;
  return { at, kind: 'warning', by: 'lifecycle', reason };
}

/** Such as `7 min`. */
function waitedFor(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.floor(ms / 1_000)} s`;
  return ms < 2 * HOUR_MS ? `${Math.floor(ms / MINUTE_MS)} min` : `${Math.floor(ms / HOUR_MS)} h`;
}
