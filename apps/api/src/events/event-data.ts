import type { FeedEntry } from '@app/instance-store';
import { type FleetNotice, type InstanceChange, isInstanceChange, type SyncNews } from '@app/instance-store';
import { msFromTimestamp } from '@app/platform';
import { present } from '../http/present.js';
import type { InstanceEventView, SpendWarningEventView, SyncRunEventView } from './events.dto.js';

/** An event as JSON text. @param instanceJson of its record, as the reader's role may see it */
export function eventJson(entry: FeedEntry, instanceJson: (change: InstanceChange) => string | null): string {
  if (!isInstanceChange(entry)) return JSON.stringify(noticeData(entry));
  const data = changeData(entry);
  const instance = instanceJson(entry);
  const json = JSON.stringify(data);
  return instance === null ? json : `${json.slice(0, -1)},"instance":${instance}}`;
}

function changeData({ entryId, type, at, instanceId, revision }: InstanceChange): Omit<InstanceEventView, 'instance'> {
  return { id: entryId, type, at, instanceId, revision };
}

function noticeData(notice: FleetNotice): SyncRunEventView | SpendWarningEventView {
  const { entryId: id, at } = notice;
  if (notice.type === 'spend.warning') return { id, type: notice.type, at, ...notice.data };
  return { id, type: notice.type, at, ...runData(notice.data) };
}

function runData(news: SyncNews): Omit<SyncRunEventView, 'id' | 'type' | 'at'> {
  const { runId, trigger, startedAt, endedAt } = news;
  return {
    runId,
    trigger,
    startedAt,
    ...present('endedAt', endedAt),
    ...(endedAt !== null && { durationMs: msFromTimestamp(endedAt) - msFromTimestamp(startedAt) }),
    ...present('error', news.error),
    ...present('changes', news.changes),
    ...present('held', news.held),
  };
}
