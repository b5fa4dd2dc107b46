import { novitaTrouble } from './health-messages.js';
import { TROUBLES } from './words.js';

/**
 * What keeps the service itself from working, each with its cause and the way out: a wrong key at Novita, Novita away, no
 * worker, nothing listed yet.
 *
 * @typedef {import('./freshness.js').Trouble} Trouble
 *
 * @typedef {object} ServiceFacts
 * @property {boolean} isReachable whether the API answers
 * @property {import('../fleet/fleet.js').Health | null} health
 * @property {import('../net/api-types.js').SyncStatus | null} sync
 * @property {boolean} mayCommand whether the key may start a sync
 */

/**
 * @param {ServiceFacts} facts
 * @returns {readonly Trouble[]} the worst first
 */
export function serviceTroubles({ isReachable, health, sync, mayCommand }) {
  // The last report of an API that is silent by now says nothing of what it depends on.
  if (!isReachable) return [];
  /** @type {Trouble[]} */
  const found = [];
  const novita = novitaTrouble(health, sync);
  if (novita !== null) {
    const text = { 'key-refused': TROUBLES.keyRefused, away: TROUBLES.away, fails: TROUBLES.fails }[novita];
    found.push({ key: `novita-${novita}`, tone: 'bad', text, remedy: novita === 'fails' ? 'sync' : null });
  }
  const isWorkerMissing = health?.details?.['workers']?.['alive'] === false;
  if (isWorkerMissing) found.push({ key: 'no-worker', tone: 'bad', text: TROUBLES.noWorker, remedy: null });
  // Each of those is why nothing was listed.
  const isUnexplained = novita === null && !isWorkerMissing;
  const first = isUnexplained && sync !== null && sync.instancesAsOf === undefined ? firstListing(sync.status) : null;
  if (first !== null) {
    const text = TROUBLES.neverListed + (mayCommand ? first.byHand : first.byItself);
    found.push({ key: 'never-listed', tone: 'warn', text, remedy: 'sync' });
  }
  return found;
}

/**
 * What is said of the listing that nobody has seen yet; null while it is under way.
 *
 * @param {import('../net/api-types.js').SyncStatus['status']} status
 */
function firstListing(status) {
  if (status === 'not_started') return { byHand: TROUBLES.firstByHand, byItself: TROUBLES.firstComes };
  return status === 'failed' ? { byHand: TROUBLES.firstAgainByHand, byItself: TROUBLES.firstAgain } : null;
}
