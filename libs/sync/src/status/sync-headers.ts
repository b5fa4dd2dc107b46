import { oneLine } from '@app/platform';
import { type RunStatus, type SyncSnapshot, settledCount } from '../model/sync-status.js';
import { durationOf, effectiveRun, lapsesAt } from './shown-status.js';

export type HeaderPair = readonly [name: string, value: string];

interface MadeHeaders {
  /** Epoch milliseconds after which the run counts as failed; Infinity for never. */
  readonly validUntil: number;
  readonly headers: readonly HeaderPair[];
}

/** Every answer of the API carries these headers, so they are made once for each snapshot and not for each request. */
const made = new WeakMap<SyncSnapshot, MadeHeaders>();

const LONGEST_ERROR = 200;

/**
 * The `X-Sync-*` headers, which say how fresh an answer is. The same list while nothing changes.
 *
 * @param now epoch milliseconds
 */
export function syncHeaders(snapshot: SyncSnapshot, now: number): readonly HeaderPair[] {
  const known = made.get(snapshot);
  if (known !== undefined && now <= known.validUntil) return known.headers;
  const run = effectiveRun(snapshot.run, now);
  const fresh = { validUntil: lapsesAt(run), headers: Object.freeze(headersOf(run)) };
  made.set(snapshot, fresh);
  return fresh.headers;
}

function headersOf(run: RunStatus): HeaderPair[] {
  const headers: HeaderPair[] = [['X-Sync-Status', run.state]];
  switch (run.state) {
    case 'not_started':
      break;
    case 'in_progress':
      if (run.step !== null) headers.push(['X-Sync-Step', run.step]);
      headers.push(['X-Sync-Progress', `${settledCount(run)}/${run.resources.length}`]);
      if (run.currentResource !== null) headers.push(['X-Sync-Current-Resource', run.currentResource]);
      break;
    case 'completed': {
      if (run.endedAt !== null) headers.push(['X-Sync-End-Time', run.endedAt]);
      const durationMs = durationOf(run);
      if (durationMs !== null) headers.push(['X-Sync-Duration', `${durationMs}ms`]);
      break;
    }
    case 'failed':
      headers.push(['X-Sync-Error', errorLine(run.error ?? '')]);
      break;
  }
  return headers;
}

/** Never empty: clients distinguish a failure without a reason from one without the header. */
function errorLine(error: string): string {
  return oneLine(error.trimStart(), LONGEST_ERROR) || 'unknown error';
}
