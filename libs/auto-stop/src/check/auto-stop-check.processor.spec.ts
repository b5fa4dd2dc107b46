import { type JobSchedule, JobSchedules } from '@app/jobs';
import { SequentialIds } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../test/fakes/an-idle-instance.js';
import { OPTIONS } from '../../test/fakes/check-world.js';
import { FleetSampler } from '../history/fleet-sampler.js';
import { AutoStopCheck } from './auto-stop-check.js';
import { AutoStopCheckProcessor } from './auto-stop-check.processor.js';
import type { CheckReport } from './auto-stop-commands.port.js';
import type { CheckOrder } from './check-order.js';
import { CheckSchedule } from './check-schedule.js';

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
  let samples = 0;
  const sampler: FleetSampler = Object.create(FleetSampler.prototype, {
    sample: { value: () => Promise.resolve(void (samples += 1)) },
  });
  const processor = new AutoStopCheckProcessor(check, new SequentialIds(), sampler);
  return { orders, processor, samples: () => samples };
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
      const { processor, samples } = setUp({ stopped });
      await processor.handle({ trigger: 'schedule', checkId: '' }, context);
      expect(samples()).toBe(stopped);
    }
  });
});

describe('the schedule of checks', () => {
  class Noted extends JobSchedules {
    readonly added: JobSchedule[] = [];

    override add(schedule: unknown): void {
      this.added.push(schedule as JobSchedule);
    }
  }

  it.each([
    [true, 300_000],
    [false, null],
  ])('with auto-stop on: %s, is every %s ms', (enabled, everyMs) => {
    const schedules = new Noted();
    new CheckSchedule(schedules, { ...OPTIONS, rules: { ...RULES, enabled } }).onModuleInit();
    expect(schedules.added).toEqual([
      expect.objectContaining({ key: 'auto-stop', payload: { trigger: 'schedule', checkId: '' }, everyMs }),
    ]);
  });
});
