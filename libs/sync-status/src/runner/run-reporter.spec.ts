import { type LockHold, LockLostError } from '@app/redis';
import { FakeClock, SequentialIds } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KUBERNETES, msAt } from '../../test/fakes/a-run.js';
import { NO_CHANGES, type SyncEvent } from '../model/sync-status.js';
import { MemorySyncStatusStore } from '../store/memory-sync-status-store.js';
import { SyncStatusUnavailableError } from '../store/sync-status-store.js';
import { type ReportersLock, RunReporter } from './run-reporter.js';

const PACE_MS = 250;

class OneLock implements ReportersLock {
  readonly hold: LockHold = { name: KUBERNETES.lock, fence: 1, token: '1-x' };
  readonly leaseUntil = new FakeClock(msAt(30)).timestamp();
  private readonly loss = new AbortController();
  readonly lost = this.loss.signal;

  giveUp(): void {
    this.loss.abort(new LockLostError(this.hold.name));
  }
}

describe('what a worker reports of its runs', () => {
  let clock: FakeClock;
  let isHeld: boolean;
  let store: MemorySyncStatusStore;
  let lock: OneLock;
  let reporter: RunReporter;

  const begin = (): RunReporter => new RunReporter(store, lock, new SequentialIds(), clock, PACE_MS);
  const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(5_000);
  const events = async (): Promise<readonly SyncEvent[]> => (await store.eventsAfter('0-0', 1_000)) ?? [];
  const types = async (): Promise<readonly string[]> => (await events()).map(({ type }) => type);

  beforeEach(() => {
    vi.useFakeTimers();
    Logger.overrideLogger(false);
    clock = new FakeClock(msAt(0));
    isHeld = true;
    store = new MemorySyncStatusStore(KUBERNETES, clock, { locks: { holds: () => isHeld }, feed: null });
    lock = new OneLock();
    reporter = begin();
  });
  afterEach(() => void vi.useRealTimers());

  it('is a run from its beginning to its end, and an entry of the history', async () => {
    reporter.began('startup', KUBERNETES.kinds);
    reporter.step('cleanup');
    reporter.step('sync');
    reporter.kind('Pod', { status: 'in_progress', count: 2, total: 5 });
    await settle();
    expect((await store.read()).run).toMatchObject({
      state: 'in_progress',
      trigger: 'startup',
      step: 'sync',
      currentResource: 'Pod',
      leaseUntil: lock.leaseUntil,
      resources: [
        { name: 'Node', status: 'pending', count: 0 },
        { name: 'Pod', status: 'in_progress', count: 2, total: 5 },
      ],
    });
    reporter.kind('Node', { status: 'completed', count: 3, total: 3 });
    reporter.kind('Pod', { status: 'completed', count: 5 });
    reporter.step('informer');
    clock.advance(4_000);
    reporter.ended('completed', null);
    await settle();
    const { run } = await store.read();
    expect(run).toMatchObject({
      state: 'completed',
      step: 'done',
      changes: null,
      instancesAsOf: null,
      leaseUntil: null,
    });
    expect(await store.history(9)).toMatchObject([
      { runId: run.runId, trigger: 'startup', requestedBy: 'sync', durationMs: 4_000, changes: null, held: false },
    ]);
    expect((await types()).at(0)).toBe('sync.started');
    expect((await types()).at(-1)).toBe('sync.completed');
  });

  it('is published a few times a second however often it comes', async () => {
    reporter.began('startup', KUBERNETES.kinds);
    await settle();
    reporter.step('sync');
    reporter.kind('Pod', { status: 'in_progress', count: 0 });
    await settle();
    const before = (await events()).length;
    for (let count = 1; count <= 400; count += 1) {
      reporter.kind('Pod', { status: 'in_progress', count });
      await vi.advanceTimersByTimeAsync(5);
    }
    await settle();
    const published = (await events()).slice(before);
    expect(published.length).toBeLessThanOrEqual(2_000 / PACE_MS + 1);
    expect(published.at(-1)?.run.resources[1]?.count).toBe(400);
  });

  it('loses nothing but steps in between while the store is away', async () => {
    const read = vi.spyOn(store, 'read').mockRejectedValue(new SyncStatusUnavailableError('away'));
    reporter.began('manual', ['Pod'], 'user:ops');
    reporter.step('sync');
    for (let count = 1; count <= 1_000; count += 1) reporter.kind('Pod', { status: 'in_progress', count });
    reporter.kind('Pod', { status: 'failed', error: 'forbidden' });
    reporter.ended('failed', 'Pod: forbidden');
    await settle();
    expect(await types()).toEqual([]);
    read.mockRestore();
    await settle();
    expect((await store.read()).run).toMatchObject({
      state: 'failed',
      error: 'Pod: forbidden',
      resources: [{ name: 'Pod', status: 'failed', error: 'forbidden' }],
      retry: { count: 1 },
    });
    expect(await store.history(9)).toMatchObject([{ outcome: 'failed', requestedBy: 'user:ops' }]);
  });

  it('ends the run of a worker that died, and counts it', async () => {
    reporter.began('startup', KUBERNETES.kinds);
    await settle();
    const dead = (await store.read()).run.runId;
    lock = new OneLock();
    const next = new RunReporter(store, lock, { ulid: () => 'next' }, clock, PACE_MS);
    next.began('startup', KUBERNETES.kinds);
    await settle();
    expect((await store.read()).run).toMatchObject({ runId: 'next', state: 'in_progress', retry: { count: 1 } });
    expect(await store.history(9)).toMatchObject([
      { runId: dead, outcome: 'failed', error: expect.stringContaining('worker ended') as string },
    ]);
  });

  it('stops at the loss of the lock, which a refused write discovers', async () => {
    reporter.began('startup', KUBERNETES.kinds);
    await settle();
    isHeld = false;
    reporter.step('sync');
    await settle();
    expect(lock.lost.aborted).toBe(true);
    reporter.ended('completed', null);
    await reporter.close();
    expect(await types()).toEqual(['sync.started']);
  });

  it('is complete when it is closed: a run under way has failed', async () => {
    reporter.began('startup', KUBERNETES.kinds);
    reporter.kind('Pod', { status: 'in_progress', count: 1 });
    const closed = reporter.close();
    await settle();
    await closed;
    expect((await store.read()).run).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('worker ended') as string,
    });
  });

  it('says of a list that is held that it is, until it is not', async () => {
    const held = { since: clock.timestamp(), reason: 'Pod: the list lacks 40 of 50', wouldRemove: 40 };
    reporter.began('startup', KUBERNETES.kinds);
    reporter.ended('completed', null, { held });
    await settle();
    expect((await store.read()).run.held).toEqual(held);
    expect(await types()).toEqual(['sync.started', 'sync.held', 'sync.completed']);
    reporter.began('manual', KUBERNETES.kinds);
    reporter.ended('completed', null, { held: null, changes: { ...NO_CHANGES, removed: 40 } });
    await settle();
    expect((await store.read()).run).toMatchObject({ held: null, changes: { removed: 40 } });
  });

  it('gives way to another run that begins', async () => {
    reporter.began('startup', KUBERNETES.kinds);
    reporter.began('manual', ['Pod']);
    reporter.ended('completed', null);
    await settle();
    expect(await types()).toEqual(['sync.started', 'sync.failed', 'sync.started', 'sync.completed']);
  });
});
