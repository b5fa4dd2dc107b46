import { CHANGE_FEED_LIMIT } from '@app/instance-store';
import { type Clock, oneLine, type Timestamp } from '@app/platform';
import {
  FleetKeys,
  followStream,
  isAfter,
  type LockHold,
  LockLostError,
  listReply,
  orUnavailable,
  type RedisConnections,
  RedisScript,
  StreamClosedError,
  type StreamEntry,
} from '@app/redis';
import { Logger } from '@nestjs/common';
import { StatusReader } from '../model/stored-documents.js';
import {
  notStarted,
  type RunStatus,
  type SourceDescription,
  SYNC_EVENT_TYPES,
  type SyncEvent,
  type SyncEventType,
  type SyncHistoryEntry,
  type SyncPause,
  type SyncSnapshot,
} from '../model/sync-status.js';
import {
  BEFORE_FIRST_EVENT,
  eventPosition,
  feedEntryOf,
  KEPT_RUNS,
  type PublishOptions,
  SyncStatusStore,
  SyncStatusUnavailableError,
} from './sync-status-store.js';

const READ_STATUS = RedisScript.fromFile(new URL('./scripts/read-status.lua', import.meta.url));
const PUBLISH = RedisScript.fromFile(new URL('./scripts/publish.lua', import.meta.url));
const SET_PAUSED = RedisScript.fromFile(new URL('./scripts/set-paused.lua', import.meta.url));
const EVENTS_AFTER = RedisScript.fromFile(new URL('./scripts/events-after.lua', import.meta.url));

export interface RedisSyncStatusStoreOptions {
  /** Becomes the hash tag of every key. */
  readonly keyPrefix: string;
  /** Events that are kept, about. */
  readonly eventLimit?: number;
  /** How long a reader waits for an event before it makes sure that it still follows the right stream. */
  readonly blockMs?: number;
}

const EVENT_LIMIT = 5_000;
const BLOCK_MS = 20_000;

/** The shared status of one source in Redis. The script that publishes an event writes the entry of the change feed too. */
export class RedisSyncStatusStore extends SyncStatusStore {
  private readonly logger = new Logger('SyncStatus');
  private readonly keys: FleetKeys;
  private readonly eventLimit: number;
  private readonly blockMs: number;
  private readonly documents: StatusDocuments;

  constructor(
    private readonly source: SourceDescription,
    private readonly connections: RedisConnections,
    private readonly clock: Clock,
    options: RedisSyncStatusStoreOptions,
  ) {
    super();
    this.keys = new FleetKeys(options.keyPrefix);
    this.documents = new StatusDocuments(source.kinds);
    this.eventLimit = options.eventLimit ?? EVENT_LIMIT;
    this.blockMs = options.blockMs ?? BLOCK_MS;
  }

  override async read(): Promise<SyncSnapshot> {
    const [run, pause, eventId] = listReply(await this.script(READ_STATUS, this.standingKeys, [])).map(String);
    return { run: this.documents.run(run ?? ''), paused: this.documents.pause(pause ?? ''), eventId: eventId ?? '0-0' };
  }

  override async publish(
    type: SyncEventType,
    run: RunStatus,
    hold: LockHold,
    { history }: PublishOptions = {},
  ): Promise<void> {
    const at = this.clock.timestamp();
    const { source, lock } = this.source;
    const feedEntry = feedEntryOf(source, type, run, at);
    const written = await this.script(
      PUBLISH,
      [...this.standingKeys, this.keys.syncHistory(source)],
      [
        lock,
        hold.token,
        type,
        at,
        JSON.stringify(run),
        this.eventLimit,
        history === undefined ? '' : JSON.stringify(history),
        KEPT_RUNS,
        feedEntry === null ? '' : JSON.stringify(feedEntry.data),
        CHANGE_FEED_LIMIT,
      ],
    );
    if (written !== 1) throw new LockLostError(lock);
  }

  override async setPaused(pause: SyncPause | null): Promise<SyncPause | null> {
    const wanted = pause === null ? '' : JSON.stringify(pause);
    const held = await this.script(SET_PAUSED, this.standingKeys, [wanted, this.clock.timestamp(), this.eventLimit]);
    return this.documents.pause(String(held));
  }

  override async eventsAfter(eventId: string, limit: number): Promise<readonly SyncEvent[] | null> {
    const [ms, n] = eventPosition(eventId);
    const reply = await this.script(EVENTS_AFTER, this.standingKeys.slice(0, 2), [ms, n, Math.max(1, limit)]);
    const [isWhole, entries] = listReply(reply) as readonly [0 | 1, (readonly StreamEntry[])?];
    return isWhole === 0 ? null : this.documents.events((entries ?? []).slice(0, Math.max(0, limit)));
  }

