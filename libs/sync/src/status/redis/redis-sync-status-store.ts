import { CHANGE_FEED_LIMIT } from '@app/instance-store';
import { type Clock } from '@app/platform';
import {
  FleetKeys,
  type LockHold,
  LockLostError,
  listReply,
  orUnavailable,
  type RedisConnections,
  RedisScript,
  type StreamEntry,
} from '@app/redis';
import type { SyncResult } from '../../run/sync-report.js';
import { eventPosition } from '../event-position.js';
import { readHeldIds, readHistoryEntry, readResult } from '../read-documents.js';
import { newsOfRun } from '../sync-news.js';
import type { RunStatus, SyncEvent, SyncEventType, SyncHistoryEntry, SyncPause, SyncSnapshot } from '../sync-status.js';
import { type PublishOptions, SyncStatusStore, SyncStatusUnavailableError } from '../sync-status-store.port.js';
import { StatusDocuments } from './status-documents.js';
import { watchEvents } from './watch-events.js';

const READ_STATUS = RedisScript.fromFile(new URL('./scripts/read-status.lua', import.meta.url));
const PUBLISH = RedisScript.fromFile(new URL('./scripts/publish.lua', import.meta.url));
const SET_PAUSED = RedisScript.fromFile(new URL('./scripts/set-paused.lua', import.meta.url));
const EVENTS_AFTER = RedisScript.fromFile(new URL('./scripts/events-after.lua', import.meta.url));
const PUT_HELD_IDS = RedisScript.fromFile(new URL('./scripts/put-held-ids.lua', import.meta.url));

export interface RedisSyncStatusStoreOptions {
  /** Becomes the hash tag of every key. */
  readonly keyPrefix: string;
  /** Events that are kept, about. */
  readonly eventLimit?: number;
  /** How long a reader waits for an event before it makes sure that it still follows the right stream. */
  readonly blockMs?: number;
}

const EVENT_LIMIT = 5_000;
const HISTORY_LIMIT = 100;
const RESULT_TTL_MS = 3_600_000;
const BLOCK_MS = 20_000;

/** The shared status in Redis. News of a run goes to the change feed in the same script. */
export class RedisSyncStatusStore extends SyncStatusStore {
  private readonly keys: FleetKeys;
  private readonly eventLimit: number;
  private readonly blockMs: number;
  private readonly documents = new StatusDocuments();

  constructor(
    private readonly connections: RedisConnections,
    private readonly clock: Clock,
    options: RedisSyncStatusStoreOptions,
  ) {
    super();
    this.keys = new FleetKeys(options.keyPrefix);
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
    const news = newsOfRun(type, run, at);
    const written = await this.script(
      PUBLISH,
      [...this.standingKeys, this.keys.syncHistory],
      [
        hold.name,
        hold.token,
        type,
        at,
        JSON.stringify(run),
        this.eventLimit,
        history === undefined ? '' : JSON.stringify(history),
        HISTORY_LIMIT,
        news === null ? '' : JSON.stringify(news.data),
        CHANGE_FEED_LIMIT,
      ],
    );
    if (written !== 1) throw new LockLostError(hold.name);
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
    eventPosition(eventId);
    return watchEvents(eventId, {
      connect: () => this.connections.dedicated('sync-status', this.blockMs),
      hashTag: this.keys.hashTag,
      eventLimit: this.eventLimit,
      blockMs: this.blockMs,
      documents: this.documents,
      standing: async () => ({ ...(await this.read()), at: this.clock.timestamp() }),
      signal,
    });
  }

  override async history(limit: number): Promise<readonly SyncHistoryEntry[]> {
    if (limit < 1) return [];
    const entries = await this.ask(this.connections.commands.lrange(this.keys.syncHistory, 0, limit - 1));
    return this.documents.all(entries, readHistoryEntry, 'history');
  }

  override async putResult(runId: string, result: SyncResult): Promise<void> {
    const key = this.keys.syncResult(runId);
    await this.ask(this.connections.commands.set(key, JSON.stringify(result), 'PX', RESULT_TTL_MS));
  }

  override async result(runId: string): Promise<SyncResult | null> {
    const json = await this.ask(this.connections.commands.get(this.keys.syncResult(runId)));
    return json === null ? null : this.documents.known(json, readResult, 'result');
  }

  override async putHeldIds(ids: readonly string[] | null, hold: LockHold): Promise<void> {
    const json = ids === null ? '' : JSON.stringify(ids);
    const keys = [this.keys.hashTag, this.keys.syncHeld];
    const written = await this.script(PUT_HELD_IDS, keys, [hold.name, hold.token, json]);
    if (written !== 1) throw new LockLostError(hold.name);
  }

  override async heldIds(): Promise<readonly string[] | null> {
    const json = await this.ask(this.connections.commands.get(this.keys.syncHeld));
    return json === null ? null : this.documents.known(json, readHeldIds, 'held listing');
  }

  /** What the scripts of the status take first. */
  private get standingKeys(): readonly string[] {
    return [this.keys.hashTag, this.keys.syncEvents, this.keys.syncStatus, this.keys.syncPaused];
  }

  private script(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.ask(script.run(this.connections.commands, keys, args));
  }

  private ask<Reply>(reply: Promise<Reply>): Promise<Reply> {
    return orUnavailable(reply, (text, cause) => new SyncStatusUnavailableError(text, { cause }));
  }
}
