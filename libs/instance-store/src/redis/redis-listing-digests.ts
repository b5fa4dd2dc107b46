import { LockLostError, RedisScript } from '@app/redis';
import { refuseLargeBatch } from '../batch-limit.js';
import type { NovitaInstanceId } from '../instance-id.js';
import { storeKey } from '../keys.js';
import { ListingDigests, type PictureNote } from '../listing/listing-digests.port.js';
import type { UnderLock } from '../record/instance-records.port.js';
import type { RedisStoreContext } from './store-context.js';
import { orStoreError } from './store-error.js';

const NOTE_PICTURES = RedisScript.fromFile(new URL('./lua/note-pictures.lua', import.meta.url));
/** Provider's ids that one step of a scan brings, about. */
const SCANNED_TOGETHER = 1_000;

/** Keeps the digests in the hash `pictures`. */
export class RedisListingDigests extends ListingDigests {
  constructor(private readonly context: RedisStoreContext) {
    super();
  }

  override async note(notes: readonly PictureNote[], { hold }: UnderLock): Promise<void> {
    refuseLargeBatch(notes.length);
    if (notes.length === 0) return;
    const args = notes.flatMap(({ id, revision, picture }) => [id, revision, picture]);
    const reply = (await this.context.scripts.run(NOTE_PICTURES, [hold.name, hold.token, ...args])) as
      | 'noted'
      | 'lock-lost';
    if (reply === 'lock-lost') throw new LockLostError(hold.name);
  }

  override async of(novitaIds: readonly NovitaInstanceId[]): Promise<readonly (string | null)[]> {
    if (novitaIds.length === 0) return [];
    return orStoreError(
      this.context.redis.hmget(this.context.key(storeKey.pictures), ...novitaIds.map((id) => id.toWellFormed())),
    );
  }

  override count(): Promise<number> {
    return orStoreError(this.context.redis.hlen(this.context.key(storeKey.pictures)));
  }

  override async *scanNovitaIds(signal?: AbortSignal): AsyncGenerator<readonly NovitaInstanceId[]> {
    let cursor = '0';
    signal?.throwIfAborted();
    do {
      // Values come along whether they are wanted or not: Redis can leave them out from 7.4 on only.
      const [next, flat] = await orStoreError(
        this.context.redis.hscan(this.context.key(storeKey.pictures), cursor, 'COUNT', SCANNED_TOGETHER),
      );
      cursor = next;
      const ids = flat.filter((_, place) => place % 2 === 0) as NovitaInstanceId[];
      if (ids.length > 0) yield ids;
      signal?.throwIfAborted();
    } while (cursor !== '0');
  }
}
