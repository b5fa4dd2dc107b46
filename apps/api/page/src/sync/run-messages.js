import { isStoreAway, problemText } from '../net/problem.js';
import { actorName, formatCount } from '../ui/format.js';
import { UI } from '../ui/words.js';
import { SYNC } from './words.js';

/**
 * A run that is over, in words.
 *
 * @typedef {import('../net/api-types.js').SyncRunView} Run
 */

/** @param {Pick<Run, 'trigger' | 'requestedBy'>} run */
export function whoBegan({ trigger, requestedBy }) {
  return trigger === 'manual' ? actorName(requestedBy) : SYNC.triggers[trigger];
}

/** @param {Pick<Run, 'outcome' | 'held'>} run */
export function resultOf({ outcome, held }) {
  if (outcome === 'failed') return { text: SYNC.failed, tone: 'bad' };
  return held ? { text: SYNC.held, tone: 'warn' } : { text: SYNC.completed, tone: 'ok' };
}

/**
 * Such as `3 new, 1 gone`.
 *
 * @param {Readonly<Partial<Record<keyof NonNullable<Run['changes']>, number>>> | undefined} changes
 */
export function changesText(changes = {}) {
  const kinds = /** @type {readonly (keyof NonNullable<Run['changes']>)[]} */ (Object.keys(SYNC.changes));
  const parts = kinds.flatMap((kind) => {
    const count = changes[kind] ?? 0;
    return count > 0 ? [`${formatCount(count)} ${SYNC.changes[kind]}`] : [];
  });
  return parts.length === 0 ? SYNC.unchanged : parts.join(', ');
}

/**
 * Why no run is shown.
 *
 * @param {unknown} problem why the runs could not be read; null when they could
 * @param {import('../net/api-types.js').SyncStatus | null} sync
 */
export function noRunsMessage(problem, sync) {
  if (problem !== null) return isStoreAway(problem) ? SYNC.storeAway : `${SYNC.runsNotRead} ${problemText(problem)}`;
  return sync?.status === 'not_started' ? SYNC.none : UI.notKnownYet;
}
