import type { Timestamp } from '@app/platform';
import { describe, expect, it } from 'vitest';
import type { SyncKind, SyncOrder } from '../model/sync-run.js';
import { reportOf } from './run-record.js';

const AT = '2026-03-01T10:00:00.000Z' as Timestamp;

function errorOf(
  failures: readonly { readonly resource: SyncKind; readonly error: string }[],
  runError: string | null,
) {
  const order: SyncOrder = {
    runId: 'run',
    trigger: 'schedule',
    requestedBy: 'schedule',
    forceSync: false,
    handleObsoleteInstances: true,
    dryRun: false,
    retry: 0,
    resources: [],
  };
  const found = { recordsBefore: 0, recordsAfter: 0, purged: 0, purges: [], instances: null };
  const { error, outcome } = reportOf({ ...found, failures, order, startedAt: AT, endedAt: AT, runError });
  return [outcome, error];
}

describe('what a run says of its failures', () => {
  it('is nothing when there are none', () => {
    expect(errorOf([], null)).toEqual(['completed', null]);
  });

  it('names each kind with its error, and an error that several have once', () => {
    const away = 'Novita cannot be reached';
    const failures = [
      { resource: 'instances', error: away },
      { resource: 'clusters', error: 'Novita answered 500' },
      { resource: 'templates', error: away },
    ] as const;
    expect(errorOf(failures, null)).toEqual([
      'failed',
      'Novita cannot be reached (instances, templates); Novita answered 500 (clusters)',
    ]);
  });

  it('begins with an error of no kind', () => {
    expect(errorOf([{ resource: 'jobs', error: 'gone' }], 'the records cannot be counted')).toEqual([
      'failed',
      'the records cannot be counted; gone (jobs)',
    ]);
  });
});
