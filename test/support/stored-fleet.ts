import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox, SandboxInstance } from '@app/sandbox';
import type { Redis } from 'ioredis';
import { ROOT } from './built-process.js';

const DAY_MS = 24 * 60 * 60_000;
const TIMESTAMP = /\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;
/** Milliseconds since 1970, perhaps filled up with zeros, as in the names of jobs and the members of indexes. */
const MILLISECONDS = /(?<!\d)(0*)(1[78]\d{11})(?!\d)/g;
/** BullMQ orders what is delayed by so many times the milliseconds. */
const DELAYED_FACTOR = 4_096;
const OF_DAY = /^(.*:spend:day:)(\d{5})$/;
const OF_MONTH = /^(.*:spend:month:)(\d{5})$/;
/** Their fields are days. */
const BY_DAY = /:(?:spend|saved):total$/;

/** One key as it was found, by its type. */
type StoredKey = { readonly key: string; readonly ttlMs?: number } & (
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'hash'; readonly value: Readonly<Record<string, string>> }
  | { readonly type: 'list' | 'set'; readonly value: readonly string[] }
  | { readonly type: 'zset'; readonly value: readonly (readonly [member: string, score: string])[] }
  | { readonly type: 'stream'; readonly value: readonly (readonly [id: string, fields: readonly string[]])[] }
);

/** What a release showed of an instance before it ended, as its API answered. */
export interface ShownInstance {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly desired: string;
  readonly [member: string]: unknown;
}

interface FleetFile {
  /** By which release, and how. */
  readonly about: string;
  readonly takenAt: string;
  readonly keys: readonly StoredKey[];
  /** What was at Novita, the newest first. */
  readonly novita: readonly SandboxInstance[];
  readonly shown: readonly ShownInstance[];
  /** Micro-USD by instance on the day on which it was taken. */
  readonly spentToday: Readonly<Record<string, number>>;
}

/**
 * All that an earlier release left in Redis and at Novita when its processes were killed, with its times moved so far that this
 * has just happened: a lease that was in force is in force, and what was spent today was spent today.
 */
export class StoredFleet {
  private constructor(
    private readonly file: FleetFile,
    private readonly movedByMs: number,
  ) {}

  /** @param name of a file in test/fixtures */
  static async read(name: string): Promise<StoredFleet> {
    const file = JSON.parse(await readFile(join(ROOT, 'test', 'fixtures', name), 'utf8')) as FleetFile;
    return new StoredFleet(file, Date.now() - Date.parse(file.takenAt));
  }

  /** The keys that the file has. */
  get keys(): readonly string[] {
    return this.file.keys.map(({ key }) => this.movedKey(key));
  }

  /** What the release showed of its instances. */
  get shown(): ReadonlyMap<string, ShownInstance> {
    const moved = JSON.parse(this.moved(JSON.stringify(this.file.shown))) as readonly ShownInstance[];
    return new Map(moved.map((instance) => [instance.name, instance]));
  }

  /** USD. */
  get spentToday(): ReadonlyMap<string, number> {
    return new Map(Object.entries(this.file.spentToday).map(([id, micro]) => [id, micro / 1_000_000]));
  }

  putInto(sandbox: Sandbox): void {
    const at = (ms: number): number => (ms === 0 ? 0 : ms + this.movedByMs);
    for (const instance of this.file.novita.toReversed()) {
      const { createdAt, lastStartedAt, lastStoppedAt, endsAt } = instance;
      sandbox.world.restore({
        ...instance,
        createdAt: at(createdAt),
        lastStartedAt: at(lastStartedAt),
        lastStoppedAt: at(lastStoppedAt),
        endsAt: at(endsAt),
      });
    }
  }

  async load(redis: Redis): Promise<void> {
    const commands = redis.pipeline();
    for (const stored of this.file.keys) {
      const key = this.movedKey(stored.key);
      switch (stored.type) {
        case 'string':
          commands.set(key, this.moved(stored.value));
          break;
        case 'hash':
          for (const [field, value] of Object.entries(stored.value)) {
            commands.hset(key, BY_DAY.test(key) ? this.movedDay(field) : this.moved(field), this.moved(value));
          }
          break;
        case 'list':
          commands.rpush(key, ...stored.value.map((value) => this.moved(value)));
          break;
        case 'set':
          commands.sadd(key, ...stored.value.map((value) => this.moved(value)));
          break;
        case 'zset':
          for (const [member, score] of stored.value)
            commands.zadd(key, this.movedScore(key, score), this.moved(member));
          break;
        case 'stream':
          for (const [id, fields] of stored.value) {
            commands.xadd(key, this.moved(id), ...fields.map((value) => this.moved(value)));
          }
          break;
      }
      if (stored.ttlMs !== undefined) commands.pexpire(key, stored.ttlMs);
    }
    for (const [error] of (await commands.exec()) ?? []) if (error !== null) throw error;
  }

  private moved(text: string): string {
    return text
      .replaceAll(TIMESTAMP, (at) => new Date(Date.parse(at) + this.movedByMs).toISOString())
      .replaceAll(MILLISECONDS, (_number, zeros: string, ms: string) => zeros + String(Number(ms) + this.movedByMs));
  }

  private movedScore(key: string, score: string): string {
    return key.endsWith(':delayed') ? String(Number(score) + this.movedByMs * DELAYED_FACTOR) : this.moved(score);
  }

  private movedDay(day: string): string {
    const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);
    return String(Number(day) + dayOf(Date.now()) - dayOf(Date.parse(this.file.takenAt)));
  }

  /** What is kept by day or month stands under the present one. */
  private movedKey(key: string): string {
    const [then, now] = [new Date(this.file.takenAt), new Date()];
    const months = 12 * (now.getUTCFullYear() - then.getUTCFullYear()) + now.getUTCMonth() - then.getUTCMonth();
    return this.moved(key)
      .replace(OF_MONTH, (_key, name: string, month: string) => name + String(Number(month) + months))
      .replace(OF_DAY, (_key, name: string, day: string) => name + this.movedDay(day));
  }
}
