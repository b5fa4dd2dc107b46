import { LockLostError, RedisScript } from '@app/redis';
import type { UnderLock } from '../ports/instance-records.port.js';
import { type DigestNote, ListingDigests } from '../ports/listing-digests.port.js';
import { refuseLargeBatch } from '../ports/store-errors.js';
import type { NovitaInstanceId } from '../record/identity.js';
import { storeKey } from './keys.js';
import { orStoreError, type StoreKeyspace } from './keyspace.js';

const NOTE_DIGESTS = RedisScript.fromFile(new URL('./lua/note-digests.lua', import.meta.url));
/** About so many ids come with one step of a scan. */
const SCANNED_TOGETHER = 1_000;

/** Keeps the digests in the hash `pictures`. */
export class RedisListingDigests extends ListingDigests {
  constructor(private readonly keyspace: StoreKeyspace) {
    super();
  }

  override async note(notes: readonly DigestNote[], { hold }: UnderLock): Promise<void> {
    refuseLargeBatch(notes.length);
    if (notes.length === 0) return;
    const args = notes.flatMap(({ id, revision, digest }) => [id, revision, digest]);
    const reply = (await this.keyspace.run(NOTE_DIGESTS, [hold.name, hold.token, ...args])) as 'noted' | 'lock-lost';
    if (reply === 'lock-lost') throw new LockLostError(hold.name);
  }

  override async of(novitaIds: readonly NovitaInstanceId[]): Promise<readonly (string | null)[]> {
    if (novitaIds.length === 0) return [];
    return orStoreError(
      this.keyspace.redis.hmget(this.keyspace.key(storeKey.digests), ...novitaIds.map((id) => id.toWellFormed())),
    );
  }

  override count(): Promise<number> {
    return orStoreError(this.keyspace.redis.hlen(this.keyspace.key(storeKey.digests)));
  }

  override async *scanNovitaIds(signal?: AbortSignal): AsyncGenerator<readonly NovitaInstanceId[]> {
    let cursor = '0';
    signal?.throwIfAborted();
    do {
      // The values come along although nobody needs them: only Redis 7.4 and later can leave them out.
      const [next, flat] = await orStoreError(
        this.keyspace.redis.hscan(this.keyspace.key(storeKey.digests), cursor, 'COUNT', SCANNED_TOGETHER),
      );
      cursor = next;
      const ids = flat.filter((_, place) => place % 2 === 0) as NovitaInstanceId[];
      if (ids.length > 0) yield ids;
      signal?.throwIfAborted();
    } while (cursor !== '0');
  }
}
