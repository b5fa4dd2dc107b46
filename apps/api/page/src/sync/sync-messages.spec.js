import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  areRunsOff,
  lastSyncMessage,
  nextSyncMessage,
  progressMessage,
  progressOf,
  remainingMessage,
  resourceLine,
  stepsOf,
} from './sync-messages.js';

/** @typedef {import('../net/api-types.js').SyncStatus} SyncStatus */

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
    const reading = /** @type {const} */ ({ name: 'instances', status: 'in_progress', count: 30, total: 120 });
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
    const at = /** @type {const} */ ({ step: 'sync', currentResource: 'templates' });
    expect(progressMessage(sync(at))).toBe('Reading templates, 1 of 4 done');
    expect(progressMessage(sync({ ...at, currentResource: 'gpu-products' }))).toBe('Reading GPU products, 1 of 4 done');
    expect(progressMessage(sync({ step: 'cleanup' }))).toBe('Clean up, 1 of 4 done');
    expect(remainingMessage(sync({ estimatedRemainingSeconds: 4 }))).toBe('about 4 s left');
    expect(remainingMessage(sync({}))).toBe('');
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

  it('say where a failed run ended', () => {
    expect(stepsOf(sync({ status: 'failed', step: 'sync' }))[1]).toMatchObject({
      state: 'now',
      stateLabel: 'ended here',
    });
    const notRead = /** @type {const} */ ({ name: 'jobs', status: 'failed', count: 0 });
    expect(states({ status: 'failed', step: 'informer', resourceStatus: [notRead] })).toEqual([
      'over',
      'now',
      'ahead',
      'ahead',
    ]);
  });
});

describe('a kind of resource', () => {
  it('is said with its count, its total where it differs, and its error', () => {
    const templates = /** @type {const} */ ({ name: 'templates', count: 3, total: 14 });
    expect(resourceLine({ ...templates, status: 'in_progress' })).toMatchObject({
      text: 'is read',
      amount: '3 of 14',
    });
    expect(resourceLine({ ...templates, status: 'completed', count: 14 })).toMatchObject({ sign: '✓', amount: '14' });
    expect(resourceLine({ ...templates, status: 'pending' })).toMatchObject({ text: 'waits', amount: '' });
    expect(resourceLine({ ...templates, status: 'failed', error: 'Novita answered 500' })).toMatchObject({
      name: 'Templates',
      amount: '3 of 14',
      tone: 'bad',
      remark: 'Novita answered 500',
    });
    expect(resourceLine({ name: 'jobs', status: 'failed', count: 0 }).amount).toBe('');
  });
});

describe('the latest run', () => {
  it('is said with its age and duration', () => {
    const done = sync({ status: 'completed', endTime: before(180), duration: 5_234 });
    expect(lastSyncMessage(done, NOW)).toMatchObject({
      text: 'Synced 3 min ago in 5.2 s',
      tone: 'ok',
      at: before(180),
    });
  });

  it('that failed is said with its reason and the last one that did not', () => {
    const failed = sync({ status: 'failed', endTime: before(60), error: 'templates: no' });
    expect(lastSyncMessage(failed, NOW).remark).toBe('templates: no. No run has completed yet.');
    const lastSuccess = { runId: 'r', startTime: before(7_300), endTime: before(7_200) };
    expect(lastSyncMessage({ ...failed, lastSuccess }, NOW).remark).toBe('templates: no. Last completed 2 h ago.');
  });

  it('is not made up', () => {
    expect(lastSyncMessage(null, NOW).text).toBe('Not known yet');
    expect(lastSyncMessage(sync({ status: 'not_started' }), NOW).text).toBe('No sync has run yet');
  });
});

describe('the next run', () => {
  it('is said, or why there is none', () => {
    expect(nextSyncMessage(sync({ nextRun: before(-720) }), null, NOW).text).toBe('Next in 12 min');
    expect(nextSyncMessage(sync({}), null, NOW).text).toBe('No run is planned');
    expect(nextSyncMessage(sync({ nextRetry: before(-75), retryCount: 3, nextRun: before(-720) }), null, NOW)).toEqual({
      text: 'Tried again in 1 min, failed 3 times in a row',
      tone: 'warn',
    });
    const paused = { since: before(600), by: 'user:ci' };
    expect(nextSyncMessage(sync({ paused }), null, NOW).text).toBe('Paused by ci 10 min ago');
    expect(nextSyncMessage(null, null, NOW).text).toBe('');
  });

  it('is none where the settings of the service have runs off', () => {
    const off = { status: 'ok', details: { sync: { status: 'ok', automatic: false } } };
    expect(nextSyncMessage(sync({}), off, NOW).text).toContain('switched off in the settings');
    expect(nextSyncMessage(sync({ nextRetry: before(-75) }), off, NOW).text).toBe('Tried again in 1 min');
    expect(areRunsOff(off)).toBe(true);
    expect(areRunsOff({ status: 'ok', details: { sync: { status: 'ok' } } })).toBe(false);
    expect(areRunsOff(null)).toBe(false);
  });
});
