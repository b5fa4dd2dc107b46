import { describe, expect, it } from 'vitest';
import { aRun, at } from '../../test/fakes/a-run.js';
import { NO_CHANGES } from '../run/sync-report.js';
import { NOT_STARTED } from './run-status.js';
import { newsOfRun } from './sync-news.js';
import { SYNC_EVENT_TYPES } from './sync-status.js';

const HELD = { since: at(3), reason: 'it lacks 9 of 10', wouldRemove: 9 };

describe('what the change feed is told of a run', () => {
  it('is its beginning, its end and a held listing, and nothing else', () => {
    const told = SYNC_EVENT_TYPES.filter((type) => newsOfRun(type, aRun(), at(9)) !== null);
    expect(told).toEqual(['sync.started', 'sync.completed', 'sync.failed', 'sync.held']);
  });

  it('is what is known of it at that time', () => {
    expect(newsOfRun('sync.started', aRun(), at(0))?.data).toEqual({
      runId: aRun().runId,
      trigger: 'manual',
      startedAt: at(0),
      endedAt: null,
      error: null,
      changes: null,
      held: null,
    });
    const changes = { ...NO_CHANGES, updated: 3 };
    const ended = aRun({ state: 'failed', endedAt: at(7), error: 'instances: away', changes, held: HELD });
    expect(newsOfRun('sync.failed', ended, at(9))).toEqual({
      type: 'sync.failed',
      data: {
        runId: aRun().runId,
        trigger: 'manual',
        startedAt: at(0),
        endedAt: at(7),
        error: 'instances: away',
        changes,
        held: HELD,
      },
    });
  });

  it('is nothing before there was a run', () => {
    expect(newsOfRun('sync.failed', NOT_STARTED, at(0))).toBeNull();
  });
});
