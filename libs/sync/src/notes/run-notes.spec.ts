import { NO_CHANGES } from '@app/sync-status';
import { describe, expect, it } from 'vitest';
import { at } from '../../test/fakes/a-run.js';
import { SYNC_KINDS, type SyncReport } from '../model/sync-run.js';
import { readHeldIds, readResult } from './run-notes.js';

const REPORT: SyncReport = {
  runId: 'r',
  outcome: 'completed',
  error: null,
  options: { forceSync: false, handleObsoleteInstances: true, dryRun: true, resources: SYNC_KINDS },
  startedAt: at(0),
  endedAt: at(1),
  durationMs: 1_000,
  recordsBefore: 1,
  recordsAfter: 1,
  novitaInstances: null,
  unclean: null,
  changes: NO_CHANGES,
  held: null,
  failures: [{ resource: 'jobs', error: 'no' }],
  actions: [{ action: 'leave', novitaInstanceId: 'n', name: 'a', reason: 'too young' }],
  actionCount: 1,
};
const HOLDER = { owner: 'worker', purpose: 'r', fence: 3, since: at(0), remainingMs: 5 };

describe('what a run leaves', () => {
  it.each([
    ['a report', readResult, { kind: 'report', report: REPORT }],
    ['a busy result', readResult, { kind: 'busy', holder: HOLDER }],
    ['a lost result', readResult, { kind: 'lost', reason: 'drained' }],
    ['held ids', readHeldIds, ['a', 'b']],
  ])('is read as it was written: %s', (_, read, document) => {
    expect(read(JSON.stringify(document))).toEqual(document);
  });

  it.each([
    ['no JSON', readResult, '{'],
    ['a result of an unknown kind', readResult, '{"kind":"won"}'],
    ['a report that is none', readResult, '{"kind":"report","report":{}}'],
    [
      'a report of an unknown kind of resources',
      readResult,
      JSON.stringify({ kind: 'report', report: { ...REPORT, failures: [{ resource: 'pods', error: 'no' }] } }),
    ],
    ['ids that are no texts', readHeldIds, '[1]'],
  ])('is not understood: %s', (_, read, json) => {
    expect(read(json)).toBeNull();
  });
});
