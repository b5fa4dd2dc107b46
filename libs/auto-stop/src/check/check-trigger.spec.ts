import type { InstanceRecord } from '@app/instance-store';
import { type JobSchedule, JobSchedules, WorkerPresence } from '@app/jobs';
import type { Problem } from '@app/platform';
import { SequentialIds } from '@app/testing';
import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RULES } from '../../test/fakes/an-idle-instance.js';
import { CheckWorld, OPTIONS } from '../../test/fakes/check-world.js';
import { CheckSchedule, CheckTrigger } from './check-trigger.js';

beforeAll(() => Logger.overrideLogger(false));

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

describe('a check that somebody asks for', () => {
  const CALLER = { keyName: 'trainer' };

  class FakeWorkers extends WorkerPresence {
    alive = true;

    override isAnyAlive(): Promise<boolean> {
      return Promise.resolve(this.alive);
    }
  }

  let world: CheckWorld;
  let workers: FakeWorkers;
  let trigger: CheckTrigger;

  beforeEach(() => {
    world = new CheckWorld();
    workers = new FakeWorkers();
    trigger = new CheckTrigger(world.check, world.queue, workers, new SequentialIds());
  });

  it('is made at once when it is dry', async () => {
    const record: InstanceRecord = await world.add();
    const answer = await trigger.trigger({ dryRun: true }, CALLER);
    expect(answer).toMatchObject({ kind: 'report', report: { dryRun: true, trigger: 'manual', eligible: 1 } });
    expect(await world.statusOf(record)).toBe('ready');
    expect(world.queue.enqueued).toEqual([]);
  });

  it('is handed to a worker otherwise', async () => {
    const answer = await trigger.trigger({ dryRun: false }, CALLER);
    if (answer.kind !== 'begun') throw new Error('it was not begun');
    expect(world.queue.enqueued).toEqual([
      { job: 'AUTO_STOP_CHECK', payload: { trigger: 'manual', checkId: answer.checkId } },
    ]);
  });

  it('is rejected when there is no worker, a dry one never', async () => {
    workers.alive = false;
    const problem = await trigger.trigger({ dryRun: false }, CALLER).catch((error: Problem) => error);
    expect(problem).toMatchObject({
      type: { code: 'no-worker', status: 503 },
      details: { retryAfterSeconds: 10 },
    });
    expect(world.queue.enqueued).toEqual([]);
    expect(await trigger.trigger({ dryRun: true }, CALLER)).toMatchObject({ kind: 'report' });
  });
});
