import { novitaTrouble } from './health-messages.js';

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

const TEXTS = {
  keyRefused:
    'Novita refuses the key of this service, so nothing is read or changed there, and what you see is from before. ' +
    'Put a valid key from the console of Novita into NOVITA_API_KEY and start the service again.',
  away:
    'Novita does not answer. What you see is from before; stops and deletes are kept and carried out as soon as it answers. ' +
    'If it lasts, look at the status page of Novita, and at the network of this service.',
  fails:
    'The latest sync could read nothing at Novita, so what you see is from before. It is tried again by itself. ' +
    'Sync now to try at once.',
  noWorker:
    'No worker is running: commands wait, idle instances are not stopped, and what runs goes on costing. ' +
    'Start a worker; everything goes on by itself then.',
  neverListed: 'Novita was not listed yet, so what runs there is not known. ',
  firstComes: 'The first sync begins by itself soon.',
  firstByHand: 'The first sync begins by itself soon; sync now to begin at once.',
};

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
    const text = { 'key-refused': TEXTS.keyRefused, away: TEXTS.away, fails: TEXTS.fails }[novita];
    found.push({ key: `novita ${novita}`, tone: 'bad', text, remedy: novita === 'fails' ? 'sync' : null });
  }
  const isWorkerMissing = health?.details?.['workers']?.['alive'] === false;
  if (isWorkerMissing) found.push({ key: 'no-worker', tone: 'bad', text: TEXTS.noWorker, remedy: null });
  // Each of those is why nothing was listed.
  const isUnexplained = novita === null && !isWorkerMissing;
  if (isUnexplained && sync !== null && sync.status === 'not_started' && sync.instancesAsOf === undefined) {
    const text = TEXTS.neverListed + (mayCommand ? TEXTS.firstByHand : TEXTS.firstComes);
    found.push({ key: 'never-listed', tone: 'warn', text, remedy: 'sync' });
  }
  return found;
}
