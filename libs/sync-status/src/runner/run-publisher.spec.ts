import { type LockHold, LockLostError } from '@app/redis';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aRun } from '../../test/fakes/a-run.js';
import type { RunStatus, SyncEventType } from '../model/sync-status.js';
import { type SyncStatusStore, SyncStatusUnavailableError } from '../store/sync-status-store.js';
import { RunPublisher } from './run-publisher.js';

Logger.overrideLogger(false);

const HOLD: LockHold = { name: 'sync', fence: 1, token: '1-x' };
const NEVER = new AbortController().signal;

/** Publishes when the test says so, one call after the other. */
class SlowStore {
  readonly published: { readonly type: SyncEventType; readonly count: number }[] = [];
  underWay = 0;
  most = 0;
  fault: Error | null = null;
  private gate: Promise<void> = Promise.resolve();
  private open: () => void = () => undefined;

  close(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gate = promise;
    this.open = resolve;
  }

  letThrough(): void {
    this.open();
  }

  async publish(type: SyncEventType, run: RunStatus): Promise<void> {
    this.underWay += 1;
    this.most = Math.max(this.most, this.underWay);
    await this.gate;
    this.underWay -= 1;
    if (this.fault !== null) throw this.fault;
    this.published.push({ type, count: countOf(run) });
  }
}

const at = (count: number): RunStatus =>
  aRun({ resources: [{ name: 'instances', status: 'in_progress', count, total: null, error: null, note: null }] });
const ended = (count: number): RunStatus =>
  aRun({ resources: [{ name: 'instances', status: 'completed', count, total: null, error: null, note: null }] });
const countOf = (run: RunStatus): number => run.resources[0]?.count ?? -1;

describe('publishing a run', () => {
  let store: SlowStore;
  let losses: number;
  let publisher: RunPublisher;

  beforeEach(() => {
    vi.useFakeTimers();
    store = new SlowStore();
    losses = 0;
    publisher = new RunPublisher(store as unknown as SyncStatusStore, HOLD, () => {
      losses += 1;
    });
  });
  afterEach(() => void vi.useRealTimers());

  it('keeps the order of the steps and does not make the run wait', async () => {
    store.close();
    const steps = ['cleanup', 'sync', 'informer'] as const;
    for (const [count, step] of steps.entries()) publisher.send('sync.progress', { ...at(count), step });
    store.letThrough();
    await publisher.deliver('sync.completed', at(3), NEVER);
    expect(store.published.map(({ count }) => count)).toEqual([0, 1, 2, 3]);
    expect(store.most).toBe(1);
  });

  it('publishes at once that a kind has ended, also among pages that come fast', async () => {
    publisher.send('sync.progress', at(1));
    publisher.send('sync.progress', at(2));
    publisher.send('sync.progress', ended(3));
    await vi.advanceTimersByTimeAsync(20);
    expect(store.published.map(({ count }) => count)).toEqual([1, 2, 3]);
  });

  it('publishes pages together that come faster than anybody can read, and of the latest of them', async () => {
    for (let count = 0; count < 100; count += 1) {
      publisher.send('sync.progress', at(count));
      await vi.advanceTimersByTimeAsync(1);
    }
    await vi.advanceTimersByTimeAsync(20);
    const counts = store.published.map(({ count }) => count);
    expect(counts.length).toBeGreaterThan(4);
    expect(counts.length).toBeLessThan(8);
    expect(counts.at(-1)).toBe(99);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
  });

  it('publishes every page when they come slowly', async () => {
    for (let count = 0; count < 5; count += 1) {
      publisher.send('sync.progress', at(count));
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(store.published.map(({ count }) => count)).toEqual([0, 1, 2, 3, 4]);
  });

  it('keeps no more than the latest when the store is slower than the run', async () => {
    store.close();
    for (let count = 0; count < 10_000; count += 1) publisher.send('sync.progress', at(count));
    store.letThrough();
    await publisher.deliver('sync.completed', at(10_000), NEVER);
    expect(store.published.map(({ count }) => count)).toEqual([0, 9_999, 10_000]);
  });

  it('drops what cannot be published, and delivers what must not be lost', async () => {
    store.fault = new SyncStatusUnavailableError('away');
    publisher.send('sync.progress', at(1));
    const delivered = publisher.deliver('sync.completed', at(2), NEVER);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(store.published).toEqual([]);
    store.fault = null;
    await vi.advanceTimersByTimeAsync(1_000);
    await delivered;
    expect(store.published).toEqual([{ type: 'sync.completed', count: 2 }]);
    expect(losses).toBe(0);
  });

  it('says once that the lock is lost, and publishes nothing after that', async () => {
    store.fault = new LockLostError('sync');
    publisher.send('sync.progress', at(1));
    publisher.send('sync.progress', at(2));
    await vi.advanceTimersByTimeAsync(1);
    store.fault = null;
    publisher.send('sync.progress', at(3));
    await vi.advanceTimersByTimeAsync(1);
    expect(store.published).toEqual([]);
    expect(losses).toBe(1);
  });

  it('stops insisting when the lock is gone, when its signal says so, and in the end', async () => {
    store.fault = new LockLostError('sync');
    await expect(publisher.deliver('sync.completed', at(1), NEVER)).rejects.toThrow(LockLostError);

    store.fault = new SyncStatusUnavailableError('away');
    const stop = new AbortController();
    const stopped = publisher.deliver('sync.completed', at(1), stop.signal).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1_000);
    stop.abort(new Error('enough'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await stopped).toEqual(new Error('enough'));

    const forEver = publisher.deliver('sync.completed', at(1), NEVER).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(await forEver).toBeInstanceOf(SyncStatusUnavailableError);
  });
});
