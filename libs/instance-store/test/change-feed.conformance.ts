import {
  BEFORE_FIRST_ENTRY,
  type ChangeFeed,
  type FeedEntry,
  type FeedPiece,
  InvalidCursorError,
} from '@app/instance-store';
import { describe, expect, it, onTestFinished } from 'vitest';
import { entriesOf, insert, type MakeStore, write } from './harness.js';

const NEVER = new AbortController().signal;
const ALL = 10_000;
const EVENT = {
  type: 'spend.warning',
  data: { day: '2026-01-01', levelPercent: 80, spentUsd: 8, limitUsd: 10, enforced: false },
} as const;

/** Collects what a watch gives until it is ended. */
export class FeedWatcher {
  readonly pieces: FeedPiece[] = [];
  readonly interruptions: boolean[] = [];
  private readonly end = new AbortController();
  private readonly over: Promise<void>;
  private wake: () => void = () => undefined;

  constructor(feed: ChangeFeed, from = BEFORE_FIRST_ENTRY) {
    this.over = this.collect(feed.watch(from, this.end.signal, (is) => this.hear(is)));
    onTestFinished(() => this.stop());
  }

  get entries(): readonly FeedEntry[] {
    return this.pieces.flatMap((piece) => (piece.kind === 'entries' ? piece.entries : []));
  }

  get losses(): readonly string[] {
    return this.pieces.flatMap((piece) => (piece.kind === 'lost' ? [piece.position] : []));
  }

