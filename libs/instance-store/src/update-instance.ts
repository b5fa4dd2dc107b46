import { setTimeout as pause } from 'node:timers/promises';
import type { InstanceRecord, StoredInstance } from './instance.js';
import type { InstanceId, NovitaInstanceId } from './instance-id.js';
import type { InstanceRecords, WriteBasis, WriteOptions } from './record/instance-records.port.js';

/** Thrown when a record changed under us more often than is believable. */
export class ContendedRecordError extends Error {
  override readonly name = 'ContendedRecordError';
}

export type UpdateResult =
  | { readonly outcome: 'written' | 'unchanged' | 'outdated-observation'; readonly stored: StoredInstance }
  | { readonly outcome: 'missing' };

const MAX_ROUNDS = 10;
/** Rounds begun again at once; after them a random pause lets writers that run in step fall out of it. */
const PROMPT_ROUNDS = 2;
const PAUSE_PER_ROUND_MS = 5;

/**
 * Reads, changes and writes one record, and begins again from a fresh read when somebody wrote in between.
 *
 * @param change pure; gets the current record and answers the new one, or the same object for "leave it"
 * @param options what goes with the write, of the new record and the one before
 * @throws ContendedRecordError after ten lost races; StoreUnavailableError
 */
export async function updateInstance(
  records: InstanceRecords,
  id: InstanceId | NovitaInstanceId,
  basis: WriteBasis,
  change: (record: InstanceRecord, stored: StoredInstance) => InstanceRecord,
  options: (next: InstanceRecord, before: InstanceRecord) => WriteOptions = () => ({}),
): Promise<UpdateResult> {
  let stored = await records.get(id);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (stored === null) return { outcome: 'missing' };
    const next = change(stored.record, stored);
    if (next === stored.record) return { outcome: 'unchanged', stored };
    const result = await records.write(next, basis, options(next, stored.record));
    switch (result.outcome) {
      case 'written':
        return { outcome: 'written', stored: result.stored };
      case 'outdated-observation':
        return { outcome: 'outdated-observation', stored: result.current };
      case 'missing':
        return { outcome: 'missing' };
      case 'stale':
        stored = result.current;
        if (round >= PROMPT_ROUNDS) {
          await pause(Math.random() * round * PAUSE_PER_ROUND_MS);
          stored = await records.get(id);
        }
    }
  }
  throw new ContendedRecordError(`instance ${id} changed ${MAX_ROUNDS} times while being updated`);
}
