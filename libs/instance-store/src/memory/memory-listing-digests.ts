import { idOfDigest } from '../plan/prepared-record.js';
import type { UnderLock } from '../ports/instance-records.port.js';
import { type DigestNote, ListingDigests } from '../ports/listing-digests.port.js';
import { MAX_BATCH, refuseLargeBatch } from '../ports/store-errors.js';
import type { NovitaInstanceId } from '../record/identity.js';
import type { MemoryStoreState } from './memory-state.js';
import type { MemoryWriter } from './memory-writer.js';

/** Keeps the digests in this process. */
export class MemoryListingDigests extends ListingDigests {
  constructor(
    private readonly state: MemoryStoreState,
    private readonly writer: MemoryWriter,
  ) {
    super();
  }

  override async note(notes: readonly DigestNote[], under: UnderLock): Promise<void> {
    refuseLargeBatch(notes.length);
    if (notes.length === 0) return;
    this.writer.refuseLostLock(under);
    for (const { id, revision, digest } of notes) {
      const held = this.state.held.get(id);
      const novitaId = held?.record.revision === revision ? idOfDigest(held.entry) : null;
      if (novitaId !== null) this.state.tables.digests.set(novitaId, digest);
    }
  }

  override async of(novitaIds: readonly NovitaInstanceId[]): Promise<readonly (string | null)[]> {
    return novitaIds.map((id) => this.state.tables.digests.get(id.toWellFormed()) ?? null);
  }

  override async count(): Promise<number> {
    return this.state.tables.digests.size;
  }

  override async *scanNovitaIds(signal?: AbortSignal): AsyncGenerator<readonly NovitaInstanceId[], void, undefined> {
    const ids = [...this.state.tables.digests.keys()] as NovitaInstanceId[];
    signal?.throwIfAborted();
    for (let from = 0; from < ids.length; from += MAX_BATCH) {
      yield ids.slice(from, from + MAX_BATCH);
      signal?.throwIfAborted();
    }
  }
}