  /** Comes back as soon as it holds. */
  async until(holds: (watcher: this) => boolean): Promise<this> {
    while (!holds(this)) await new Promise<void>((resolve) => (this.wake = resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.end.abort();
    await this.over;
  }

  private hear(isInterrupted: boolean): void {
    this.interruptions.push(isInterrupted);
    this.wake();
  }

  private async collect(pieces: AsyncIterable<FeedPiece>): Promise<void> {
    for await (const piece of pieces) {
      this.pieces.push(piece);
      this.wake();
    }
  }
}

/** All that the port of the change feed promises. Every adapter must pass it. */
export function changeFeedConformance(makeStore: MakeStore): void {
  describe('what comes before an entry', () => {
    it('is read in pieces, the latest first, until none is kept', async () => {
      const { store, feed } = makeStore();
      expect(await feed.before(null, 5)).toEqual({ entries: [], latest: null, next: null });
      for (let i = 0; i < 7; i++) await insert(store, { name: `n${i}` });
      await store.events.emitOnce('a', EVENT);
      const entries = (await entriesOf(feed, ALL)).toReversed();
      const first = await feed.before(null, 3);
      expect(first).toEqual({ entries: entries.slice(0, 3), latest: entries[0]?.entryId, next: entries[2]?.entryId });
      const second = await feed.before(first.next, 4);
      expect(second.entries).toEqual(entries.slice(3, 7));
      const last = await feed.before(second.next, 4);
      expect(last).toEqual({ entries: entries.slice(7), latest: entries[7]?.entryId, next: null });
      // What is between two entries, such as one that was trimmed meanwhile, is a position too.
      expect((await feed.before(`${first.next}`, 100)).entries).toEqual(entries.slice(3));
      expect((await feed.before('999999999999999-0', 1)).entries).toEqual(entries.slice(0, 1));
      await expect(feed.before('nonsense', 1)).rejects.toThrow(InvalidCursorError);
    });

    it('leaves out what is not wanted, and goes on all the same', async () => {
      const { store, feed } = makeStore();
      const records = [await insert(store), await insert(store)];
      await store.events.emitOnce('a', EVENT);
      const of = await feed.before(null, 2, (_type, id) => id === records[1]?.id);
      expect(of.entries.map((entry) => 'instanceId' in entry && entry.instanceId)).toEqual([records[1]?.id]);
      const fleet = await feed.before(null, 2, (type) => type === 'spend.warning');
      expect(fleet.entries.map(({ type }) => type)).toEqual(['spend.warning']);
      expect([of.latest, of.next]).toEqual([fleet.latest, fleet.next]);
      expect((await feed.before(of.next, 2)).entries).toHaveLength(1);
    });
  });

  describe('what comes after an entry', () => {
    it('is read whole, oldest first, in pieces, events of the fleet among changes', async () => {
      const { store, feed } = makeStore();
      for (let i = 0; i < 24; i++) await insert(store, { name: `n${i}` });
      await store.events.emitOnce('a', EVENT);
      const entries = await entriesOf(feed, ALL);
      expect(entries.map((entry) => ('record' in entry ? entry.record?.name : entry.type))).toEqual([
        ...Array.from({ length: 24 }, (_, i) => `n${i}`),
        'spend.warning',
      ]);
      for (const place of [0, 11, 23, 24]) {
        const id = entries[place]?.entryId ?? '';
        expect(await feed.after(id, ALL)).toEqual(entries.slice(place + 1));
        expect(await feed.after(id, 3)).toEqual(entries.slice(place + 1, place + 4));
      }
      expect(await feed.after(BEFORE_FIRST_ENTRY, 2)).toEqual(entries.slice(0, 2));
      expect(await feed.after(BEFORE_FIRST_ENTRY, 0)).toEqual([]);
      expect(await feed.after(BEFORE_FIRST_ENTRY, -1)).toEqual([]);
    });

    it('is unknown after an entry that never was', async () => {
      const { store, feed } = makeStore();
      expect(await feed.oldest()).toBeNull();
      expect(await feed.after('5-0', ALL)).toBeNull();
      await insert(store);
      const [ms = 0, n = 0] = (await feed.latestId()).split('-').map(Number);
      for (const id of [`${ms}-${n + 1}`, `${ms + 60_000}-0`, `${ms - 1}-0`, '5-0']) {
        expect(await feed.after(id, ALL)).toBeNull();
      }
    });

    it('is read whole or not at all once old entries are trimmed', async () => {
      const { store, feed } = makeStore({ feedLimit: 10 });
      const ids: string[] = [];
      let record = await insert(store);
      for (let i = 0; i < 150; i++) {
        ids.push(await feed.latestId());
        record = await write(store, record);
      }
      ids.push(await feed.latestId());
      const answers = new Map<string, readonly string[] | null>();
      for (const id of ids) answers.set(id, (await feed.after(id, ALL))?.map(({ entryId }) => entryId) ?? null);
      const oldest = ids.findIndex((id) => answers.get(id) !== null);
      expect(oldest).toBeGreaterThan(0);
      const entry = await feed.oldest();
      expect(entry?.position).toBe(ids[oldest]);
      expect(entry?.entries.map(({ entryId }) => entryId)).toEqual([ids[oldest]]);
      expect(ids.length - oldest).toBeGreaterThanOrEqual(10);
      ids.forEach((id, place) => expect(answers.get(id)).toEqual(place < oldest ? null : ids.slice(place + 1)));
      expect(await feed.after(BEFORE_FIRST_ENTRY, ALL)).toBeNull();
    });

    it('is not asked for by what is no id', async () => {
      const { feed } = makeStore();
      for (const bad of ['', 'x', '0', '1-x', '-', '$', '1-2-3', '9999999999999999-0']) {
        await expect(feed.after(bad, 10)).rejects.toThrow(InvalidCursorError);
        expect(() => feed.watch(bad, AbortSignal.abort(), () => undefined)).toThrow(InvalidCursorError);
      }
    });
  });

  it('keeps about as many entries as its limit says', async () => {
    const { store, feed } = makeStore({ feedLimit: 200 });
    const ids: string[] = [];
    let record = await insert(store);
    for (let i = 0; i < 600; i++) {
      record = await write(store, record);
      ids.unshift(await feed.latestId());
    }
    const answers = await Promise.all(ids.map((id) => feed.after(id, 1)));
    const kept = answers.filter((answer) => answer !== null).length;
    expect(kept).toBeGreaterThanOrEqual(200);
    expect(kept).toBeLessThanOrEqual(301);
  });

  it('names its latest entry', async () => {
    const { store, feed } = makeStore();
    expect(await feed.latestId()).toBe(BEFORE_FIRST_ENTRY);
    await insert(store);
    await insert(store);
    expect(await feed.latestId()).toBe((await entriesOf(feed, ALL))[1]?.entryId);
  });

  describe('a watch', () => {
    it('gives what is there and what comes, in order and without a gap, to everybody', async () => {
      const { store, feed } = makeStore();
      const early = new FeedWatcher(feed);
      let record = await insert(store);
      for (let i = 0; i < 120; i++) record = await write(store, record);
      const middle = (await entriesOf(feed, ALL))[99]?.entryId;
      const late = new FeedWatcher(feed, middle);
      for (let i = 0; i < 130; i++) record = await write(store, record);
      const whole = await entriesOf(feed, ALL);
      expect(whole).toHaveLength(251);
      expect((await early.until((each) => each.entries.length === 251)).entries).toEqual(whole);
      expect((await late.until((each) => each.entries.length === 151)).entries).toEqual(whole.slice(100));
      expect([...early.losses, ...late.losses]).toEqual([]);
      expect([...early.interruptions, ...late.interruptions]).not.toContain(true);
    });

    it('reports that entries may be lost, and goes on after the latest', async () => {
      const { store, feed } = makeStore({ feedLimit: 10 });
      const first = await insert(store);
      const known = await feed.latestId();
      let record = first;
      for (let i = 0; i < 150; i++) record = await write(store, record);
      const latest = await feed.latestId();
      const watchers = [known, BEFORE_FIRST_ENTRY, '99999999999999-0'].map((from) => new FeedWatcher(feed, from));
      for (const watcher of watchers) await watcher.until((each) => each.pieces.length === 1);
      const { id } = await insert(store);
      for (const watcher of watchers) {
        await watcher.until((each) => each.entries.length === 1);
        const entries = [expect.objectContaining({ instanceId: id }) as unknown];
        expect(watcher.pieces).toEqual([
          { kind: 'lost', position: latest },
          { kind: 'entries', entries, position: await feed.latestId(), unread: [] },
        ]);
      }
    });

    it('hears of an entry at once', async () => {
      const { store, feed } = makeStore();
      const watcher = new FeedWatcher(feed);
      await insert(store);
      await watcher.until((each) => each.entries.length === 1);
      const began = performance.now();
      await insert(store);
      await watcher.until((each) => each.entries.length === 2);
      expect(performance.now() - began).toBeLessThan(500);
    });

    it('ends at once when it is aborted, and when nobody listens any more', async () => {
      const { store, feed } = makeStore();
      const began = performance.now();
      await new FeedWatcher(feed).stop();
      for await (const _ of feed.watch(BEFORE_FIRST_ENTRY, AbortSignal.abort(), () => undefined)) expect.unreachable();
      await insert(store);
      for await (const piece of feed.watch(BEFORE_FIRST_ENTRY, NEVER, () => undefined)) {
        expect(piece).toMatchObject({ kind: 'entries', entries: [{ type: 'instance.created' }] });
        break;
      }
      expect(performance.now() - began).toBeLessThan(500);
    });
  });
}
