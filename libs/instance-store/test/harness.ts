import {
  BEFORE_FIRST_ENTRY,
  type ChangeFeed,
  type FeedEntry,
  type IdleRules,
  type ImportedInstance,
  type InstanceChange,
  type InstanceId,
  type InstanceRecord,
  type InstanceStore,
  isInstanceChange,
  type NovitaInstanceId,
  type StoredInstance,
} from '@app/instance-store';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { type LockHold, type LockKeeper } from '@app/redis';
import { aNewInstance, type FakeClock, type InstanceOverrides } from '@app/testing';

/** One empty store, as the suites get it. */
interface StoreHarness {
  readonly store: InstanceStore;
  /** Into which the store writes, as another process reads it. */
  readonly feed: ChangeFeed;
  readonly clock: FakeClock;
  /** Those that the store asks. */
  readonly locks: LockKeeper;
}

/** Makes a new, empty store for each call. */
export type MakeStore = (options?: {
  readonly feedLimit?: number;
  readonly rules?: IdleRules;
  readonly confirmPatienceMs?: number;
}) => StoreHarness;

/** The defaults, to be changed under the store's hands as a restart with other settings would. */
export function idleRules(): { -readonly [Member in keyof IdleRules]: IdleRules[Member] } {
  return { enabled: true, thresholdMs: 1_200_000, warningMs: 300_000, byTemplate: new Map() };
}

export const COMMAND = { kind: 'command' } as const;

/** @param seconds after the start of 2026 */
export function at(seconds: number): Timestamp {
  return timestampFromMs(Date.UTC(2026, 0, 1) + seconds * 1_000);
}

export async function insert(store: InstanceStore, overrides: InstanceOverrides = {}): Promise<InstanceRecord> {
  const result = await store.records.insert(aNewInstance(overrides));
  if (result.outcome !== 'inserted') throw new Error(`not inserted: ${result.outcome}`);
  return result.stored.record;
}

export async function write(store: InstanceStore, next: InstanceRecord): Promise<InstanceRecord> {
  const result = await store.records.write(next, COMMAND);
  if (result.outcome !== 'written') throw new Error(`not written: ${result.outcome}`);
  return result.stored.record;
}

export async function read(store: InstanceStore, id: InstanceId): Promise<StoredInstance> {
  const stored = await store.records.get(id);
  if (stored === null) throw new Error(`${id} is missing`);
  return stored;
}

export function novitaId(text: string): NovitaInstanceId {
  return text as NovitaInstanceId;
}

export async function takeLock(locks: LockKeeper, name = 'sync'): Promise<LockHold> {
  const taken = await locks.acquire(name, { owner: 'test', purpose: 'test', ttlMs: 600_000 });
  if (!taken.acquired) throw new Error(`${name} is held by somebody else`);
  return taken.hold;
}

/** As the sync imports what was made elsewhere. */
export function anImport(overrides: InstanceOverrides = {}, digest = 'p'): ImportedInstance {
  return { record: aNewInstance({ origin: 'discovered', marker: '', status: 'ready', ...overrides }), digest };
}

export async function scannedIds(store: InstanceStore): Promise<NovitaInstanceId[]> {
  const ids: NovitaInstanceId[] = [];
  for await (const batch of store.digests.scanNovitaIds()) ids.push(...batch);
  return ids.toSorted();
}

/** The changes of instances among the first entries of the feed. */
export async function changesOf(feed: ChangeFeed, limit: number): Promise<InstanceChange[]> {
  return (await entriesOf(feed, limit)).filter(isInstanceChange);
}

/** The first entries of a feed of which nothing was trimmed. */
export async function entriesOf(feed: ChangeFeed, limit: number): Promise<readonly FeedEntry[]> {
  const entries = await feed.after(BEFORE_FIRST_ENTRY, limit);
  if (entries === null) throw new Error('entries are missing');
  return entries;
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
