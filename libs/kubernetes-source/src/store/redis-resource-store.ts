import { type Clock, oneLine, parseJson } from '@app/platform';
import {
  FleetKeys,
  followStream,
  LockLostError,
  listReply,
  orUnavailable,
  type RedisConnections,
  RedisScript,
  redisTrouble,
  StreamClosedError,
  type StreamEntry,
  streamPosition,
} from '@app/redis';
import { Logger } from '@nestjs/common';
import type { KubernetesKind } from '../model/kinds.js';
import type { ResourceEvent, ResourceKey } from '../model/resource.js';
import { decodeCluster, decodeEntry, decodeFreshness, decodeStored, encodeResource } from './resource-codec.js';
import {
  type ClusterIdentity,
  type FeedPiece,
  type FreshnessByKind,
  KUBERNETES_LOCK,
  kindNamed,
  type MirrorHold,
  RESOURCE_FEED_LIMIT,
  type ResourceBatch,
  ResourceStore,
  ResourceStoreUnavailableError,
  type StoredResource,
  type StoredVersion,
  type StoreHead,
  WritesLostError,
  type Written,
  type WrittenBatch,
} from './resource-store.js';

const script = (name: string): RedisScript => RedisScript.fromFile(new URL(`./lua/${name}.lua`, import.meta.url));
const WRITE = script('write');
const RELOADED = script('reloaded');
const PUBLISH = script('publish');
const ADOPT = script('adopt');
const READ_HEAD = script('read-head');
const READ_VERSIONS = script('read-versions');
const EVENTS_AFTER = script('events-after');

const BLOCK_MS = 15_000;
/** Of a few kilobytes each. */
const LOAD_PAGE = 500;
const VERSIONS_PAGE = 2_000;
const EVENTS_PAGE = 200;

export interface RedisResourceStoreOptions {
  /** Becomes the hash tag of every key. */
  readonly keyPrefix: string;
  readonly feedLimit?: number;
  /** How long a reader waits for an entry before it makes sure that it still follows the right stream. */
  readonly blockMs?: number;
}

/** The mirror in Redis: a hash for each kind, and a stream. */
export class RedisResourceStore extends ResourceStore {
  private readonly logger = new Logger('Kubernetes');
  private readonly keys: FleetKeys;
  private readonly feedLimit: number;
  private readonly blockMs: number;

  constructor(
    private readonly connections: RedisConnections,
    private readonly clock: Clock,
    { keyPrefix, feedLimit = RESOURCE_FEED_LIMIT, blockMs = BLOCK_MS }: RedisResourceStoreOptions,
  ) {
    super();
    this.keys = new FleetKeys(keyPrefix);
    this.feedLimit = feedLimit;
    this.blockMs = blockMs;
  }

  override async *versions(kind: KubernetesKind): AsyncIterable<readonly StoredVersion[]> {
    let cursor = '0';
    do {
      const [next, ...found] = listReply(await this.run(READ_VERSIONS, [kind, cursor, VERSIONS_PAGE])).map(String);
      cursor = next ?? '0';
      yield pairs(found, (key, version) => ({ key: key as ResourceKey, version }));
    } while (cursor !== '0');
  }

  override async write(hold: MirrorHold, { kind, operations, isSilent }: ResourceBatch): Promise<WrittenBatch> {
    const args: (string | number)[] = [kind, this.clock.timestamp()];
    args.push(this.feedLimit, isSilent ? 1 : 0);
    for (const operation of operations) {
      if (operation.type === 'remove') args.push(operation.key, '');
      else args.push(operation.resource.key, encodeResource(operation.resource));
    }
    const [number = 0, added = 0, modified = 0, removed = 0] = listReply(await this.prove(hold, WRITE, args)).map(
      Number,
    );
    return { number, counts: { added, modified, removed } };
  }

  override async reloaded(hold: MirrorHold, kind: KubernetesKind): Promise<Written> {
    return { number: Number(await this.prove(hold, RELOADED, [kind, this.feedLimit])) };
  }

  override async publish(hold: MirrorHold, freshness: FreshnessByKind): Promise<Written> {
    const each = Object.entries(freshness).flatMap(([kind, value]) => [kind, JSON.stringify(value)]);
    const args = [this.feedLimit, JSON.stringify(freshness), ...each];
    return { number: Number(await this.prove(hold, PUBLISH, args)) };
  }

  override async adopt(hold: MirrorHold, cluster: ClusterIdentity): Promise<Written> {
    return { number: Number(await this.prove(hold, ADOPT, [JSON.stringify(cluster)])) };
  }

