import { type Clock, parseCarrier, type Timestamp } from '@app/platform';
import {
  followStream,
  type RedisConnections,
  RedisScript,
  type ReportUnreadable,
  StreamClosedError,
  type StreamEntry,
} from '@app/redis';
import { Logger } from '@nestjs/common';
import {
  BEFORE_FIRST_ENTRY,
  CHANGE_FEED_LIMIT,
  CHANGE_TYPES,
  ChangeFeed,
  type ChangeType,
  type FeedEntry,
  type FeedFilter,
  type FeedPage,
  type FeedPiece,
  FLEET_EVENT_TYPES,
  type FleetEvent,
  FleetEvents,
  feedPosition,
  type InstanceChange,
  type NewFleetEvent,
  type OldestEntry,
} from '../ports/change-feed.port.js';
import { StoreUnavailableError } from '../ports/store-errors.js';
import type { InstanceId } from '../record/identity.js';
import type { InstanceRecord } from '../record/instance.js';
import { CorruptRecordError, NewerRecordError, parseRecord } from '../record/parse-record.js';
import { hashTagOf } from './keys.js';
import { orStoreError, StoreKeyspace } from './keyspace.js';

const READ_FEED = RedisScript.fromFile(new URL('./lua/read-feed.lua', import.meta.url));
const EMIT_ONCE = RedisScript.fromFile(new URL('./lua/emit-once.lua', import.meta.url));

const BLOCK_MS = 15_000;
const CHANGES: ReadonlySet<string> = new Set(CHANGE_TYPES);
const FLEET_EVENTS: ReadonlySet<string> = new Set(FLEET_EVENT_TYPES);

type Fields = ReadonlyMap<string, string>;

export interface RedisChangeFeedOptions {
  /** Becomes the hash tag of every key. */
  readonly keyPrefix: string;
  /** That of the store that writes the feed. */
  readonly feedLimit?: number;
  /** How long a reader waits for an entry before it makes sure that it still follows the right stream. */
  readonly blockMs?: number;
  /** Gets each entry that is left out because it is damaged. */
  readonly onUnreadable?: ReportUnreadable;
}

/** The change feed in Redis: the stream `changes`, which the scripts of the writers append to. */
export class RedisChangeFeed extends ChangeFeed {
  private readonly limit: number;
  private readonly keyPrefix: string;
  private readonly blockMs: number;
  private readonly entries: FeedEntryReader;

  constructor(
    private readonly connections: RedisConnections,
    { keyPrefix, feedLimit = CHANGE_FEED_LIMIT, blockMs = BLOCK_MS, onUnreadable }: RedisChangeFeedOptions,
  ) {
    super();
    this.keyPrefix = keyPrefix;
    this.limit = feedLimit;
    this.blockMs = blockMs;
    this.entries = new FeedEntryReader(onUnreadable);
  }

  override async after(entryId: string, limit: number): Promise<readonly FeedEntry[] | null> {
    const found: FeedEntry[] = [];
    // Reads again only where entries had to be left out: so an answer with fewer entries than were asked for is the
    // last.
    for (let position = feedPosition(entryId); ; ) {
      const wanted = Math.max(0, limit) - found.length;
      const read = await this.read(position, Math.max(1, wanted));
      if (read === null) return null;
      found.push(...this.entries.read(read.slice(0, wanted)).entries);
      const last = read.at(-1);
      if (last === undefined || read.length < wanted || found.length >= limit) return found;
      [position] = last;
    }
  }

  override async before(entryId: string | null, limit: number, wants: FeedFilter = () => true): Promise<FeedPage> {
    const { redis, hashTag } = this.keyspace();
    const from = entryId === null ? '+' : `(${feedPosition(entryId)}`;
    const read = await orStoreError(redis.xrevrange(`${hashTag}:changes`, from, '-', 'COUNT', limit));
    const wanted = read.filter(([, list]) => {
      const fields = fieldsOf(list);
      return wants((fields.get('type') ?? '') as FeedEntry['type'], (fields.get('id') ?? null) as InstanceId | null);
    });
    return {
      entries: this.entries.read(wanted).entries,
      latest: read[0]?.[0] ?? null,
      next: read.length < limit ? null : (read.at(-1)?.[0] ?? null),
    };
  }

  override async latestId(): Promise<string> {
    const { redis, hashTag } = this.keyspace();
    const [latest] = await orStoreError(redis.xrevrange(`${hashTag}:changes`, '+', '-', 'COUNT', 1));
    return latest?.[0] ?? BEFORE_FIRST_ENTRY;
  }

  override async oldest(): Promise<OldestEntry | null> {
    const { redis, hashTag } = this.keyspace();
    const read = await orStoreError(redis.xrange(`${hashTag}:changes`, '-', '+', 'COUNT', 1));
    const [position] = read[0] ?? [];
    return position === undefined ? null : { position, entries: this.entries.read(read).entries };
  }

  override watch(
    entryId: string,
    signal: AbortSignal,
    onInterruption: (isInterrupted: boolean) => void,
  ): AsyncIterable<FeedPiece> {
    return this.follow(feedPosition(entryId), signal, onInterruption);
  }

