import { type InstanceId, type InstanceRecord, InstanceStore, type StoredInstance } from '@app/instance-store';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { aNewInstance, type FakeClock, type InstanceOverrides } from '@app/testing';

/** One empty store, as the suites get it. */
export interface StoreHarness {
  readonly store: InstanceStore;
  readonly clock: FakeClock;
}

/** Makes a new, empty store for each call. */
export type MakeStore = (options?: { readonly feedLimit?: number }) => StoreHarness;

export const COMMAND = { kind: 'command' } as const;

/** @param seconds after the start of 2026 */
export function at(seconds: number): Timestamp {
  return timestampFromMs(Date.UTC(2026, 0, 1) + seconds * 1_000);
}

export async function insert(store: InstanceStore, overrides: InstanceOverrides = {}): Promise<InstanceRecord> {
  const result = await store.insert(aNewInstance(overrides));
  if (result.outcome !== 'inserted') throw new Error(`not inserted: ${result.outcome}`);
  return result.stored.record;
}

export async function write(store: InstanceStore, next: InstanceRecord): Promise<InstanceRecord> {
  const result = await store.write(next, COMMAND);
  if (result.outcome !== 'written') throw new Error(`not written: ${result.outcome}`);
  return result.stored.record;
}

export async function read(store: InstanceStore, id: InstanceId): Promise<StoredInstance> {
  const stored = await store.get(id);
  if (stored === null) throw new Error(`${id} is missing`);
  return stored;
}

/** A fixed shuffle, so that a failure can be seen again. */
export function shuffled<Item>(items: readonly Item[], seed = 1): Item[] {
  let state = seed;
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  return items
    .map((item) => ({ item, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
