/**
 * What a command to several instances would do, does and leaves undone, by the answers of the API.
 */

import { counted, totalMessage } from '../ui/format.js';
import { BULK } from './words.js';

/**
 * @typedef {import('../net/api-types.js').BulkPreviewView} BulkPlan what a command would do
 *
 * @typedef {object} BulkItem an instance that was sent a command
 * @property {string} instanceId
 * @property {string} [name]
 * @property {'accepted' | 'skipped' | 'failed'} outcome
 * @property {string} [reason]
 */

/** As many as the API takes at once; fewer, so that the progress is seen. */
const PIECE = 100;

/**
 * What it means in dollars, as a sentence; empty when it changes nothing about them.
 *
 * @param {Pick<BulkPlan, 'endsUsdPerHour' | 'beginsUsdPerHour' | 'unpriced'>} plan
 */
export function moneyMessage({ endsUsdPerHour, beginsUsdPerHour, unpriced }) {
  if (endsUsdPerHour > 0) return BULK.ends(totalMessage({ usd: endsUsdPerHour, unpriced }));
  if (beginsUsdPerHour > 0) return BULK.begins(totalMessage({ usd: beginsUsdPerHour, unpriced }));
  return unpriced > 0 ? BULK.unpriced(counted(unpriced)) : '';
}

/**
 * The instances that are left out, by reason, such as `3 instances: it is stopped already`.
 *
 * @param {BulkPlan['skipped']} skipped
 */
export function skippedLines(skipped) {
  return skipped
    .filter(({ instances }) => instances > 0)
    .map(({ reason, instances }) => `${counted(instances)}: ${reason}`);
}

/**
 * Sends a command to many, one piece after the other, so that what was done is known at every time.
 *
 * @param {readonly string[]} ids
 * @param {(ids: readonly string[]) => Promise<readonly BulkItem[]>} send
 * @param {(done: number) => void} onDone
 * @returns {Promise<{readonly accepted: number, readonly failed: readonly BulkItem[], readonly error: unknown}>} `error` why
 *   it broke off; what was not sent then is among the failed ones
 */
export async function sendInPieces(ids, send, onDone) {
  /** @type {BulkItem[]} */
  const failed = [];
  let accepted = 0;
  for (let from = 0; from < ids.length; from += PIECE) {
    try {
      // One after the other: together they would take the requests of everybody with this key.
      // oxlint-disable-next-line no-await-in-loop
      const items = await send(ids.slice(from, from + PIECE));
      for (const item of items) {
        if (item.outcome === 'failed') failed.push(item);
        else if (item.outcome === 'accepted') accepted += 1;
      }
    } catch (error) {
      const left = ids.slice(from).map((instanceId) => ({ instanceId, outcome: /** @type {const} */ ('failed') }));
      return { accepted, failed: [...failed, ...left], error };
    }
    onDone(Math.min(ids.length, from + PIECE));
  }
  return { accepted, failed, error: null };
}
