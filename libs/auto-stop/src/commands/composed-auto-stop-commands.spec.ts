import {
  type InstanceId,
  type InstanceRecord,
  type InstanceStore,
  SpendMeter,
  type SpendReading,
} from '@app/instance-store';
import { WorkerPresence } from '@app/jobs';
import { type Problem, timestampFromMs } from '@app/platform';
import { SequentialIds } from '@app/testing';
import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anIdleCost } from '../../test/auto-stop-stats-store.conformance.js';
import { MINUTE, minutes, NOW } from '../../test/fakes/an-idle-instance.js';
import { CheckWorld } from '../../test/fakes/check-world.js';
import { ReadStats } from '../stats/read-stats.js';
import { ComposedAutoStopCommands } from './composed-auto-stop-commands.js';
import { Leases } from './leases.js';

beforeAll(() => Logger.overrideLogger(false));

const CALLER = { keyName: 'trainer' };
const TODAY = Math.floor(NOW / 86_400_000);

class FakeWorkers extends WorkerPresence {
  alive = true;

  override isAnyAlive(): Promise<boolean> {
    return Promise.resolve(this.alive);
  }
}

/** Shows what a test says. */
class FakeMeter extends SpendMeter {
  saved: ReadonlyMap<number, number> = new Map();
  savedInAllUsd = 0;
  askedSince = 0;

  override read(sinceDay: number): Promise<SpendReading> {
    this.askedSince = sinceDay;
    const now = { usdPerHour: 0, byStatus: {}, byRegion: {}, byProduct: {}, unpriced: 0 };
    return Promise.resolve({
      now,
      spentByDay: new Map(),
      savedByDay: this.saved,
      savedInAllUsd: this.savedInAllUsd,
      bookedAt: null,
    });
  }

  override async byInstance(): Promise<never> {
    throw new Error('not asked for');
  }

  override async accrue(): Promise<never> {
    throw new Error('not asked for');
  }
}

let world: CheckWorld;
let workers: FakeWorkers;
let commands: ComposedAutoStopCommands;
let store: InstanceStore;
let meter: FakeMeter;

beforeEach(() => {
  world = new CheckWorld();
  ({ store } = world);
  meter = new FakeMeter();
  workers = new FakeWorkers();
  const { check, stats, queue, suspension, clock, options, picture } = world;
  const figures = new ReadStats(stats, meter, queue, suspension, clock, options);
  const leases = new Leases(store.records, store.idle, clock, options);
  commands = new ComposedAutoStopCommands(
    store.records,
    store.idle,
    leases,
    check,
    figures,
    picture,
    queue,
    workers,
    new SequentialIds(),
    clock,
    options,
  );
});

const refusalOf = async (call: Promise<unknown>): Promise<Problem['details'] & { code: string; status: number }> => {
  const problem = await call.then(
    () => null,
    (error: Problem) => error,
  );
  if (problem === null) throw new Error('it was not refused');
  return { ...problem.details, code: problem.type.code, status: problem.type.status };
};
const lease = (until: number, reason = 'a long job') => ({ until: minutes(until), reason });

