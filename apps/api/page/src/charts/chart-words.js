import { durationWords, timeOfDay } from '../format/duration.js';
import { span } from '../format/time.js';

/**
 * A series in a sentence or two, for whoever does not see its drawing.
 *
 * @param {string} title
 * @param {readonly import('./series.js').Sample[]} samples oldest first
 * @param {(value: number) => string} words
 * @param {number} gaps stretches of time without samples
 */
export function seriesSummary(title, samples, words, gaps) {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return `${title}: no samples yet.`;
  if (first === last) return `${title}: ${words(last.value)}, by one sample.`;
  const values = samples.map(({ value }) => value);
  const least = words(Math.min(...values));
  const greatest = words(Math.max(...values));
  const between = least === greatest ? `always ${least}` : `between ${least} and ${greatest}`;
  const missing = gaps === 0 ? '' : ` ${gaps === 1 ? 'One gap' : `${gaps} gaps`} without samples.`;
  return `${title} over ${span(last.atMs - first.atMs)}: ${words(last.value)} at the end, ${between}.${missing}`;
}

/**
 * @param {readonly import('../http/api-types.js').SyncRun[]} runs oldest first
 */
export function runsSummary(runs) {
  const last = runs.at(-1);
  if (last === undefined) return 'Duration of the last syncs: none has run yet.';
  const durations = runs.map(({ duration }) => duration);
  const failed = runs.filter(({ outcome }) => outcome === 'failed').length;
  const how = failed === 0 ? 'none failed' : `${failed} failed`;
  const range = `between ${durationWords(Math.min(...durations))} and ${durationWords(Math.max(...durations))}`;
  const count = runs.length === 1 ? 'Duration of the last sync' : `Duration of the last ${runs.length} syncs`;
  return `${count}: ${durationWords(last.duration)} at the end, ${range}; ${how}.`;
}

/**
 * @param {import('../http/api-types.js').SyncRun} run
 * @param {number} nowMs
 */
export function runWords({ outcome, duration, endTime, held }, nowMs) {
  const how = outcome === 'failed' ? 'failed after' : 'took';
  return `${timeOfDay(Date.parse(endTime), nowMs)}: ${how} ${durationWords(duration)}${held === true ? ', held' : ''}`;
}
