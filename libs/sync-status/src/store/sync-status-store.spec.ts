import { describe, expect, it } from 'vitest';
import { aRun, at, NOT_STARTED } from '../../test/fakes/a-run.js';
import { NO_CHANGES, SYNC_EVENT_TYPES } from '../model/sync-status.js';
import { eventPosition, feedEntryOf, InvalidEventIdError } from './sync-status-store.js';

const HELD = { since: at(3), reason: 'it lacks 9 of 10', wouldRemove: 9 };

describe('the entries of the change feed about a run', () => {
  it('is its beginning, its end and a held listing, and nothing else', () => {
    const written = SYNC_EVENT_TYPES.filter((type) => feedEntryOf('novita', type, aRun(), at(9)) !== null);
    expect(written).toEqual(['sync.started', 'sync.completed', 'sync.failed', 'sync.held']);
  });

  it('is what is known of it at that time', () => {
    expect(feedEntryOf('novita', 'sync.started', aRun(), at(0))?.data).toEqual({
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
    expect(feedEntryOf('novita', 'sync.failed', ended, at(9))).toEqual({
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

  it('is nothing of another source', () => {
    expect(feedEntryOf('kubernetes', 'sync.started', aRun(), at(0))).toBeNull();
  });

  it('is nothing before there was a run', () => {
    expect(feedEntryOf('novita', 'sync.failed', NOT_STARTED, at(0))).toBeNull();
  });
});

describe('the position of an event', () => {
  it('is what its id says', () => {
    expect(eventPosition('1767225600000-12')).toEqual([1_767_225_600_000, 12]);
  });

  it.each(['', '0', '$', '5-', 'a-b', '5-0-0', '9999999999999999-0'])('is not %j', (id) => {
    expect(() => eventPosition(id)).toThrow(InvalidEventIdError);
  });
});
