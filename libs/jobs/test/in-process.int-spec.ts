import { SystemClock } from '@app/platform';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { InProcessJobQueue, NoJobHandlersError } from '../src/in-process/in-process-job-queue.js';
import { Timers } from '../src/in-process/in-process-schedules.js';
import { JobRunMetrics } from '../src/running/job-metrics.js';
import { Recorder, TEST_SETTINGS, testJob, until } from './fixtures.js';
import { itIsAJobQueue } from './job-queue.conformance.js';

const open = () => {
  const registry = new SchedulerRegistry();
  const metrics = new JobRunMetrics(new Registry());
  const queue = new InProcessJobQueue(new Timers(registry), TEST_SETTINGS, metrics, new SystemClock());
  return { registry, queue };
};

describe('InProcessJobQueue', () => {
  itIsAJobQueue(async () => {
    const { queue } = open();
    return { queue, newWorkers: () => queue, close: () => queue.drain(1_000) };
  });

  it('leaves no timer behind', async () => {
    const { queue, registry } = open();
    queue.attach(new Recorder().handlers([testJob()]));
    await queue.start();
    await queue.enqueue(testJob(), { id: 'a' }, { delayMs: 60_000 });
    await queue.schedule('tick', testJob(), { id: 'b' }, 60_000);
    expect([registry.getTimeouts().length, registry.getIntervals().length]).toEqual([3, 0]);
    await queue.drain(1_000);
    expect([registry.getTimeouts(), registry.getIntervals()]).toEqual([[], []]);
  });

  it('refuses loudly what nobody in the process would run', async () => {
    const { queue } = open();
    await expect(queue.enqueue(testJob(), { id: 'a' })).rejects.toThrow(NoJobHandlersError);
    await expect(queue.schedule('tick', testJob(), { id: 'a' }, 1_000)).rejects.toThrow(/TEST_JOB/);
  });

  it('knows whether it takes jobs', async () => {
    const { queue } = open();
    queue.attach(new Recorder().handlers([testJob()]));
    expect(await queue.isAnyAlive()).toBe(false);
    await queue.start();
    expect(await queue.isAnyAlive()).toBe(true);
    await queue.drain(100);
    expect(await queue.isAnyAlive()).toBe(false);
  });

  it('takes up what was enqueued before it was started', async () => {
    const { queue } = open();
    const recorder = new Recorder();
    queue.attach(recorder.handlers([testJob()]));
    await queue.enqueue(testJob(), { id: 'a' });
    await queue.start();
    await until(() => recorder.runs.length === 1);
    await queue.drain(100);
    expect(recorder.runs[0]?.payload.id).toBe('a');
  });
});
