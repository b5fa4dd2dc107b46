import { FakeClock } from '@app/testing';
import { describe, expect, it, vi } from 'vitest';
import { FakeQueue } from '../../test/fakes/fake-queue.js';
import { World } from '../../test/fakes/world.js';
import { affordableRefreshMs, PolicySource } from './policy-source.js';
import { ReconcileProcessor } from './reconcile.processor.js';

const context = { signal: new AbortController().signal, jobId: '1', attempt: 1 };

describe('ReconcileProcessor', () => {
  it('hands a start-up on to STARTUP_MONITOR and the rest to RECONCILE_INSTANCE', async () => {
    const world = new World({}, { settledRefreshMs: 600_000 });
    const queue = new FakeQueue();
    const processor = new ReconcileProcessor(world.worker(), queue);
    const jobs: string[] = [];
    for (let pass = 0; pass < 8; pass++) {
      expect(await processor.handle({ instanceId: world.id }, context)).toBeUndefined();
      const next = queue.enqueued.at(-1);
      jobs.push(`${next?.job} after ${world.record.status}`);
      world.clock.advance(next?.delayMs ?? 0);
    }
    expect(jobs).toContain('STARTUP_MONITOR after created');
    expect(jobs).toContain('STARTUP_MONITOR after running');
    expect(jobs.at(-1)).toBe('RECONCILE_INSTANCE after ready');
  });

  it('asks to be run again when the queue takes nothing, and ends with the record', async () => {
    const world = new World();
    const queue = new FakeQueue();
    queue.available = false;
    const processor = new ReconcileProcessor(world.worker(), queue);
    expect(await processor.handle({ instanceId: world.id }, context)).toEqual({ runAgainInMs: 5_000, urgent: false });
    await world.store.records.remove(world.id, world.record.revision);
    expect(await processor.handle({ instanceId: world.id }, context)).toBeUndefined();
  });
});

describe('PolicySource', () => {
  it('spends at most a tenth of the request budget on what is settled', () => {
    expect(affordableRefreshMs(600_000, 25, 10)).toBe(600_000);
    expect(affordableRefreshMs(600_000, 100_000, 10)).toBe(100_000_000);
  });

  it('counts the fleet once a minute', async () => {
    const world = new World();
    const clock = new FakeClock();
    const counts = vi.spyOn(world.store.records, 'counts');
    const source = new PolicySource(
      { policy: { ...world.policy, settledRefreshMs: 1 }, maxRequestsPerSecond: 10 },
      world.store.records,
      clock,
    );
    expect((await source.current()).settledRefreshMs).toBe(1_000);
    clock.advance(59_999);
    await source.current();
    expect(counts).toHaveBeenCalledTimes(1);
    clock.advance(1);
    await source.current();
    expect(counts).toHaveBeenCalledTimes(2);
  });
});