describe('a lease', () => {
  it('keeps an idle instance and is entered in its ledger; its idle time begins with its end', async () => {
    const { id, novitaInstanceId } = await world.add();
    const { record } = await commands.lease(novitaInstanceId ?? id, lease(60), CALLER);
    expect(record.autoStop.lease).toEqual({ until: minutes(60), by: 'user:trainer', reason: 'a long job' });
    expect((await store.audit.entries(id, 1))[0]).toMatchObject({ kind: 'lease', by: 'user:trainer', to: minutes(60) });
    expect(await world.run()).toMatchObject({ checked: 0 });
    world.clock.set(NOW + 80 * MINUTE - 1);
    world.picture.asOf = minutes(79);
    expect((await commands.explain(id)).evaluation).toMatchObject({ verdict: 'warn', idleSince: minutes(60) });
    world.clock.advance(1);
    expect(await world.run()).toMatchObject({ stopped: 1 });
  });

  it('replaces the one before, and keeps the other settings', async () => {
    const { id } = await world.add({ autoStop: { thresholdMinutes: 30 } });
    await commands.lease(id, lease(60), CALLER);
    const { record } = await commands.lease(id, lease(5, 'shorter'), CALLER);
    expect(record.autoStop).toEqual({
      thresholdMinutes: 30,
      lease: { until: minutes(5), by: 'user:trainer', reason: 'shorter' },
    });
  });

  it.each([
    ['in the past', -1],
    ['now', 0],
    ['beyond the longest', 24 * 60 + 0.001],
  ])('is refused when it ends %s', async (_, until) => {
    const { id } = await world.add();
    const refusal = await refusalOf(commands.lease(id, lease(until), CALLER));
    expect(refusal).toMatchObject({ code: 'lease-not-plausible', status: 422, errors: [{ pointer: '/until' }] });
    expect(refusal.errors?.[0]?.detail).toContain(minutes(24 * 60));
    expect((await store.records.get(id))?.record.revision).toBe(1);
  });

  it('may be as long as the longest', async () => {
    const { id } = await world.add();
    expect((await commands.lease(id, lease(24 * 60), CALLER)).record.autoStop.lease?.until).toBe(minutes(24 * 60));
  });

  it.each([
    ['not-adopted', { origin: 'discovered' }],
    ['instance-terminated', { status: 'terminated' }],
  ] as const)('is refused with %s', async (code, overrides) => {
    const { id, novitaInstanceId } = await world.add(overrides);
    for (const call of [commands.lease(id, lease(60), CALLER), commands.endLease(id, CALLER)]) {
      const refusal = await refusalOf(call);
      expect(refusal).toMatchObject({ code, status: 409 });
      if (code === 'not-adopted') expect(refusal.suggestion).toContain(`/orphans/${novitaInstanceId}/adopt`);
    }
  });

  it('is refused for an instance that is not there', async () => {
    const id = 'ins_00000000000000000000000000' as InstanceId;
    for (const call of [commands.lease(id, lease(60), CALLER), commands.endLease(id, CALLER), commands.explain(id)]) {
      expect(await refusalOf(call)).toMatchObject({ code: 'instance-not-found', status: 404 });
    }
  });
});

describe('the end of a lease', () => {
  it('leaves one alone that was given while it ended', async () => {
    const { id } = await world.add();
    await commands.lease(id, lease(60), CALLER);
    const touch = store.idle.touch.bind(store.idle);
    store.idle.touch = async (...args) => {
      await commands.lease(id, lease(120, 'the next job'), CALLER);
      return touch(...args);
    };
    const { record } = await commands.endLease(id, CALLER);
    expect(record.autoStop.lease).toMatchObject({ until: minutes(120), reason: 'the next job' });
    expect((await store.audit.entries(id, 1))[0]).toMatchObject({ kind: 'lease', to: minutes(120) });
  });

  it('lets the idle time begin then, not hours ago when the instance was last used', async () => {
    const { id } = await world.add({ timestamps: { ready: minutes(-600) } });
    await commands.lease(id, lease(60), CALLER);
    world.clock.advance(MINUTE);
    const { record } = await commands.endLease(id, CALLER);
    expect(record.autoStop).toEqual({});
    expect((await store.audit.entries(id, 1))[0]).toMatchObject({ kind: 'lease', from: minutes(60) });
    expect((await commands.explain(id)).evaluation).toMatchObject({
      verdict: 'keep',
      rule: 'used-lately',
      idleSince: minutes(1),
      stopAt: minutes(21),
    });
    expect(await world.run()).toMatchObject({ checked: 0 });
  });

  it('is when it ended by itself, should that be earlier', async () => {
    const { id } = await world.add({ timestamps: { ready: minutes(-600) } });
    await commands.lease(id, lease(10), CALLER);
    world.clock.advance(18 * MINUTE);
    await commands.endLease(id, CALLER);
    expect((await commands.explain(id)).evaluation).toMatchObject({ idleSince: minutes(10), stopAt: minutes(30) });
  });

  it('changes nothing where there is none', async () => {
    const { id } = await world.add();
    const stored = await commands.endLease(id, CALLER);
    expect([stored.record.revision, stored.lastUsedAt]).toEqual([1, null]);
  });
});

