import { SequentialIds } from '@app/testing';
import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it } from 'vitest';
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
  const processor = new AutoStopCheckProcessor(check, new SequentialIds(), queue);
  return { orders, processor, queue };
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
});
