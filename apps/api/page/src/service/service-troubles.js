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
    'Novita refuses the key with which this service asks it. Nothing is read or changed there, and what you see is from before. ' +
    'Whoever runs the service makes a new key in the console of Novita, puts it into the setting NOVITA_API_KEY, and starts the service again.',
  away:
    'Novita does not answer. What you see is from before; stops and deletes are kept and carried out as soon as it answers. ' +
    'Nothing is to be done here. If it lasts, look at the status page of Novita, and at the network of this service.',
  fails:
    'The latest sync could read nothing at Novita, so what you see is from before. It is tried again by itself. ' +
    'If it lasts, look at the status page of Novita, or sync now to try at once.',
  noWorker:
    'No worker is running, so nothing is created, started, stopped or checked for being idle: commands wait, and what runs goes on costing. ' +
    'Whoever runs the service starts a worker; everything goes on by itself then.',
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
