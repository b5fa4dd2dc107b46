import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  lastSyncWords,
  nextSyncWords,
  progressOf,
  progressWords,
  remainingWords,
  resourceLine,
  stepsOf,
} from './sync-words.js';

/** @typedef {import('../http/api-types.js').SyncStatus} SyncStatus */

const NOW = Date.parse('2026-03-01T10:00:00.000Z');
/** @param {number} seconds */
const before = (seconds) => new Date(NOW - seconds * 1_000).toISOString();

/**
 * @param {Partial<SyncStatus>} change
 * @returns {SyncStatus}
 */
function sync(change) {
  return { status: 'in_progress', totalResources: 4, syncedResources: 1, resourceStatus: [], ...change };
}

describe('progress', () => {
  it('counts what is over, and of what is being read the part that was', () => {
    const reading = { name: 'instances', status: /** @type {const} */ ('in_progress'), count: 30, total: 120 };
    expect(progressOf(sync({ resourceStatus: [reading] }))).toEqual({ value: 1.25, max: 4 });
    expect(progressOf(sync({ resourceStatus: [{ ...reading, total: 0 }] }))).toEqual({ value: 1, max: 4 });
    expect(progressOf(sync({ totalResources: 0, syncedResources: 0 }))).toEqual({ value: 0, max: 1 });
  });

  it('never leaves its bar', () => {
    const resource = fc.record({
      name: fc.constant('jobs'),
      status: fc.constantFrom('pending', 'in_progress', 'completed', 'failed'),
      count: fc.nat(),
      total: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(resource), fc.nat(9), fc.nat(9), (resourceStatus, totalResources, syncedResources) => {
        const { value, max } = progressOf(sync({ resourceStatus, totalResources, syncedResources }));
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(max);
      }),
    );
  });

  it('names what is read, and how long it may take', () => {
    const at = { step: /** @type {const} */ ('sync'), currentResource: 'templates' };
    expect(progressWords(sync(at))).toBe('Reading templates, 1 of 4 done');
    expect(progressWords(sync({ ...at, currentResource: 'gpu-products' }))).toBe('Reading GPU products, 1 of 4 done');
    expect(progressWords(sync({ step: 'cleanup' }))).toBe('Clean up, 1 of 4 done');
    expect(remainingWords(sync({ estimatedRemainingSeconds: 4 }))).toBe('about 4 s left');
    expect(remainingWords(sync({}))).toBe('');
  });
});

describe('steps', () => {
  /** @param {Partial<SyncStatus>} change */
  const states = (change) => stepsOf(sync(change)).map(({ state }) => state);

  it('are over, now or ahead', () => {
    expect(states({ step: 'sync' })).toEqual(['over', 'now', 'ahead', 'ahead']);
    expect(states({ status: 'completed', step: 'done' })).toEqual(['over', 'over', 'over', 'over']);
    expect(states({ status: 'not_started' })).toEqual(['ahead', 'ahead', 'ahead', 'ahead']);
  });

  it('tell where a failed run ended', () => {
    expect(stepsOf(sync({ status: 'failed', step: 'sync' }))[1]).toMatchObject({
      state: 'now',
      stateWords: 'ended here',
    });
  });
});

describe('a kind of resource', () => {
  it('is told with its count, its total where it differs, and its error', () => {
    const templates = { name: 'templates', count: 3, total: 14 };
    expect(resourceLine({ ...templates, status: 'in_progress' })).toMatchObject({
      words: 'is read',
      amount: '3 of 14',
    });
    expect(resourceLine({ ...templates, status: 'completed', count: 14 })).toMatchObject({ sign: '✓', amount: '14' });
    expect(resourceLine({ ...templates, status: 'pending' })).toMatchObject({ words: 'waits', amount: '' });
    expect(resourceLine({ ...templates, status: 'failed', error: 'Novita answered 500' })).toMatchObject({
      name: 'Templates',
      tone: 'bad',
      remark: 'Novita answered 500',
    });
  });
});

describe('the latest run', () => {
  it('is told with its age and duration', () => {
    const done = sync({ status: 'completed', endTime: before(180), duration: 5_234 });
    expect(lastSyncWords(done, NOW)).toMatchObject({ words: 'Synced 3 min ago in 5.2 s', tone: 'ok', at: before(180) });
  });

  it('that failed is told with its reason and the last one that did not', () => {
    const failed = sync({ status: 'failed', endTime: before(60), error: 'templates: no' });
    expect(lastSyncWords(failed, NOW).remark).toBe('templates: no. No run has completed yet.');
    const lastSuccess = { runId: 'r', startTime: before(7_300), endTime: before(7_200) };
    expect(lastSyncWords({ ...failed, lastSuccess }, NOW).remark).toBe('templates: no. Last completed 2 h ago.');
  });

  it('is not made up', () => {
    expect(lastSyncWords(null, NOW).words).toBe('Not known yet');
    expect(lastSyncWords(sync({ status: 'not_started' }), NOW).words).toBe('No sync has run yet');
  });
});

describe('the next run', () => {
  it('is told, or why there is none', () => {
    expect(nextSyncWords(sync({ nextRun: before(-720) }), NOW).words).toBe('Next in 12 min');
    expect(nextSyncWords(sync({}), NOW).words).toBe('No run is planned');
    expect(nextSyncWords(sync({ nextRetry: before(-75), retryCount: 3, nextRun: before(-720) }), NOW)).toEqual({
      words: 'Tried again in 1 min, failed 3 times in a row',
      tone: 'warn',
    });
    const paused = { since: before(600), by: 'user:ci' };
    expect(nextSyncWords(sync({ paused }), NOW).words).toBe('Paused by ci 10 min ago');
    expect(nextSyncWords(null, NOW).words).toBe('');
  });
});
