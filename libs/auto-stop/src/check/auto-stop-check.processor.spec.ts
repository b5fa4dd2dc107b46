import { StoreUnavailableError } from '@app/instance-store';
import { SequentialIds } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CheckWorld } from '../../test/fakes/check-world.js';
import { FakeQueue } from '../../test/fakes/fake-queue.js';
import type { CheckOrder, CheckReport } from '../stats/check-report.js';
import { AutoStopCheck } from './auto-stop-check.js';
import { AutoStopCheckProcessor } from './auto-stop-check.processor.js';

beforeAll(() => Logger.overrideLogger(false));

const context = { signal: AbortSignal.timeout(60_000), jobId: 'j', attempt: 1 };

function setUp(report: Partial<CheckReport>) {
  const orders: CheckOrder[] = [];
  const check: AutoStopCheck = Object.create(AutoStopCheck.prototype, {
    run: {
      value: (order: CheckOrder) => {
        orders.push(order);
        return Promise.resolve({ more: false, stopped: 0, warned: 0, ...report });
      },
    },
  });
  const queue = new FakeQueue();
  const { suspension, redis } = new CheckWorld();
  const processor = new AutoStopCheckProcessor(check, suspension, new SequentialIds(), queue, redis);
  return { orders, processor, queue, redis, suspension };
}

describe('the job of a check', () => {
  it('names a scheduled check anew and keeps the name of one that was asked for', async () => {
    const { orders, processor } = setUp({});
    await processor.handle({ trigger: 'schedule', checkId: '' }, context);
    await processor.handle({ trigger: 'manual', checkId: 'mine' }, context);
    expect(orders[0]).toMatchObject({ trigger: 'schedule', dryRun: false, signal: context.signal });
    expect(orders[0]?.checkId).toMatch(/^[0-9A-Z]{26}$/);
    expect(orders[1]).toMatchObject({ trigger: 'manual', checkId: 'mine' });
  });

  it.each([
    [{ more: false, stopped: 9 }, undefined],
    [{ more: true, stopped: 1 }, { runAgainInMs: 0 }],
    [{ more: true, warned: 1 }, { runAgainInMs: 0 }],
    [{ more: true }, undefined],
  ])('after %o goes on with %o', async (report, then) => {
    const { processor } = setUp(report);
    expect(await processor.handle({ trigger: 'schedule', checkId: '' }, context)).toEqual(then);
  });

  it('has what idles measured anew once it has stopped something', async () => {
    for (const stopped of [0, 1]) {
      const { processor, queue } = setUp({ stopped });
      await processor.handle({ trigger: 'schedule', checkId: '' }, context);
      expect(queue.enqueued).toEqual(stopped === 0 ? [] : [{ job: 'SPEND_ACCRUAL', payload: {} }]);
    }
  });

  it('does not fail because the queue is away afterwards', async () => {
    const { processor, queue } = setUp({ stopped: 1, more: true });
    queue.available = false;
    expect(await processor.handle({ trigger: 'schedule', checkId: '' }, context)).toEqual({ runAgainInMs: 0 });
  });

  describe('after Redis was away', () => {
    afterEach(() => void vi.useRealTimers());

    it('stops nothing before the uses that were taken meanwhile are in Redis', async () => {
      vi.useFakeTimers({ now: 0 });
      const { orders, processor, redis } = setUp({});
      const handle = () => processor.handle({ trigger: 'schedule', checkId: '' }, context);
      redis.noteRound(new Error('Connection is closed.'));
      expect(await handle()).toEqual({ runAgainInMs: 10_000 });
      vi.advanceTimersByTime(60_000);
      expect(await handle()).toEqual({ runAgainInMs: 10_000 });
      redis.noteRound(null);
      vi.advanceTimersByTime(4_000);
      redis.noteRound(null);
      expect(await handle()).toEqual({ runAgainInMs: 6_000 });
      expect(orders).toEqual([]);
      vi.advanceTimersByTime(6_000);
      expect(await handle()).toBeUndefined();
      expect(orders).toHaveLength(1);
    });

    it('finds out by its own failure too', async () => {
      const { processor, redis, suspension } = setUp({});
      const broken: AutoStopCheck = Object.create(AutoStopCheck.prototype, {
        run: {
          value: () =>
            Promise.reject(new StoreUnavailableError('Redis is away', { cause: new Error('Connection is closed.') })),
        },
      });
      const failing = new AutoStopCheckProcessor(broken, suspension, new SequentialIds(), new FakeQueue(), redis);
      await expect(failing.handle({ trigger: 'schedule', checkId: '' }, context)).rejects.toThrow('away');
      expect(await processor.handle({ trigger: 'schedule', checkId: '' }, context)).toEqual({ runAgainInMs: 10_000 });
    });
  });
});
