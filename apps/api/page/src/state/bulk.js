import { countWords } from '../format/count.js';
import { commandsFor, whyNot } from './commands-of.js';

/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 * @typedef {'start' | 'stop' | 'restart' | 'delete'} BulkCommand
 *
 * @typedef {object} BulkPlan
 * @property {readonly Instance[]} fitting
 * @property {readonly {readonly instance: Instance, readonly reason: string}[]} leftOut
 */

/**
 * Whom a command is for, of those that were chosen.
 *
 * @param {BulkCommand} command
 * @param {readonly Instance[]} instances
 * @returns {BulkPlan}
 */
export function planBulk(command, instances) {
  const fitting = instances.filter((instance) => commandsFor(instance).has(command));
  const kept = new Set(fitting);
  const leftOut = instances
    .filter((instance) => !kept.has(instance))
    .map((instance) => ({ instance, reason: whyNot(command, instance) }));
  return { fitting, leftOut };
}

/**
 * Dollars per hour of all together, and of how many nobody knows the price.
 *
 * @param {readonly {readonly pricePerHour?: number}[]} items
 */
export function sumPerHour(items) {
  let usd = 0;
  let unpriced = 0;
  for (const { pricePerHour } of items) {
    if (pricePerHour === undefined) unpriced += 1;
    else usd += pricePerHour;
  }
  return { usd, unpriced };
}

/**
 * Does some work for each item, a few side by side, in their order. A failure of one does not hold up the others.
 *
 * @template Item
 * @param {readonly Item[]} items
 * @param {number} atOnce
 * @param {(item: Item) => Promise<void>} work
 * @param {(done: number) => void} onDone told after each how many are over
 * @returns {Promise<readonly {readonly item: Item, readonly error: unknown}[]>} those that failed
 */
export async function eachSideBySide(items, atOnce, work, onDone) {
  /** @type {{item: Item, error: unknown}[]} */
  const failures = [];
  const waiting = items.values();
  let done = 0;
  const run = async () => {
    // They share one iterator, so each item is taken once.
    for (const item of waiting) {
      try {
        await work(item);
      } catch (error) {
        failures.push({ item, error });
      }
      done += 1;
      onDone(done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, run));
  return failures;
}

/**
 * `1 instance`, `3 instances`.
 *
 * @param {number} count
 * @param {string} [one]
 * @param {string} [many]
 */
export function counted(count, one = 'instance', many = `${one}s`) {
  return `${countWords(count)} ${count === 1 ? one : many}`;
}
