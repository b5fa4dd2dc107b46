import { LockLostError } from '@app/redis';
import type { Redis } from 'ioredis';
import { refuseLargeBatch } from '../batch-limit.js';
import type { NovitaInstanceId } from '../instance-id.js';
import type { PictureNote, UnderLock } from '../instance-store.port.js';
import { lockArguments } from './lock-arguments.js';
import type { ScriptRunner } from './redis-script.js';
import { NOTE_PICTURES } from './scripts/note-pictures.lua.js';
import { orStoreError } from './store-error.js';

/** Fields that one step of a scan looks at, about; a hash of few fields is answered whole. */
const SCAN_COUNT = 1_000;

/** The hash of pictures by provider's id. It has a field for every live record that has such an id; empty if unknown. */
export class PictureTable {
  private readonly key: string;

  constructor(
    private readonly redis: Redis,
    private readonly scripts: ScriptRunner,
    hashTag: string,
  ) {
    this.key = `${hashTag}:pictures`;
  }

  /** @throws LockLostError, RangeError, StoreUnavailableError */
  async note(notes: readonly PictureNote[], under: UnderLock): Promise<void> {
    refuseLargeBatch(notes.length);
    if (notes.length === 0) return;
    const args: (string | number)[] = lockArguments(under);
    for (const { id, revision, picture } of notes) args.push(id, revision, picture);
    const reply = await this.scripts.run(NOTE_PICTURES, args);
    if (reply === 'lock-lost') throw new LockLostError(under.hold.name);
  }

  async of(novitaIds: readonly NovitaInstanceId[]): Promise<readonly (string | null)[]> {
    return novitaIds.length === 0 ? [] : orStoreError(this.redis.hmget(this.key, ...novitaIds));
  }

  count(): Promise<number> {
    return orStoreError(this.redis.hlen(this.key));
  }

  async *novitaIds(signal?: AbortSignal): AsyncGenerator<readonly NovitaInstanceId[], void, undefined> {
    let cursor = '0';
    signal?.throwIfAborted();
    do {
      // Values come along whether they are wanted or not: Redis can leave them out from 7.4 on only.
      const [next, fields] = await orStoreError(this.redis.hscan(this.key, cursor, 'COUNT', SCAN_COUNT));
      cursor = next;
      const ids = fields.filter((_, i) => i % 2 === 0) as NovitaInstanceId[];
      if (ids.length > 0) yield ids;
      signal?.throwIfAborted();
    } while (cursor !== '0');
  }
}
