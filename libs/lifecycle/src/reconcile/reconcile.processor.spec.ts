import { CorruptRecordError } from '@app/instance-store';
import { describe, expect, it, vi } from 'vitest';
import { FakeQueue } from '../../test/fakes/fake-queue.js';
import { World } from '../../test/fakes/world.js';
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

  it('ends once with a record that cannot be read, and is repeated for any other error', async () => {
    const world = new World();
    const queue = new FakeQueue();
    const processor = new ReconcileProcessor(world.worker(), queue);
    const read = vi.spyOn(world.store.records, 'get');
    read.mockRejectedValueOnce(new CorruptRecordError(world.id, 'not JSON'));
    expect(await processor.handle({ instanceId: world.id }, context)).toBeUndefined();
    expect(read).toHaveBeenCalledTimes(1);
    expect(queue.enqueued).toEqual([]);
    read.mockRejectedValueOnce(new Error('something else'));
    await expect(processor.handle({ instanceId: world.id }, context)).rejects.toThrow('something else');
  });
});