  private async *follow(
    from: string,
    signal: AbortSignal,
    onInterruption: (isInterrupted: boolean) => void,
  ): AsyncGenerator<FeedPiece> {
    const pieces = followStream(from, {
      connect: () => this.connections.dedicated('change-feed', this.blockMs),
      hashTag: hashTagOf(this.keyPrefix),
      stream: ':changes',
      limit: this.limit,
      blockMs: this.blockMs,
      signal,
      onInterruption: (reason) => onInterruption(reason !== null),
    });
    try {
      for await (const piece of pieces) {
        if (piece.kind === 'lost') {
          yield piece;
          continue;
        }
        const [position] = piece.entries.at(-1) ?? [];
        if (position !== undefined) yield { kind: 'entries', position, ...this.entries.read(piece.entries) };
      }
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error;
      throw new StoreUnavailableError('the connection that followed the change feed was closed', { cause: error });
    }
  }

  /** @returns null when entries may be missing */
  private async read(position: string, count: number): Promise<readonly StreamEntry[] | null> {
    const [entries] = (await this.keyspace().run(READ_FEED, [position, count, this.limit])) as [StreamEntry[]?];
    return entries ?? null;
  }

  private keyspace(): StoreKeyspace {
    return new StoreKeyspace(this.connections.commands, this.keyPrefix, this.limit);
  }
}

/** Appends to the stream `changes`. */
export class RedisFleetEvents extends FleetEvents {
  constructor(
    private readonly keyspace: StoreKeyspace,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async emitOnce(key: string, { type, data }: NewFleetEvent): Promise<boolean> {
    const args = [key, this.keyspace.feedLimit, type, this.clock.timestamp(), JSON.stringify(data)];
    return (await this.keyspace.run(EMIT_ONCE, args)) === 1;
  }
}

/** Parses entries of the stream. Leaves out what it cannot read, with a line in the log. */
class FeedEntryReader {
  private readonly logger = new Logger('ChangeFeed');

  constructor(private readonly report: ReportUnreadable = () => undefined) {}

  /**
   * Entries of a type that only another version of this project knows are left out too.
   * @returns `unread`: the instances whose entries were left out
   */
  read(stream: readonly StreamEntry[]): { entries: FeedEntry[]; unread: InstanceId[] } {
    const entries: FeedEntry[] = [];
    const unread: InstanceId[] = [];
    for (const [entryId, list] of stream) {
      const fields = fieldsOf(list);
      const type = fields.get('type') ?? '';
      const id = fields.get('id');
      const entry = FLEET_EVENTS.has(type)
        ? this.fleetEvent(entryId, fields)
        : CHANGES.has(type)
          ? this.change(entryId, type as ChangeType, fields)
          : this.unknown(entryId, type, fields);
      if (entry !== null) entries.push(entry);
      else if (id !== undefined) unread.push(id as InstanceId);
    }
    return { entries, unread };
  }

  /** A later release may write thousands of a type that is new: they are one thing that was set aside. */
  private unknown(entryId: string, type: string, fields: Fields): null {
    const [where, reason] =
      type === ''
        ? [entryId, 'it has no type']
        : [`entries of the type ${type}`, 'this release does not know the type'];
    this.report({ kind: 'feed-entry', where, reason, text: textOf(fields) });
    return null;
  }

  private fleetEvent(entryId: string, fields: Fields): FleetEvent | null {
    try {
      const event = {
        type: fields.get('type'),
        data: JSON.parse(fields.get('data') ?? '') as unknown,
      } as NewFleetEvent;
      return { entryId, at: fields.get('at') as Timestamp, ...event };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.logger.error(`entry ${entryId} of the change feed is not JSON; left out`);
      this.report({ kind: 'feed-entry', where: entryId, reason: 'its data is not JSON', text: textOf(fields) });
      return null;
    }
  }

  private change(entryId: string, type: ChangeType, fields: Fields): InstanceChange | null {
    const instanceId = (fields.get('id') ?? '') as InstanceId;
    const record = type === 'instance.removed' ? null : this.record(entryId, fields, instanceId);
    if (record === null && type !== 'instance.removed') return null;
    const at = fields.get('at') as Timestamp;
    const trace = parseCarrier(fields.get('trace'));
    const change = { entryId, type, at, instanceId, revision: Number(fields.get('revision')), record };
    return trace === null ? change : { ...change, trace };
  }

  private record(entryId: string, fields: Fields, id: InstanceId): InstanceRecord | null {
    try {
      const { record, warnings } = parseRecord(fields.get('doc') ?? '', id);
      for (const warning of warnings) this.logger.warn(`instance ${id}: ${warning}`);
      return record;
    } catch (error) {
      if (!(error instanceof CorruptRecordError)) throw error;
      this.logger.error(`${error.message}; left out`);
      // The record itself is read in its place, and set aside if it is of a later release too.
      if (!(error instanceof NewerRecordError)) {
        const reason = `the record of ${id} in it: ${error.reason}`;
        this.report({ kind: 'feed-entry', where: entryId, reason, text: textOf(fields) });
      }
      return null;
    }
  }
}

function fieldsOf(list: readonly string[]): Fields {
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < list.length; i += 2) fields.set(list[i] ?? '', list[i + 1] ?? '');
  return fields;
}

/** What is JSON in an entry stands in it as it is, so that the names within can be seen. */
function textOf(fields: Fields): string {
  const members = [...fields].map(([name, value]) => {
    const isJson = name === 'doc' || name === 'data';
    return `${JSON.stringify(name)}:${isJson ? value : JSON.stringify(value)}`;
  });
  return `{${members.join(',')}}`;
}
