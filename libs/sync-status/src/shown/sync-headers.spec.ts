import { validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aRun, at, msAt, NOT_STARTED } from '../../test/fakes/a-run.js';
import { withProgress } from '../model/kind-progress.js';
import { endRun } from '../model/run-transitions.js';
import { NO_CHANGES, type RunStatus, type SyncSnapshot, UNKNOWN_SYNC } from '../model/sync-status.js';
import { syncHeaders } from './sync-headers.js';

const snapshot = (run: RunStatus): SyncSnapshot => ({ run, paused: null, eventId: '5-0' });
const headers = (run: RunStatus, seconds = 5) => syncHeaders(snapshot(run), msAt(seconds));
const failed = (error: string) => endRun(aRun(), { outcome: 'failed', error, changes: NO_CHANGES, at: at(5) });

describe('the headers of the sync', () => {
  it('say the state alone before the first run', () => {
    expect(headers(NOT_STARTED)).toEqual([['X-Sync-Status', 'not_started']]);
  });

  it('say nothing while nothing is known', () => {
    expect(syncHeaders(UNKNOWN_SYNC, msAt(5))).toEqual([]);
  });

  it('say of a run in progress how far it is', () => {
    const run = withProgress(withProgress(aRun(), 'clusters', { status: 'completed' }), 'jobs', {
      status: 'in_progress',
    });
    expect(headers(run)).toEqual([
      ['X-Sync-Status', 'in_progress'],
      ['X-Sync-Step', 'sync'],
      ['X-Sync-Progress', '1/9'],
      ['X-Sync-Current-Resource', 'jobs'],
    ]);
    expect(headers(aRun()).map(([name]) => name)).not.toContain('X-Sync-Current-Resource');
  });

  it('say of a completed run when it ended and how long it took', () => {
    const run = endRun(aRun(), { outcome: 'completed', error: null, changes: NO_CHANGES, at: at(5.234) });
    expect(headers(run)).toEqual([
      ['X-Sync-Status', 'completed'],
      ['X-Sync-End-Time', '2026-01-01T00:00:05.234Z'],
      ['X-Sync-Duration', '5234ms'],
    ]);
  });

  it.each([
    ['as it is', 'Connection timeout', 'Connection timeout'],
    ['in one line', 'first\r\nX-Evil: 1\n\tthird', 'first X-Evil: 1 third'],
    ['without what is not ASCII', 'gescheitert: größer 🚀', 'gescheitert: gr??er ?'],
    ['of at most 200 characters', 'x'.repeat(10_000), `${'x'.repeat(197)}...`],
    ['behind any number of blanks', `${'\n '.repeat(5_000)}late`, 'late'],
    ['as unknown when it is blank', ' \r\n ', 'unknown error'],
    ['as unknown when it is not to be printed', '\0'.repeat(10_000), 'unknown error'],
  ])('say the error of a failed run %s', (_, error, value) => {
    expect(headers(failed(error))).toEqual([
      ['X-Sync-Status', 'failed'],
      ['X-Sync-Error', value],
    ]);
  });

  it('are never broken by an error text', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.constantFrom(
        '\r\n',
        '\n',
        '\0',
        '\x7f',
        '\u2028',
        '\ud800',
        'x'.repeat(10_000),
        ' '.repeat(10_000),
        '🚀'.repeat(900),
      ),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const value = headers(failed(parts.join('')))[1]?.[1] ?? '';
        expect(value).toMatch(/^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/);
        expect(() => validateHeaderValue('X-Sync-Error', value)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it('are made once for a snapshot, and anew when the lock of its run has lapsed', () => {
    const current = snapshot(aRun());
    const first = syncHeaders(current, msAt(5));
    expect(syncHeaders(current, msAt(32))).toBe(first);
    const lapsed = syncHeaders(current, msAt(33));
    expect(lapsed).toEqual([
      ['X-Sync-Status', 'failed'],
      ['X-Sync-Error', 'its worker is gone; the next run starts anew'],
    ]);
    expect(syncHeaders(current, msAt(34))).toBe(lapsed);
    expect(syncHeaders({ ...current }, msAt(5))).not.toBe(first);
  });
});
