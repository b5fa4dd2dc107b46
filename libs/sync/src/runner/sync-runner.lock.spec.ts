import { msFromTimestamp } from '@app/platform';
import { LockLostError, MemoryLockKeeper } from '@app/redis';
import type { RunStatus } from '@app/sync-status';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { anOrder, FakePass, NEVER, RunWorld, TTL_MS } from '../../test/fakes/run-world.js';

Logger.overrideLogger(false);

let world: RunWorld;
let pass: FakePass;

beforeEach(() => {
  world = new RunWorld();
  pass = new FakePass();
});

const statusNow = async (): Promise<RunStatus> => (await world.status.read()).run;

describe('the lock', () => {
  it('lets one run in at a time', async () => {
    const order = anOrder();
    const inside = Promise.withResolvers<void>();
    const leave = Promise.withResolvers<void>();
    pass.work = () => {
      inside.resolve();
      return leave.promise;
    };
    const first = world.runner(pass).run(order, NEVER);
    await inside.promise;
    const second = await world.runner().run(anOrder(), NEVER);
    expect(second).toMatchObject({ kind: 'busy', holder: { owner: 'worker on node-1, pid 17', purpose: order.runId } });
    leave.resolve();
    expect((await first).kind).toBe('ended');
  });

  it('is released when the process ends, without a word in the status', async () => {
    const draining = new AbortController();
    const order = anOrder();
    pass.work = ({ signal }) => {
      draining.abort('the worker drains');
      return Promise.reject(signal.reason as Error);
    };
    const outcome = await world.runner(pass).run(order, draining.signal);
    expect(outcome).toEqual({ kind: 'interrupted', by: 'signal' });
    expect(await world.memoryLocks.holder('sync')).toBeNull();
    expect(await statusNow()).toMatchObject({ state: 'in_progress', runId: order.runId });
    expect(await world.notes.result(order.runId)).toBeNull();
    expect(await world.status.history(1)).toEqual([]);
  });

  it('ends a run at once when it is lost, and nothing more is written', async () => {
    const order = anOrder();
    const other = anOrder();
    pass.work = async ({ signal, hold }) => {
      // The worker was paused for longer than the lock lives, and another one has begun meanwhile.
      world.clock.advance(TTL_MS + 1);
      expect((await world.runner().run(other, NEVER)).kind).toBe('ended');
      throw signal.aborted ? signal.reason : new LockLostError(hold?.name ?? '');
    };
    expect(await world.runner(pass).run(order, NEVER)).toEqual({ kind: 'interrupted', by: 'lost-lock' });
    expect(await statusNow()).toMatchObject({ runId: other.runId, state: 'completed' });
    const events = await world.events();
    const firstOfOther = events.findIndex(({ run }) => run.runId === other.runId);
    expect(events.slice(firstOfOther).every(({ run }) => run.runId === other.runId)).toBe(true);
    expect(await world.notes.result(order.runId)).toEqual({ kind: 'lost', reason: expect.any(String) });
  });
});

describe('renewals', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('move the lease that everybody sees', async () => {
    const leases = new Set<string | null>();
    pass.work = async () => {
      for (let third = 0; third < 6; third += 1) {
        world.clock.advance(TTL_MS / 3);
        await vi.advanceTimersByTimeAsync(TTL_MS / 3);
        leases.add((await statusNow()).leaseUntil);
      }
    };
    const begun = world.clock.now();
    expect((await world.runner(pass).run(anOrder(), NEVER)).kind).toBe('ended');
    expect([...leases].map((lease) => msFromTimestamp(lease as never) - begun)).toEqual(
      [1, 2, 3, 4, 5, 6].map((third) => (third * TTL_MS) / 3 + TTL_MS),
    );
    expect((await statusNow()).leaseUntil).toBeNull();
  });

  it('that are refused end the run', async () => {
    class Thief extends MemoryLockKeeper {
      override renew(): Promise<boolean> {
        return Promise.resolve(false);
      }
    }
    pass.work = async ({ signal }) => {
      await vi.advanceTimersByTimeAsync(TTL_MS / 3);
      signal.throwIfAborted();
    };
    const outcome = await world.runner(pass, { locks: new Thief(world.clock) }).run(anOrder(), NEVER);
    expect(outcome).toEqual({ kind: 'interrupted', by: 'lost-lock' });
  });
});

describe('what died before', () => {
  it('is published first, then the next run begins', async () => {
    const draining = new AbortController();
    const dead = anOrder();
    pass.work = ({ signal }) => {
      draining.abort('gone');
      return Promise.reject(signal.reason as Error);
    };
    await world.runner(pass).run(dead, draining.signal);
    const next = anOrder({ trigger: 'schedule', requestedBy: 'sync' });
    await world.runner().run(next, NEVER);

    expect(await world.status.history(10)).toMatchObject([
      { runId: next.runId, outcome: 'completed' },
      { runId: dead.runId, outcome: 'failed', error: expect.stringContaining('worker') },
    ]);
    expect(await world.notes.result(dead.runId)).toMatchObject({ kind: 'lost' });
    const ends = (await world.events()).filter(({ type }) => type === 'sync.failed' || type === 'sync.completed');
    expect(ends.map(({ run }) => run.runId)).toEqual([dead.runId, next.runId]);
    expect((await world.feedEntries()).map(({ type, data }) => [type, data.runId])).toEqual([
      ['sync.started', dead.runId],
      ['sync.failed', dead.runId],
      ['sync.started', next.runId],
      ['sync.completed', next.runId],
    ]);
  });

  it('is the same run when its job was taken over', async () => {
    const draining = new AbortController();
    const order = anOrder();
    pass.work = ({ signal }) => {
      draining.abort('gone');
      return Promise.reject(signal.reason as Error);
    };
    await world.runner(pass).run(order, draining.signal);
    await world.runner().run(order, NEVER);
    expect(await world.status.history(10)).toMatchObject([{ runId: order.runId, outcome: 'completed' }]);
    expect(await world.notes.result(order.runId)).toMatchObject({ kind: 'report' });
  });
});
