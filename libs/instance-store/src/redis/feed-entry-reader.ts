import type { Timestamp } from '@app/platform';
import type { StreamEntry } from '@app/redis';
import { Logger } from '@nestjs/common';
import {
  CHANGE_TYPES,
  type ChangeType,
  type FeedEntry,
  type FleetNews,
  type FleetNotice,
  type InstanceChange,
  SYNC_NEWS_TYPES,
} from '../change-feed.js';
import type { InstanceRecord } from '../instance.js';
import type { InstanceId } from '../instance-id.js';
import { CorruptRecordError, parseRecord } from '../record/parse-record.js';

const CHANGES: ReadonlySet<string> = new Set(CHANGE_TYPES);
const NEWS: ReadonlySet<string> = new Set<FleetNews['type']>(['spend.warning', ...SYNC_NEWS_TYPES]);

type Fields = ReadonlyMap<string, string>;

/** Turns entries of the stream into what they tell. What cannot be read is left out, with a line in the log. */
export class FeedEntryReader {
  private readonly logger = new Logger('ChangeFeed');

  /**
   * Left out are also entries of a type that another version of this project knows.
   * @returns `unread`: whose entries were left out although they are about an instance
   */
  read(stream: readonly StreamEntry[]): { entries: FeedEntry[]; unread: InstanceId[] } {
    const entries: FeedEntry[] = [];
    const unread: InstanceId[] = [];
    for (const [entryId, list] of stream) {
      const fields = fieldsOf(list);
      const type = fields.get('type') ?? '';
      const id = fields.get('id');
      const entry = NEWS.has(type)
        ? this.notice(entryId, fields)
        : CHANGES.has(type)
          ? this.change(entryId, type as ChangeType, fields)
          : null;
      if (entry !== null) entries.push(entry);
      else if (id !== undefined) unread.push(id as InstanceId);
    }
    return { entries, unread };
  }

  private notice(entryId: string, fields: Fields): FleetNotice | null {
    try {
      const news = { type: fields.get('type'), data: JSON.parse(fields.get('data') ?? '') as unknown } as FleetNews;
      return { entryId, at: fields.get('at') as Timestamp, ...news };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.logger.error(`entry ${entryId} of the change feed is not JSON; left out`);
      return null;
    }
  }

  private change(entryId: string, type: ChangeType, fields: Fields): InstanceChange | null {
    const instanceId = (fields.get('id') ?? '') as InstanceId;
    const record = type === 'instance.removed' ? null : this.record(fields.get('doc') ?? '', instanceId);
    if (record === null && type !== 'instance.removed') return null;
    const at = fields.get('at') as Timestamp;
    return { entryId, type, at, instanceId, revision: Number(fields.get('revision')), record };
  }

  private record(doc: string, id: InstanceId): InstanceRecord | null {
    try {
      const { record, warnings } = parseRecord(doc, id);
      for (const warning of warnings) this.logger.warn(`instance ${id}: ${warning}`);
      return record;
    } catch (error) {
      if (!(error instanceof CorruptRecordError)) throw error;
      this.logger.error(`${error.message}; left out`);
      return null;
    }
  }
}

function fieldsOf(list: readonly string[]): Fields {
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < list.length; i += 2) fields.set(list[i] ?? '', list[i + 1] ?? '');
  return fields;
}
