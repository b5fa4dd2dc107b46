import { SYNC_NEWS_TYPES, type SyncNews, type SyncNewsType } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import type { RunStatus, SyncEventType } from './sync-status.js';

/** What the change feed is told of a run, as one of its entries. */
export interface NewsOfRun {
  readonly type: SyncNewsType;
  readonly data: SyncNews;
}

const TYPES: ReadonlySet<SyncEventType> = new Set(SYNC_NEWS_TYPES);

/**
 * What an event of the sync tells those who follow the change feed; null for one that is of interest only to who watches
 * the run itself, as its progress is.
 *
 * @param at of the event
 */
export function newsOfRun(type: SyncEventType, run: RunStatus, at: Timestamp): NewsOfRun | null {
  if (!isNews(type) || run.runId === null) return null;
  const { runId, endedAt, error, changes, held } = run;
  return {
    type,
    data: {
      runId,
      trigger: run.trigger ?? 'schedule',
      startedAt: run.startedAt ?? at,
      endedAt,
      error,
      changes: changes === null ? null : { ...changes },
      held: held === null ? null : { since: held.since, reason: held.reason, wouldRemove: held.wouldRemove },
    },
  };
}

function isNews(type: SyncEventType): type is SyncNewsType {
  return TYPES.has(type);
}
