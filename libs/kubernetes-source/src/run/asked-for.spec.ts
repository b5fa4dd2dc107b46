import { MemoryRelistQueue, type RelistOrder, type SyncEvent, type SyncSnapshot, UNKNOWN_SYNC } from '@app/sync-status';
import { FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KubernetesKind } from '../model/kinds.js';
import { AskedFor } from './asked-for.js';
import type { RelistRequest } from './mirror-session.js';
import type { Relist } from './pending-relists.js';

Logger.overrideLogger(false);

class FakeRunner {
  readonly calls: string[] = [];
  readonly relists: RelistRequest[] = [];
  canRelist = true;
  /** Whether what is read anew was read; ended from outside. */
  reading = Promise.withResolvers<boolean>();
  /** What is still to be read; null for all that was asked for. */
  unread: readonly KubernetesKind[] | null = null;

  pause(reason: string): void {
    this.calls.push(`pause ${reason}`);
  }
  resume(): void {
    this.calls.push('resume');
  }
  relist(request: RelistRequest): Relist {
    this.relists.push(request);
    return { isRead: this.reading.promise, unread: () => this.unread ?? request.kinds };
  }
}

describe('what people ask of the sync with a cluster', () => {
  const clock = new FakeClock();
  let runner: FakeRunner;
  let queue: MemoryRelistQueue;
  let snapshot: SyncSnapshot;
  let looks: number;
  let askedFor: AskedFor;
  let changed: () => void;

  beforeEach(() => {
    runner = new FakeRunner();
    queue = new MemoryRelistQueue();
    snapshot = { ...UNKNOWN_SYNC };
    looks = 0;
    const current = (): SyncSnapshot => {
      looks += 1;
      return snapshot;
    };
    const subscribe = (listener: (event: SyncEvent) => void) => {
      changed = listener as () => void;
      return () => (changed = () => undefined);
    };
    askedFor = new AskedFor({ view: { current, subscribe }, relists: queue }, runner, clock, 1);
    askedFor.onApplicationBootstrap();
  });
  afterEach(() => askedFor.beforeApplicationShutdown());

  it('hands a pause on in the turn in which it is heard of', async () => {
    snapshot = { ...UNKNOWN_SYNC, paused: null };
    await looked();
    snapshot = { ...snapshot, paused: { since: clock.timestamp(), by: 'user:a' } };
    changed();
    expect(runner.calls.at(-1)).toBe('pause by user:a');
  });

  const order = (kinds: readonly string[]): RelistOrder => ({
    id: 'X',
    requestedBy: 'user:a',
    at: clock.timestamp(),
    kinds,
    namespaces: [],
    force: true,
  });
  const looked = async (): Promise<void> => {
    const from = looks;
    await vi.waitFor(() => expect(looks).toBeGreaterThan(from + 1));
  };

  it('neither pauses nor resumes while nobody knows which', async () => {
    snapshot = UNKNOWN_SYNC;
    await looked();
    runner.calls.length = 0;
    await looked();
    expect(runner.calls).toEqual([]);
    snapshot = { ...UNKNOWN_SYNC, paused: { since: clock.timestamp(), by: 'user:a' } };
    await vi.waitFor(() => expect(runner.calls.at(-1)).toBe('pause by user:a'));
    snapshot = { ...UNKNOWN_SYNC };
    await vi.waitFor(() => expect(runner.calls.at(-1)).toBe('resume'));
  });

  it('leaves orders where they are until they can be carried out', async () => {
    runner.canRelist = false;
    await queue.put(order(['Pod']));
    await looked();
    expect(runner.relists).toEqual([]);
    runner.canRelist = true;
    await vi.waitFor(() =>
      expect(runner.relists).toEqual([
        { kinds: ['Pod'], namespaces: [], forcedUntilMs: clock.now() + 3_600_000, requestedBy: 'user:a' },
      ]),
    );
  });

  it('leaves orders that came too late for the session', async () => {
    const waiting = queue.waiting.bind(queue);
    queue.waiting = async () => {
      runner.canRelist = false;
      return waiting();
    };
    await queue.put(order([]));
    await looked();
    expect(runner.relists).toEqual([]);
    queue.waiting = waiting;
    runner.canRelist = true;
    await vi.waitFor(() => expect(runner.relists).toHaveLength(1));
  });

  it('carries an order out again that is forced, when the session ends before it was read', async () => {
    await queue.put(order(['Pod']));
    await vi.waitFor(() => expect(runner.relists).toHaveLength(1));
    await looked();
    expect([runner.relists.length, (await queue.waiting()).length]).toEqual([1, 1]);
    const { reading } = runner;
    runner.reading = Promise.withResolvers();
    reading.resolve(false);
    await vi.waitFor(() => expect(runner.relists).toHaveLength(2));
    expect(runner.relists[1]).toEqual(runner.relists[0]);
    runner.reading.resolve(true);
    await vi.waitFor(async () => expect(await queue.waiting()).toEqual([]));
    await looked();
    expect(runner.relists).toHaveLength(2);
  });

  it('takes an order away as soon as it was read', async () => {
    await askedFor.beforeApplicationShutdown();
    const view = { current: () => snapshot, subscribe: () => () => undefined };
    askedFor = new AskedFor({ view, relists: queue }, runner, clock, 3_600_000);
    snapshot = { ...UNKNOWN_SYNC };
    await queue.put(order(['Pod']));
    askedFor.onApplicationBootstrap();
    await vi.waitFor(() => expect(runner.relists).toHaveLength(1));
    runner.reading.resolve(true);
    await vi.waitFor(async () => expect(await queue.waiting()).toEqual([]));
  });

  it('forces nothing that was asked for more than an hour ago', async () => {
    const asked = order(['Pod']);
    clock.advance(3_600_000);
    await queue.put(asked);
    await vi.waitFor(() => expect(runner.relists).toHaveLength(1));
    expect(runner.relists[0]?.forcedUntilMs).toBeNull();
  });

  it('forces for an hour from when that was asked for, however late it is handed over', async () => {
    const asked = order(['Pod']);
    clock.advance(3_540_000);
    await queue.put(asked);
    await vi.waitFor(() => expect(runner.relists).toHaveLength(1));
    expect(runner.relists[0]?.forcedUntilMs).toBe(clock.now() + 60_000);
  });

  it('forces nothing again of a kind that was read', async () => {
    await queue.put(order(['Pod', 'Node']));
    await vi.waitFor(() => expect(runner.relists).toHaveLength(1));
    const kinds = async () => (await queue.waiting()).map((each) => each.kinds);
    expect(await kinds()).toEqual([['Pod', 'Node']]);
    // Also another worker is to know, when this one dies.
    runner.unread = ['Node'];
    await vi.waitFor(async () => expect(await kinds()).toEqual([['Node']]));
    const { reading } = runner;
    runner.reading = Promise.withResolvers();
    reading.resolve(false);
    await vi.waitFor(() => expect(runner.relists.map((each) => each.kinds)).toEqual([['Pod', 'Node'], ['Node']]));
  });

  it('takes away what was read also when its session has ended since', async () => {
    await queue.put(order(['Pod']));
    await vi.waitFor(() => expect(runner.relists).toHaveLength(1));
    runner.canRelist = false;
    runner.reading.resolve(true);
    await vi.waitFor(async () => expect(await queue.waiting()).toEqual([]));
  });

  it('drops what names only unknown kinds, and reads what it knows of others', async () => {
    await queue.put(order(['Gadget']));
    await queue.put(order(['Gadget', 'Node']));
    await vi.waitFor(() => expect(runner.relists.map(({ kinds }) => kinds)).toEqual([['Node']]));
  });
});