  override async head(): Promise<StoreHead> {
    const head = listReply(await this.run(READ_HEAD, [KUBERNETES_LOCK]));
    const [position, isHeld, reloads, freshness, cluster, latestWrite] = head;
    const texts = pairs(listReply(freshness).map(String), (kind, json) => [kind, parseJson(json)] as const);
    return {
      position: String(position),
      isFollowed: isHeld === 1,
      reloading: listReply(reloads).flatMap((name) => kindNamed(String(name)) ?? []),
      freshness: decodeFreshness(Object.fromEntries(texts)),
      cluster: decodeCluster(String(cluster)),
      latestWrite: Number(latestWrite),
    };
  }

  override async *load(kind: KubernetesKind): AsyncIterable<readonly StoredResource[]> {
    const hash = this.keys.kubernetesResources(kind);
    let cursor = '0';
    do {
      const [next, found] = await ask(this.connections.commands.hscan(hash, cursor, 'COUNT', LOAD_PAGE));
      cursor = next;
      const read = pairs(found, (key, text) => ({ key, stored: decodeStored(kind, key as ResourceKey, text) }));
      const damaged = read.filter(({ stored }) => stored === null);
      if (damaged.length > 0) {
        this.logger.warn(
          `${damaged.length} stored objects of the kind ${kind} are damaged, such as ${damaged[0]?.key}`,
        );
      }
      yield read.flatMap(({ stored }) => stored ?? []);
    } while (cursor !== '0');
  }

  override async *watch(
    position: string,
    signal: AbortSignal,
    onInterruption: (reason: string | null) => void,
  ): AsyncIterable<FeedPiece> {
    const pieces = followStream(position, {
      connect: () => this.connections.dedicated('kubernetes-feed', this.blockMs),
      hashTag: this.keys.hashTag,
      stream: ':kubernetes:feed',
      limit: this.feedLimit,
      blockMs: this.blockMs,
      signal,
      onInterruption: (reason) => onInterruption(reason === null ? null : interruptionText(reason)),
    });
    try {
      for await (const piece of pieces) {
        if (piece.kind === 'lost') yield { type: 'lost', position: piece.position };
        else {
          const entries = piece.entries.flatMap((entry) => decodeEntry(entry) ?? []);
          yield { type: 'entries', entries, position: piece.entries.at(-1)?.[0] ?? position };
        }
      }
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error;
      throw new ResourceStoreUnavailableError('the connection that followed the resources was closed', {
        cause: error,
      });
    }
  }

  override async eventsAfter(id: string, limit: number): Promise<readonly ResourceEvent[] | null> {
    if (streamPosition(id) === null) return null;
    const events: ResourceEvent[] = [];
    for (let position = id; events.length < limit; ) {
      const reply = await this.run(EVENTS_AFTER, [position, EVENTS_PAGE, this.feedLimit]);
      if (reply === null) return null;
      const page = listReply(reply) as readonly StreamEntry[];
      for (const entry of page.flatMap((raw) => decodeEntry(raw) ?? [])) {
        if (entry.type === 'reloaded') return null;
        if (entry.type === 'freshness' || events.length === limit) continue;
        const { type, at, resource } = entry.event;
        if (resource !== null) events.push({ id: entry.entryId, type, at, resource });
      }
      const last = page.at(-1)?.[0];
      if (last === undefined || page.length < EVENTS_PAGE) break;
      position = last;
    }
    return events;
  }

  /** @returns what a script answers that writes */
  private async prove(hold: MirrorHold, what: RedisScript, args: readonly (string | number)[]): Promise<unknown> {
    const reply = await this.run(what, [hold.name, hold.token, hold.latestWrite, ...args]);
    if (reply === 'lost') throw new LockLostError(hold.name);
    if (reply === 'rolled-back') throw new WritesLostError();
    return reply;
  }

  private run(what: RedisScript, args: readonly (string | number)[]): Promise<unknown> {
    return ask(what.run(this.connections.commands, [this.keys.hashTag], args));
  }
}

function ask<Reply>(reply: Promise<Reply>): Promise<Reply> {
  return orUnavailable(reply, (text, cause) => new ResourceStoreUnavailableError(text, { cause }));
}

function interruptionText(reason: unknown): string {
  const trouble = redisTrouble(reason);
  if (trouble !== null) return `Redis ${trouble.text}`;
  return oneLine(reason instanceof Error ? reason.message : String(reason), 200);
}

function pairs<Value>(list: readonly string[], make: (name: string, value: string) => Value): Value[] {
  const made: Value[] = [];
  for (let i = 0; i + 1 < list.length; i += 2) made.push(make(list[i] ?? '', list[i + 1] ?? ''));
  return made;
}
