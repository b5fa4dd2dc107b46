import { describe, expect, it } from 'vitest';
import { aHistoryEntry, aRun, at, KINDS, NOT_STARTED } from '../../test/fakes/a-run.js';
import { withProgress } from './kind-progress.js';
import { endRun } from './run-transitions.js';
import { StatusReader } from './stored-documents.js';
import { NO_CHANGES } from './sync-status.js';

const reader = new StatusReader(KINDS);
const readRunStatus = (json: string) => reader.run(json);
const readPause = (json: string) => reader.pause(json);
const readHistoryEntry = (json: string) => reader.historyEntry(json);

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
    ['a finished run whose changes nobody counted', readHistoryEntry, aHistoryEntry({ changes: null })],
    [
      'a status with namespaces',
      readRunStatus,
      withProgress(aRun(), 'jobs', {
        status: 'in_progress',
        namespaces: [{ name: 'default', count: 3, remaining: null }],
      }),
    ],
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
    ['a run without changes', readHistoryEntry, JSON.stringify({ ...aHistoryEntry(), changes: undefined })],
  ])('are not understood: %s', (_, read, json) => {
    expect(read(json)).toBeNull();
  });
});
