import type { Timestamp } from '@app/platform';
import type { ChangeType, FeedEntry, FleetNotice, InstanceChange, SpendWarning } from '../change-feed.js';
import type { InstanceId } from '../instance-id.js';
import type { RecordReader } from './record-reader.js';

/** An entry of the stream as Redis answers it: its id, then names and values in turn. */
export type StreamEntry = readonly [entryId: string, fields: readonly string[]];

/** @returns null for an entry whose document cannot be read, which is logged */
export function readFeedEntry([entryId, fields]: StreamEntry, reader: RecordReader): FeedEntry | null {
  const values = new Map<string, string>();
  for (let i = 0; i + 1 < fields.length; i += 2) values.set(fields[i] ?? '', fields[i + 1] ?? '');
  if (values.get('type') === 'spend.warning') return readNotice(entryId, values);
  return readChange(entryId, values, reader);
}

function readNotice(entryId: string, values: ReadonlyMap<string, string>): FleetNotice {
  const data = JSON.parse(values.get('data') ?? '') as SpendWarning;
  return { entryId, type: 'spend.warning', at: values.get('at') as Timestamp, data };
}

function readChange(entryId: string, values: ReadonlyMap<string, string>, reader: RecordReader): InstanceChange | null {
  const instanceId = (values.get('id') ?? '') as InstanceId;
  const doc = values.get('doc') ?? '';
  const type = values.get('type') as ChangeType;
  const record = type === 'instance.removed' ? null : reader.readFeedDocument(doc, instanceId);
  if (record === null && type !== 'instance.removed') return null;
  return {
    entryId,
    type,
    at: values.get('at') as Timestamp,
    instanceId,
    revision: Number(values.get('revision')),
    record,
  };
}
