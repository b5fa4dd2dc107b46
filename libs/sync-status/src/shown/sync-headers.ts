import { oneLine } from '@app/platform';
import { settledCount } from '../model/kind-progress.js';
import { type RunStatus, type SyncSnapshot, UNKNOWN_SYNC } from '../model/sync-status.js';
import { durationOf, effectiveRun, lapsesAt } from './shown-status.js';

/** Every header about the sync, with what it says; the state of the sync decides which of them an answer carries. */
export const SYNC_HEADERS = {
  'X-Sync-Status': 'What the sync with Novita does: `not_started`, `in_progress`, `completed` or `failed`.',
  'X-Sync-Step': 'While in progress: `cleanup`, `sync`, `informer` or `done`.',
  'X-Sync-Progress': 'While in progress: kinds of resources that are over, of all: `6/9`.',
  'X-Sync-Current-Resource': 'While in progress: the kind that is being read.',
  'X-Sync-End-Time': 'When completed: the end of the run.',
  'X-Sync-Duration': 'When completed: how long the run took: `5234ms`.',
  'X-Sync-Error': 'When failed: why, in one line of at most 200 characters.',
} as const;

export type HeaderPair = readonly [name: keyof typeof SYNC_HEADERS, value: string];

interface MadeHeaders {
  /** Epoch milliseconds after which the run counts as failed; Infinity for never. */
  readonly validUntil: number;
  readonly headers: readonly HeaderPair[];
}

/** Every answer of the API carries these headers, so they are made once for each snapshot and not for each request. */
const made = new WeakMap<SyncSnapshot, MadeHeaders>();

const LONGEST_ERROR = 200;

const NONE: readonly HeaderPair[] = Object.freeze([]);

/**
 * The `X-Sync-*` headers, which say how fresh an answer is; none while nothing is known of the sync. The same list while
 * nothing changes.
 *
 * @param now epoch milliseconds
 */
export function syncHeaders(snapshot: SyncSnapshot, now: number): readonly HeaderPair[] {
  if (snapshot === UNKNOWN_SYNC) return NONE;
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
