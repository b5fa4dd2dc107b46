import { expect, it } from 'vitest';
import { syncBody } from './sync-dialog.js';
import { SYNC_KINDS } from './sync-messages.js';
import { syncFigures } from './sync-result.js';

const FLAGS = { dryRun: true, forceSync: false, handleObsoleteInstances: true };

it('names kinds only when not all are wanted', () => {
  expect(syncBody({ ...FLAGS, resources: [] })).toEqual(FLAGS);
  expect(syncBody({ ...FLAGS, resources: SYNC_KINDS })).toEqual(FLAGS);
  expect(syncBody({ ...FLAGS, resources: ['instances'] })).toEqual({ ...FLAGS, resources: ['instances'] });
});

it('leaves out what did not happen', () => {
  /** @type {import('../net/api-types.js').SyncResultData} */
  const nothing = {
    runId: 'r',
    timestamp: '2026-03-01T10:00:00.000Z',
    options: { forceSync: false, handleObsoleteInstances: true, dryRun: false, resources: [...SYNC_KINDS] },
    localInstances: 1200,
    totalInstances: 1200,
    beforeSync: 1200,
    afterSync: 1200,
    duration: 12,
    updated: 0,
    created: 0,
    adopted: 0,
    instancesRemoved: 0,
    markedTerminated: 0,
    leftMissing: 0,
    joined: false,
    failures: [],
  };
  expect(syncFigures(nothing)).toEqual([
    ['Records before', '1,200'],
    ['Records after', '1,200'],
  ]);
  expect(syncFigures({ ...nothing, novitaInstances: 0, updated: 2 })).toContainEqual(['At Novita', '0']);
  expect(syncFigures({ ...nothing, updated: 2 })).toContainEqual(['Updated', '2']);
});
