import { LockLostError } from '@app/redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  NO_CHANGES,
  notStarted,
  type RunStatus,
  type SourceDescription,
  type SyncEvent,
} from '../src/model/sync-status.js';
import { InvalidEventIdError, type SyncStatusStore } from '../src/store/sync-status-store.js';
import { aHistoryEntry, at, aRun as runOfNovita } from './fakes/a-run.js';
import { type MakeStatus, type StatusHarness, Watcher } from './status-harness.js';

const PAUSE = { since: at(0), by: 'user:ops' };
const ALL = 1_000;

/** All that the port promises. Every adapter must pass it, for every source. */
export function syncStatusStoreConformance(source: SourceDescription, make: MakeStatus): void {
  const NOT_STARTED = notStarted(source.kinds);
  const FOREIGN_HOLD = { name: source.lock, fence: 1, token: '1-nobody' };
  const aRun = (overrides: Partial<RunStatus> = {}): RunStatus =>
    runOfNovita({ resources: NOT_STARTED.resources, ...overrides });
  const watch = (store: SyncStatusStore, from?: string): Watcher => {
    const watcher = new Watcher(store, from);
    onTestFinished(() => watcher.stop());
    return watcher;
  };

  describe('the status', () => {
    it('is as before the first run until something is published', async () => {
      const { store } = await make();
      expect(await store.read()).toEqual({ run: NOT_STARTED, paused: null, eventId: '0-0' });
      expect(await store.eventsAfter('0-0', ALL)).toEqual([]);
      expect(await store.history(100)).toEqual([]);
    });

    it('is what was published last, with one event for each', async () => {
      const { store, other, clock, takeLock } = await make();
      const hold = await takeLock();
      await store.publish('sync.started', aRun({ step: 'cleanup' }), hold);
      clock.advance(1_000);
      await store.publish('sync.progress', aRun(), hold);
      const snapshot = await other.read();
      const events = (await other.eventsAfter('0-0', ALL)) ?? [];
      expect(snapshot).toEqual({ run: aRun(), paused: null, eventId: events.at(-1)?.id });
      expect(events).toEqual([
        { id: expect.any(String), type: 'sync.started', at: at(0), run: aRun({ step: 'cleanup' }), paused: null },
        { id: expect.any(String), type: 'sync.progress', at: at(1), run: aRun(), paused: null },
      ]);
    });

    it('keeps any error text as it is', async () => {
      const { store, takeLock } = await make();
      const run = aRun({ error: `line\r\nnext\0\u2028 "größer" 🚀 ${'x'.repeat(10_000)}` });
      await store.publish('sync.failed', run, await takeLock());
      expect((await store.read()).run).toEqual(run);
    });

    it('is not touched with the lock of something else', async () => {
      const { store, takeLock, takeOther } = await make();
      await takeLock();
      await expect(store.publish('sync.started', aRun(), await takeOther())).rejects.toThrow(LockLostError);
      expect((await store.read()).run).toEqual(NOT_STARTED);
    });

    it('is not touched without the lock', async () => {
      const { store, takeLock } = await make();
      await expect(store.publish('sync.started', aRun(), FOREIGN_HOLD)).rejects.toThrow(LockLostError);
      const lost = await takeLock();
      const hold = await takeLock();
      await store.publish('sync.started', aRun(), hold);
      const before = await store.read();
      const late = store.publish('sync.failed', aRun({ state: 'failed' }), lost, { history: aHistoryEntry() });
      await expect(late).rejects.toThrow(LockLostError);
      expect(await store.read()).toEqual(before);
      expect(await store.eventsAfter('0-0', ALL)).toHaveLength(1);
      expect(await store.history(10)).toEqual([]);
    });
  });

  describe('the entry of the change feed', () => {
    it.runIf(source.source !== 'novita')('is none, as that feed is of instances', async () => {
      const { store, feed, takeLock } = await make();
      await store.publish('sync.started', aRun(), await takeLock());
      expect(await feed.after('0-0', ALL)).toEqual([]);
    });

    it.runIf(source.source === 'novita')(
      'is written in the step that changes the status of a run, in one order',
      async () => {
        const { store, feed, clock, takeLock } = await make();
        const hold = await takeLock();
        await store.publish('sync.started', aRun({ step: 'cleanup' }), hold);
        await store.publish('sync.progress', aRun(), hold);
        clock.advance(1_000);
        const held = { since: at(1), reason: 'it lacks 9 of 10', wouldRemove: 9 };
        await store.publish('sync.held', aRun({ held }), hold);
        const changes = { ...NO_CHANGES, updated: 2 };
        const ended = aRun({ state: 'completed', endedAt: at(1), held, changes });
        await store.publish('sync.completed', ended, hold, { history: aHistoryEntry() });
        await store.setPaused(PAUSE);
        const begun = { runId: aRun().runId, trigger: 'manual', startedAt: at(0), endedAt: null, error: null };
        const entryId = expect.stringMatching(/^\d+-\d+$/);
        expect(await feed.after('0-0', ALL)).toEqual([
          { entryId, type: 'sync.started', at: at(0), data: { ...begun, changes: null, held: null } },
          { entryId, type: 'sync.held', at: at(1), data: { ...begun, changes: null, held } },
          { entryId, type: 'sync.completed', at: at(1), data: { ...begun, endedAt: at(1), changes, held } },
        ]);
      },
    );

    it('is not written without the lock', async () => {
      const { store, feed, takeLock } = await make();
      const lost = await takeLock();
      await takeLock();
      await expect(store.publish('sync.failed', aRun({ state: 'failed' }), lost)).rejects.toThrow(LockLostError);
      expect(await feed.after('0-0', ALL)).toEqual([]);
    });
  });

  describe('the pause', () => {
    it('stays until it is ended, with one event for each change', async () => {
      const { store, other, takeLock } = await make();
      await store.publish('sync.started', aRun(), await takeLock());
      expect(await store.setPaused(PAUSE)).toEqual(PAUSE);
      expect(await other.setPaused({ since: at(9), by: 'user:late' })).toEqual(PAUSE);
      expect(await other.read()).toMatchObject({ paused: PAUSE, run: aRun() });
      expect(await other.setPaused(null)).toBeNull();
      expect(await store.setPaused(null)).toBeNull();
      expect((await store.read()).paused).toBeNull();
      expect(await store.eventsAfter('0-0', ALL)).toMatchObject([
        { type: 'sync.started', run: aRun(), paused: null },
        { type: 'sync.paused', run: aRun(), paused: PAUSE },
        { type: 'sync.resumed', run: aRun(), paused: null },
      ]);
    });

    it('can be made before the first run, and stands in every event while it lasts', async () => {
      const { store, takeLock } = await make();
      await store.setPaused(PAUSE);
      await store.publish('sync.started', aRun(), await takeLock());
      expect(await store.eventsAfter('0-0', ALL)).toMatchObject([
        { type: 'sync.paused', run: NOT_STARTED, paused: PAUSE },
        { type: 'sync.started', run: aRun(), paused: PAUSE },
      ]);
      expect((await store.read()).paused).toEqual(PAUSE);
    });
  });

  describe('events', () => {
    it('come after the one that is named, oldest first, no more than asked for', async () => {
      const harness = await make();
      const ids = await publishMany(harness, 5);
      const after = async (id: string, limit = ALL) =>
        (await harness.store.eventsAfter(id, limit))?.map(({ id }) => id);
      expect(await after('0-0')).toEqual(ids);
      expect(await after(ids[1] ?? '')).toEqual(ids.slice(2));
      expect(await after(ids[1] ?? '', 2)).toEqual(ids.slice(2, 4));
      expect(await after(ids[4] ?? '')).toEqual([]);
      expect(await after('0-0', 0)).toEqual([]);
    });

    it('are given whole or not at all once old ones are cut off', async () => {
      const harness = await make({ eventLimit: 10 });
      const ids = await publishMany(harness, 150);
      const answers = new Map<string, readonly string[] | null>();
      for (const id of ['0-0', ...ids]) {
        answers.set(id, (await harness.store.eventsAfter(id, ALL))?.map((event) => event.id) ?? null);
      }
      const cutOff = ids.findIndex((id) => answers.get(id) !== null);
      expect(answers.get('0-0')).toBeNull();
      expect(cutOff).toBeGreaterThan(0);
      expect(ids.length - 1 - cutOff).toBeGreaterThanOrEqual(10);
      ids.forEach((id, index) => expect(answers.get(id)).toEqual(index < cutOff ? null : ids.slice(index + 1)));
    });

    it('are unknown after one that is still to come', async () => {
      const harness = await make();
      expect(await harness.store.eventsAfter('5-0', ALL)).toBeNull();
      const [id = ''] = await publishMany(harness, 1);
      const [ms, n] = id.split('-').map(Number);
      expect(await harness.store.eventsAfter(`${ms}-${(n ?? 0) + 1}`, ALL)).toBeNull();
      expect(await harness.store.eventsAfter(`${(ms ?? 0) + 1}-0`, ALL)).toBeNull();
    });

    it('are not found by what is no id', async () => {
      const { store } = await make();
      for (const id of ['', '0', '$', '5-', 'nonsense']) {
        await expect(store.eventsAfter(id, ALL)).rejects.toThrow(InvalidEventIdError);
        expect(() => store.watch(id, AbortSignal.abort())).toThrow(InvalidEventIdError);
      }
    });
  });

  describe('a watch', () => {
    it('gives what is there and what comes, in order and without a gap, to everybody', async () => {
      const harness = await make();
      const early = watch(harness.store);
      const first = await publishMany(harness, 120);
      const late = watch(harness.other, first[99]);
      const ids = [...first, ...(await publishMany(harness, 130))];
      expect(idsOf(await early.has(250))).toEqual(ids);
      expect(idsOf(await late.has(150))).toEqual(ids.slice(100));
    });

    it('hears of an event at once', async () => {
      const { store, other } = await make();
      const watcher = watch(other);
      await store.setPaused(PAUSE);
      await watcher.has(1);
      const began = performance.now();
      await store.setPaused(null);
      expect((await watcher.has(2))[1]).toMatchObject({ type: 'sync.resumed', paused: null });
      expect(performance.now() - began).toBeLessThan(500);
    });

    it('ends at once at its signal, and when nobody listens any more', async () => {
      const { store } = await make();
      const began = performance.now();
      await new Watcher(store).stop();
      for await (const _ of store.watch('0-0', AbortSignal.abort())) expect.unreachable();
      await store.setPaused(PAUSE);
      for await (const batch of store.watch('0-0', new AbortController().signal)) {
        expect(batch).toHaveLength(1);
        break;
      }
      expect(performance.now() - began).toBeLessThan(500);
    });
  });

  describe('the history', () => {
    it('holds the latest hundred runs, the latest first', async () => {
      const { store, other, clock, takeLock } = await make();
      const hold = await takeLock();
      for (let n = 1; n <= 103; n += 1) {
        clock.advance(1);
        const history = aHistoryEntry({ runId: `run-${n}`, resources: NOT_STARTED.resources });
        await store.publish('sync.completed', aRun({ runId: `run-${n}`, state: 'completed' }), hold, { history });
      }
      const runs = await other.history(ALL);
      expect(runs.map(({ runId }) => runId)).toEqual(Array.from({ length: 100 }, (_, n) => `run-${103 - n}`));
      expect(runs[0]).toEqual(aHistoryEntry({ runId: 'run-103', resources: NOT_STARTED.resources }));
      expect((await other.history(2)).map(({ runId }) => runId)).toEqual(['run-103', 'run-102']);
      expect(await other.history(0)).toEqual([]);
    });
  });
}

/** @returns the ids of the new events */
async function publishMany({ store, clock, takeLock }: StatusHarness, count: number): Promise<string[]> {
  const hold = await takeLock();
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    clock.advance(1);
    await store.publish('sync.progress', runOfNovita({ resources: [] }), hold);
    ids.push((await store.read()).eventId);
  }
  return ids;
}

function idsOf(events: readonly SyncEvent[]): string[] {
  return events.map(({ id }) => id);
}