  override watch(eventId: string, signal: AbortSignal): AsyncIterable<readonly SyncEvent[]> {
    // Throws here, and not at the first event.
    eventPosition(eventId);
    return this.follow(eventId, signal);
  }

  override async history(limit: number): Promise<readonly SyncHistoryEntry[]> {
    if (limit < 1) return [];
    const entries = await this.ask(
      this.connections.commands.lrange(this.keys.syncHistory(this.source.source), 0, limit - 1),
    );
    return this.documents.history(entries);
  }

  /**
   * When events may be lost (trimmed away, or gone with all that Redis held), one `sync.progress` carries the status as it
   * stands, and events go on from there.
   *
   * @throws SyncStatusUnavailableError when the status cannot be read, or somebody else closed the connection
   */
  private async *follow(from: string, signal: AbortSignal): AsyncGenerator<readonly SyncEvent[]> {
    const stream = {
      connect: () => this.connections.dedicated(this.connectionName, this.blockMs),
      hashTag: this.keys.hashTag,
      stream: this.keys.syncEvents(this.source.source).slice(this.keys.hashTag.length),
      limit: this.eventLimit,
      blockMs: this.blockMs,
      signal,
      onInterruption: (reason: unknown) => this.warnOfInterruption(reason),
    };
    // Events that came between the loss and the reading of the status are in it already.
    let readAt = eventPosition(BEFORE_FIRST_EVENT);
    try {
      for await (const piece of followStream(from, stream)) {
        if (piece.kind === 'entries') {
          const events = this.documents.events(piece.entries).filter(({ id }) => isAfter(eventPosition(id), readAt));
          if (events.length > 0) yield events;
        } else {
          const { run, paused, eventId } = await this.read();
          readAt = eventPosition(eventId);
          yield [{ id: eventId, type: 'sync.progress', at: this.clock.timestamp(), run, paused }];
        }
      }
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error;
      throw new SyncStatusUnavailableError('the connection that followed the sync was closed', { cause: error });
    }
  }

  private warnOfInterruption(reason: unknown): void {
    if (reason !== null) this.logger.warn(`Events of the sync cannot be read at present: ${textOf(reason)}`);
  }

  /** The keys that the scripts of the status take first. */
  private get standingKeys(): readonly string[] {
    const { source } = this.source;
    return [
      this.keys.hashTag,
      this.keys.syncEvents(source),
      this.keys.syncStatus(source),
      this.keys.syncPaused(source),
    ];
  }

  private get connectionName(): string {
    return this.source.source === 'novita' ? 'sync-status' : `sync-status-${this.source.source}`;
  }

  private script(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.ask(script.run(this.connections.commands, keys, args));
  }

  private ask<Reply>(reply: Promise<Reply>): Promise<Reply> {
    return orUnavailable(reply, (text, cause) => new SyncStatusUnavailableError(text, { cause }));
  }
}

const TYPES: ReadonlySet<string> = new Set(SYNC_EVENT_TYPES);

function textOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error), 200);
}

/** Reads the documents of the status. A document that cannot be understood is left out, with a line in the log. */
class StatusDocuments {
  private readonly logger = new Logger('SyncStatus');
  private readonly reader: StatusReader;
  private readonly none: RunStatus;

  constructor(kinds: readonly string[]) {
    this.reader = new StatusReader(kinds);
    this.none = notStarted(kinds);
  }

  /** A text that is empty or cannot be understood counts as the status before the first run. */
  run(json: string): RunStatus {
    return (json === '' ? null : this.known(this.reader.run(json), 'status')) ?? this.none;
  }

  pause(json: string): SyncPause | null {
    return json === '' ? null : this.known(this.reader.pause(json), 'pause');
  }

  /** An entry of a type that only another version of this project knows is left out. */
  events(entries: readonly StreamEntry[]): readonly SyncEvent[] {
    return entries.flatMap((entry) => this.event(entry) ?? []);
  }

  /** Those that can be understood. */
  history(jsons: readonly string[]): readonly SyncHistoryEntry[] {
    return jsons.flatMap((json) => this.known(this.reader.historyEntry(json), 'history') ?? []);
  }

  private known<Value>(value: Value | null, what: string): Value | null {
    if (value === null) this.logger.warn(`The ${what} of the sync in Redis cannot be understood and counts as none`);
    return value;
  }

  private event([id, fields]: StreamEntry): SyncEvent | null {
    const values = new Map<string, string>();
    for (let i = 0; i + 1 < fields.length; i += 2) values.set(fields[i] ?? '', fields[i + 1] ?? '');
    const type = values.get('type') ?? '';
    if (!TYPES.has(type)) return null;
    return {
      id,
      type: type as SyncEventType,
      at: values.get('at') as Timestamp,
      run: this.run(values.get('run') ?? ''),
      paused: this.pause(values.get('paused') ?? ''),
    };
  }
}
