import { msFromTimestamp } from '@app/platform';
import { type RedisFixture, startRedis } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobWorkers } from '../src/running/job-workers.port.js';
import { type BullMqHarness, openBullMq } from './bullmq-harness.js';
import { idle, Recorder, testJob, until } from './fixtures.js';

describe('a schedule in BullMQ', () => {
  let redis: RedisFixture;
  let harness: BullMqHarness;
  let recorder: Recorder;
  let started: JobWorkers[];
  const job = testJob();

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(() => {
    harness = openBullMq(redis.url);
    recorder = new Recorder();
    started = [];
  });
  afterEach(async () => {
    await Promise.all(started.map((workers) => workers.drain(1_000)));
    await harness.close();
  });

  const start = async (): Promise<void> => {
    const workers = harness.newWorkers();
    workers.attach(recorder.handlers([job]));
    await workers.start();
    started.push(workers);
  };
  const schedule = (everyMs: number): Promise<void> => harness.queue.schedule('tick', job, { id: 'a' }, everyMs);
  const next = async (): Promise<number | null> => {
    const answer = await harness.queue.nextRunOf('tick', job);
    return answer === null ? null : msFromTimestamp(answer);
  };

  /** Scheduled, and run once. @returns when the next run is due, and the id of its job */
  const afterFirstRun = async (everyMs: number): Promise<{ readonly due: number; readonly id: string }> => {
    await start();
    await schedule(everyMs);
    await until(() => recorder.runs.length === 1);
    await idle(harness.queue, 1);
    const due = (await next()) ?? Number.NaN;
    return { due, id: `repeat:tick:${due}` };
  };

  const losses: readonly [string, (id: string) => Promise<unknown>][] = [
    ['its job', (id) => harness.probe.multi().zrem(harness.raw.toKey('delayed'), id).del(harness.raw.toKey(id)).exec()],
    ["its job's place among the delayed", (id) => harness.probe.zrem(harness.raw.toKey('delayed'), id)],
    ["its job's record", (id) => harness.probe.del(harness.raw.toKey(id))],
    ['all delayed jobs', () => harness.probe.del(harness.raw.toKey('delayed'))],
  ];

  it.each(losses)(
    'that lost %s has no next run until it is asserted again, then runs when it was to',
    async (_, lose) => {
      const { due, id } = await afterFirstRun(1_200);
      await lose(id);
      expect(await next()).toBeNull();
      await Promise.all([1, 2, 3, 4].map(() => schedule(1_200)));
      expect(await next()).toBe(due);
      await until(() => recorder.runs.length >= 2, 4_000);
      expect(recorder.runs[1]?.startedAt).toBeGreaterThanOrEqual(due - 2);
      await until(() => recorder.runs.length >= 3, 4_000);
      await harness.queue.unschedule('tick', job);
    },
  );

  it('that lost its job runs at once when it is asserted after its time', async () => {
    const { due, id } = await afterFirstRun(3_600_000);
    await harness.probe.multi().zrem(harness.raw.toKey('delayed'), id).del(harness.raw.toKey(id)).exec();
    const past = due - 7_200_000;
    await harness.probe.zadd(harness.raw.toKey('repeat'), past, 'tick');
    expect(await next()).toBeNull();
    await Promise.all([1, 2, 3, 4].map(() => schedule(3_600_000)));
    await until(() => recorder.runs.length === 2, 2_000);
    await idle(harness.queue, 1);
    expect(recorder.runs).toHaveLength(2);
    expect(await next()).toBeGreaterThan(Date.now() + 3_000_000);
  });

  it('that is as said costs one command to assert again', async () => {
    await schedule(3_600_000);
    const scripts = async (): Promise<number> =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await harness.probe.info('commandstats'))?.[1]);
    const before = await scripts();
    for (let time = 0; time < 5; time += 1) await schedule(3_600_000);
    expect((await scripts()) - before).toBe(5);
  });

  it('that lost all of Redis begins anew', async () => {
    await afterFirstRun(3_600_000);
    await harness.probe.flushall();
    expect(await next()).toBeNull();
    await schedule(3_600_000);
    await until(() => recorder.runs.length === 2);
  });

  it('whose run waits for a worker is neither lost nor run twice', async () => {
    const before = Date.now();
    await schedule(3_600_000);
    expect(await next()).toBeGreaterThanOrEqual(before);
    expect(await next()).toBeLessThanOrEqual(Date.now());
    await schedule(3_600_000);
    await schedule(1_800_000);
    expect(await harness.queue.counts('lifecycle')).toMatchObject({ waiting: 1, delayed: 0 });
    await start();
    await until(() => recorder.runs.length === 1);
    await idle(harness.queue, 1);
    expect(recorder.runs).toHaveLength(1);
  });

  it('goes on by its old period when its change was interrupted half-way, until it is asserted again', async () => {
    const { due } = await afterFirstRun(400);
    await harness.probe.hdel(harness.raw.toKey('repeat:tick'), 'every', 'offset');
    await until(() => recorder.runs.length >= 3, 3_000);
    expect(recorder.runs[1]?.startedAt).toBeGreaterThanOrEqual(due - 2);
    await schedule(3_600_000);
    const runs = recorder.runs.length;
    await until(() => recorder.runs.length > runs, 3_000);
    expect(await next()).toBeGreaterThan(Date.now() + 3_000_000);
  });

  it('holds its new period after a longer one was missed', async () => {
    await afterFirstRun(3_600_000);
    await schedule(200);
    await until(() => recorder.runs.length === 2, 2_000);
    await Promise.all(started.map((workers) => workers.drain(1_000)));
    const due = (await next()) ?? Number.NaN;
    // Nobody works for several periods.
    await until(() => Date.now() > due + 700);
    await start();
    await until(() => recorder.runs.length >= 4, 2_000);
    await harness.queue.unschedule('tick', job);
  });
});