describe('an explanation', () => {
  it('rests on all that is known and writes nothing', async () => {
    const { id } = await world.add();
    await store.idle.touch(id, minutes(-3), 'user:gateway');
    const before = (await world.announced()).length;
    const { stored, evaluation } = await commands.explain(id);
    expect(stored.lastUsedAt).toBe(minutes(-3));
    expect(evaluation.signs[0]).toMatchObject({ kind: 'use', by: 'user:gateway' });
    expect((await world.announced()).length).toBe(before);
  });
});

describe('a check that somebody asks for', () => {
  it('is made at once when it is dry', async () => {
    const record: InstanceRecord = await world.add();
    const answer = await commands.trigger({ dryRun: true }, CALLER);
    expect(answer).toMatchObject({ kind: 'report', report: { dryRun: true, trigger: 'manual', eligible: 1 } });
    expect(await world.statusOf(record)).toBe('ready');
    expect(world.queue.enqueued).toEqual([]);
  });

  it('is handed to a worker otherwise', async () => {
    const answer = await commands.trigger({ dryRun: false }, CALLER);
    if (answer.kind !== 'begun') throw new Error('it was not begun');
    expect(world.queue.enqueued).toEqual([
      { job: 'AUTO_STOP_CHECK', payload: { trigger: 'manual', checkId: answer.checkId } },
    ]);
  });

  it('is refused when there is no worker, a dry one never', async () => {
    workers.alive = false;
    const refusal = await refusalOf(commands.trigger({ dryRun: false }, CALLER));
    expect(refusal).toMatchObject({ code: 'no-worker', status: 503, retryAfterSeconds: 10 });
    expect(world.queue.enqueued).toEqual([]);
    expect(await commands.trigger({ dryRun: true }, CALLER)).toMatchObject({ kind: 'report' });
  });
});

describe('the statistics', () => {
  it('are empty before the first check', async () => {
    expect(await commands.stats()).toEqual({
      enabled: true,
      intervalMs: 300_000,
      thresholdMs: 1_200_000,
      warningMs: 300_000,
      lastRun: null,
      nextRun: null,
      totals: { checked: 0, eligible: 0, stopped: 0, failed: 0 },
      suspended: null,
      idle: null,
      savedUsd: 0,
      savedByDay: [],
    });
  });

  it('show the latest check, the next one if a job exists, and what was saved', async () => {
    await world.add();
    await world.run();
    world.queue.nextRun = minutes(4);
    meter.saved = new Map([
      [TODAY, 2.5],
      [TODAY - 1, 10],
    ]);
    meter.savedInAllUsd = 112.5;
    await world.stats.noteIdle(anIdleCost());
    const stats = await commands.stats();
    expect(stats).toMatchObject({
      nextRun: minutes(4),
      savedUsd: 112.5,
      idle: anIdleCost(),
      lastRun: { stopped: 1, suspended: null },
    });
    expect(stats.lastRun).not.toHaveProperty('verdicts');
    expect(stats.savedByDay).toEqual([
      { day: timestampFromMs((TODAY - 1) * 86_400_000).slice(0, 10), usd: 10 },
      { day: '2026-06-01', usd: 2.5 },
    ]);
    expect(meter.askedSince).toBe(TODAY - 61);
  });

  it('say at once that auto-stop is suspended, not only after the next check', async () => {
    world.picture.asOf = null;
    expect((await commands.stats()).suspended).toBe('no sync has shown the instances yet');
  });
});
