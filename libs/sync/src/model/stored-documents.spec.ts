import { describe, expect, it } from 'vitest';
import { aHistoryEntry, aRun, at } from '../../test/fakes/a-run.js';
import { readHeldIds, readHistoryEntry, readPause, readResult, readRunStatus } from './stored-documents.js';
import { NO_CHANGES, SYNC_KINDS, type SyncReport } from './sync-run.js';
import { endRun, NOT_STARTED } from './sync-status.js';

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

describe('documents of the status', () => {
  it.each([
    ['a status before the first run', readRunStatus, NOT_STARTED],
    ['a status in progress', readRunStatus, aRun()],
    [
      'a status with everything',
      readRunStatus,
      endRun(aRun({ held: { since: at(0), reason: 'r', wouldRemove: 3 }, nextRunAt: at(9) }), {
        outcome: 'completed',
        error: null,
        changes: NO_CHANGES,
        at: at(5),
      }),
    ],
    ['a pause', readPause, { since: at(0), by: 'user:ops' }],
    ['a finished run', readHistoryEntry, aHistoryEntry()],
    ['a report', readResult, { kind: 'report', report: REPORT }],
    ['a busy result', readResult, { kind: 'busy', holder: HOLDER }],
    ['a lost result', readResult, { kind: 'lost', reason: 'drained' }],
    ['held ids', readHeldIds, ['a', 'b']],
    ['members of a later version', readPause, { since: at(0), by: 'user:ops', until: at(9) }],
  ])('are read as they were written: %s', (_, read, document) => {
    expect(read(JSON.stringify(document))).toEqual(document);
  });

  it.each([
    ['no JSON', readRunStatus, '{"runId":'],
    ['nothing', readRunStatus, ''],
    ['a list', readRunStatus, '[]'],
    ['null', readRunStatus, 'null'],
    ['an unknown state', readRunStatus, JSON.stringify({ ...aRun(), state: 'dreaming' })],
    ['an unknown kind', readRunStatus, JSON.stringify({ ...aRun(), currentResource: 'pods' })],
    ['a missing member', readRunStatus, JSON.stringify({ ...aRun(), retry: undefined })],
    ['a date in another form', readRunStatus, JSON.stringify({ ...aRun(), startedAt: '2026-01-01T00:00:00Z' })],
    ['a count below zero', readRunStatus, JSON.stringify({ ...aRun(), retry: { count: -1, nextAt: null } })],
    ['an error that is no text', readRunStatus, JSON.stringify({ ...aRun(), error: { message: 'no' } })],
    ['resources that are no list', readRunStatus, JSON.stringify({ ...aRun(), resources: { length: 1 } })],
    ['a pause by nobody', readPause, JSON.stringify({ since: at(0) })],
    ['a run without changes', readHistoryEntry, JSON.stringify({ ...aHistoryEntry(), changes: null })],
    ['a result of an unknown kind', readResult, '{"kind":"won"}'],
    ['a report that is none', readResult, '{"kind":"report","report":{}}'],
    ['ids that are no texts', readHeldIds, '[1]'],
  ])('are not understood: %s', (_, read, json) => {
    expect(read(json)).toBeNull();
  });
});
