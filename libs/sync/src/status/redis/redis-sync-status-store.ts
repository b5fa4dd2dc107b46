import { CHANGE_FEED_LIMIT } from '@app/instance-store';
import { type Clock } from '@app/platform';
import { type LockHold, LockLostError, type RedisConnections, type RedisScript, type StreamEntry } from '@app/redis';
import type { SyncResult } from '../../run/sync-report.js';
import { eventPosition } from '../event-position.js';
import { readHeldIds, readHistoryEntry, readResult } from '../read-documents.js';
import { newsOfRun } from '../sync-news.js';
import type { RunStatus, SyncEvent, SyncEventType, SyncHistoryEntry, SyncPause, SyncSnapshot } from '../sync-status.js';
import { type PublishOptions, SyncStatusStore } from '../sync-status-store.port.js';
import { EVENTS_AFTER, PUBLISH, PUT_HELD_IDS, READ_STATUS, SET_PAUSED } from './status.scripts.js';
import { StatusDocuments } from './status-documents.js';
import { statusError } from './status-error.js';
import { watchEvents } from './watch-events.js';

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

/**
 * The shared status in Redis. Keys, all in one hash tag: `sync:status`, `sync:paused`, `sync:events` (stream),
 * `sync:history` (list), `sync:held`, `sync:result:<run>` (gone after an hour). News of a run goes to the change feed in the
 * same script.
 */
export class RedisSyncStatusStore extends SyncStatusStore {
  private readonly base: string;
  private readonly eventLimit: number;
  private readonly blockMs: number;
  private readonly documents = new StatusDocuments();

  constructor(
    private readonly connections: RedisConnections,
    private readonly clock: Clock,
    options: RedisSyncStatusStoreOptions,
  ) {
    super();
    this.base = `{${options.keyPrefix}}`;
    this.eventLimit = options.eventLimit ?? EVENT_LIMIT;
    this.blockMs = options.blockMs ?? BLOCK_MS;
  }

  override async read(): Promise<SyncSnapshot> {
    const [run, pause, eventId] = (await this.script(READ_STATUS, [])) as [string, string, string];
    return { run: this.documents.run(run), paused: this.documents.pause(pause), eventId };
  }

  override async publish(
    type: SyncEventType,
    run: RunStatus,
    hold: LockHold,
    { history }: PublishOptions = {},
  ): Promise<void> {
    const at = this.clock.timestamp();
    const news = newsOfRun(type, run, at);
    const written = await this.script(PUBLISH, [
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
    ]);
    if (written !== 1) throw new LockLostError(hold.name);
  }

  override async setPaused(pause: SyncPause | null): Promise<SyncPause | null> {
    const wanted = pause === null ? '' : JSON.stringify(pause);
    const held = await this.script(SET_PAUSED, [wanted, this.clock.timestamp(), this.eventLimit]);
    return this.documents.pause(held as string);
  }

  override async eventsAfter(eventId: string, limit: number): Promise<readonly SyncEvent[] | null> {
    const [ms, n] = eventPosition(eventId);
    const reply = await this.script(EVENTS_AFTER, [ms, n, Math.max(1, limit)]);
    const [isWhole, entries] = reply as [0 | 1, (readonly StreamEntry[])?];
    return isWhole === 0 ? null : this.documents.events((entries ?? []).slice(0, Math.max(0, limit)));
  }

  override watch(eventId: string, signal: AbortSignal): AsyncIterable<readonly SyncEvent[]> {
    eventPosition(eventId);
    return watchEvents(eventId, {
      connect: () => this.connections.dedicated('sync-status', this.blockMs),
      base: this.base,
      eventLimit: this.eventLimit,
      blockMs: this.blockMs,
      documents: this.documents,
      standing: async () => ({ ...(await this.read()), at: this.clock.timestamp() }),
      signal,
    });
  }

  override async history(limit: number): Promise<readonly SyncHistoryEntry[]> {
    if (limit < 1) return [];
    const entries = await this.ask(this.connections.commands.lrange(this.key('history'), 0, limit - 1));
    return this.documents.all(entries, readHistoryEntry, 'history');
  }

  override async putResult(runId: string, result: SyncResult): Promise<void> {
    const key = this.key(`result:${runId}`);
    await this.ask(this.connections.commands.set(key, JSON.stringify(result), 'PX', RESULT_TTL_MS));
  }

  override async result(runId: string): Promise<SyncResult | null> {
    const json = await this.ask(this.connections.commands.get(this.key(`result:${runId}`)));
    return json === null ? null : this.documents.known(json, readResult, 'result');
  }

  override async putHeldIds(ids: readonly string[] | null, hold: LockHold): Promise<void> {
    const json = ids === null ? '' : JSON.stringify(ids);
    if ((await this.script(PUT_HELD_IDS, [hold.name, hold.token, json])) !== 1) throw new LockLostError(hold.name);
  }

  override async heldIds(): Promise<readonly string[] | null> {
    const json = await this.ask(this.connections.commands.get(this.key('held')));
    return json === null ? null : this.documents.known(json, readHeldIds, 'held listing');
  }

  private key(name: string): string {
    return `${this.base}:sync:${name}`;
  }

  private script(script: RedisScript, args: readonly (string | number)[]): Promise<unknown> {
    return this.ask(script.run(this.connections.commands, [this.base], args));
  }

  private async ask<Reply>(reply: Promise<Reply>): Promise<Reply> {
    try {
      return await reply;
    } catch (error) {
      throw statusError(error);
    }
  }
}
