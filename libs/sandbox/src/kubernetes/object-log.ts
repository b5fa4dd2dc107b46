import { FACE_KINDS, type FaceKind } from './kinds.js';
import { atVersion, type KubernetesObject, type StoredObject, storedObject } from './stored-object.js';

export interface Change {
  readonly version: number;
  /** What it was before; null when it is new. */
  readonly previous: StoredObject | null;
  /** What it is now; null when it is gone. */
  readonly current: StoredObject | null;
  /** What a watch shows: of an object that is gone, what it was last, at the version of its end. */
  readonly shown: StoredObject;
}

/** The objects of one kind and what changed of late. */
interface KindLog {
  readonly objects: Map<string, StoredObject>;
  changes: Change[];
  /** How many changes were forgotten: the position of the first that is known. */
  base: number;
  /** States of earlier versions than this are forgotten. */
  floor: number;
  /** Ordered as in lists; null when something came or went since. */
  sorted: readonly StoredObject[] | null;
  /** States of the past that pages were cut from, the latest last. */
  readonly past: Map<number, readonly StoredObject[]>;
}

/** A list of pages is read by few clients at a time, and each state is made anew from the log when it is not here. */
const MOST_PAST_STATES = 8;
/** The first objects of a real cluster are its own. */
const FIRST_VERSION = 100;

type ChangeListener = (kind: FaceKind) => void;

/** Every object, under one version that counts up with each change of any, and the changes of late by kind: what etcd is. */
export class ObjectLog {
  private latest = FIRST_VERSION;
  private watchFloor = FIRST_VERSION;
  private readonly kinds: Readonly<Record<FaceKind, KindLog>>;
  private readonly listeners = new Set<ChangeListener>();

  /** @param historyLimit how many changes of each kind are remembered */
  constructor(private readonly historyLimit: number) {
    const logs = FACE_KINDS.map((kind) => [kind, emptyLog()]);
    this.kinds = Object.fromEntries(logs) as Record<FaceKind, KindLog>;
  }

  get version(): number {
    return this.latest;
  }

  /** A watch that asks for what came after an earlier version than this has missed something. */
  oldestWatchable(kind: FaceKind): number {
    return Math.max(this.watchFloor, this.kinds[kind].floor);
  }

  get(kind: FaceKind, key: string): StoredObject | null {
    return this.kinds[kind].objects.get(key) ?? null;
  }

  /** The order is by key, as etcd has it. */
  list(kind: FaceKind): readonly StoredObject[] {
    const log = this.kinds[kind];
    log.sorted ??= inOrder(log.objects.values());
    return log.sorted;
  }

  /** The objects as they were at that version; null when that is forgotten. */
  listAt(kind: FaceKind, version: number): readonly StoredObject[] | null {
    const log = this.kinds[kind];
    if (version < log.floor) return null;
    if (version >= (log.changes.at(-1)?.version ?? log.floor)) return this.list(kind);
    const known = log.past.get(version);
    if (known !== undefined) return known;
    const objects = new Map(log.objects);
    for (let index = log.changes.length - 1; index >= 0; index--) {
      const change = log.changes[index];
      if (change === undefined || change.version <= version) break;
      if (change.previous === null) objects.delete(change.shown.key);
      else objects.set(change.shown.key, change.previous);
    }
    const state = inOrder(objects.values());
    log.past.set(version, state);
    const [oldest] = log.past.keys();
    if (log.past.size > MOST_PAST_STATES && oldest !== undefined) log.past.delete(oldest);
    return state;
  }

  put(kind: FaceKind, object: KubernetesObject): StoredObject {
    const log = this.kinds[kind];
    const current = storedObject(object, this.latest + 1);
    const previous = log.objects.get(current.key) ?? null;
    log.objects.set(current.key, current);
    this.append(kind, { version: current.version, previous, current, shown: current });
    return current;
  }

  /** @returns what it was last; null when there is none */
  delete(kind: FaceKind, key: string): StoredObject | null {
    const log = this.kinds[kind];
    const previous = log.objects.get(key);
    if (previous === undefined) return null;
    log.objects.delete(key);
    const shown = atVersion(previous, this.latest + 1);
    this.append(kind, { version: shown.version, previous, current: null, shown });
    return shown;
  }

  /** Where the changes after that version begin. It is for the caller to know that none of them is forgotten. */
  positionAfter(kind: FaceKind, version: number): number {
    const { changes, base } = this.kinds[kind];
    let low = 0;
    let high = changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((changes[middle]?.version ?? 0) <= version) low = middle + 1;
      else high = middle;
    }
    return base + low;
  }

  /** The change at that position; `forgotten` when it was there, null when it is still to come. */
  changeAt(kind: FaceKind, position: number): Change | 'forgotten' | null {
    const { changes, base } = this.kinds[kind];
    return position < base ? 'forgotten' : (changes[position - base] ?? null);
  }

  onChange(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Forgets the past, as etcd does when it is compacted. */
  forgetHistory(): void {
    for (const kind of FACE_KINDS) this.forget(this.kinds[kind], Number.POSITIVE_INFINITY, this.latest);
    this.watchFloor = this.latest;
  }

  /** Forgets what watches are answered from, as an apiserver does that starts anew; lists of the past stay. */
  forgetWatchHistory(): void {
    this.watchFloor = this.latest;
  }

  private append(kind: FaceKind, change: Change): void {
    this.latest = change.version;
    const log = this.kinds[kind];
    log.changes.push(change);
    log.sorted = null;
    // In lots: to move the whole array for each change would take longer than all else.
    if (log.changes.length >= 2 * this.historyLimit) this.forget(log, log.changes.length - this.historyLimit);
    for (const listener of this.listeners) listener(kind);
  }

  private forget(log: KindLog, count: number, floor?: number): void {
    const gone = log.changes.splice(0, count);
    log.base += gone.length;
    log.floor = floor ?? gone.at(-1)?.version ?? log.floor;
    for (const version of log.past.keys()) if (version < log.floor) log.past.delete(version);
  }
}

const emptyLog = (): KindLog => ({
  objects: new Map(),
  changes: [],
  base: 0,
  floor: FIRST_VERSION,
  sorted: null,
  past: new Map(),
});

function inOrder(objects: Iterable<StoredObject>): readonly StoredObject[] {
  return [...objects].sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
}
