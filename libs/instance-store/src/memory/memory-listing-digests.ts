import { MAX_BATCH, refuseLargeBatch } from '../batch-limit.js';
import type { NovitaInstanceId } from '../instance-id.js';
import { ListingDigests, type PictureNote } from '../listing/listing-digests.port.js';
import { picturedId } from '../record/index-entry.js';
import type { UnderLock } from '../record/instance-records.port.js';
import type { MemoryWriter } from './memory-writer.js';
import type { MemoryStoreState } from './store-state.js';

/** Keeps the digests in this process. */
export class MemoryListingDigests extends ListingDigests {
  constructor(
    private readonly state: MemoryStoreState,
    private readonly writer: MemoryWriter,
  ) {
    super();
  }

  override async note(notes: readonly PictureNote[], under: UnderLock): Promise<void> {
    refuseLargeBatch(notes.length);
    if (notes.length === 0) return;
    this.writer.refuseLostLock(under);
    for (const { id, revision, picture } of notes) {
      const held = this.state.held.get(id);
      const novitaId = held?.record.revision === revision ? picturedId(held.entry) : null;
      if (novitaId !== null) this.state.tables.pictures.set(novitaId, picture);
    }
  }

  override async of(novitaIds: readonly NovitaInstanceId[]): Promise<readonly (string | null)[]> {
    return novitaIds.map((id) => this.state.tables.pictures.get(id.toWellFormed()) ?? null);
  }

  override async count(): Promise<number> {
    return this.state.tables.pictures.size;
  }

  override async *scanNovitaIds(signal?: AbortSignal): AsyncGenerator<readonly NovitaInstanceId[], void, undefined> {
    const ids = [...this.state.tables.pictures.keys()] as NovitaInstanceId[];
    signal?.throwIfAborted();
    for (let from = 0; from < ids.length; from += MAX_BATCH) {
      yield ids.slice(from, from + MAX_BATCH);
      signal?.throwIfAborted();
    }
  }
}
