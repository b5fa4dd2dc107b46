import { JobTimeoutError } from '@app/jobs';
import { timestampFromMs } from '@app/platform';
import type { LockHold } from '@app/redis';
import type { RunStatus } from '@app/sync-status';
import { SyncStatusUnavailableError } from '@app/sync-status';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { anOrder, aVerdict, FakePass, NEVER, RunWorld } from '../../test/fakes/run-world.js';
import { SYNC_KINDS, type SyncReport } from '../model/sync-run.js';
import type { RunOutcome } from './sync-runner.js';

Logger.overrideLogger(false);

let world: RunWorld;
let pass: FakePass;

beforeEach(() => {
  world = new RunWorld();
  pass = new FakePass();
});

const reportIn = (outcome: RunOutcome): SyncReport => {
  if (outcome.kind !== 'ended') throw new Error(`the run was ${outcome.kind}`);
  return outcome.report;
};

const retries = () => world.queue.enqueued.filter(({ job }) => job === 'SYNC_FLEET');
const statusNow = async (): Promise<RunStatus> => (await world.status.read()).run;

describe('a run', () => {
  it('goes through the steps, mirrors every list, and publishes it', async () => {
    world.queue.nextRun = timestampFromMs(world.clock.now() + 60_000);
    const startedAt = world.clock.timestamp();
    pass.found = { verdict: aVerdict({ distinct: 3, total: 3, startedAt }) };
    const order = anOrder();
    const report = reportIn(await world.runner(pass).run(order, NEVER));

    expect(report).toMatchObject({ runId: order.runId, outcome: 'completed', error: null, novitaInstances: 3 });
    expect([...world.mirror.kept.keys()].sort()).toEqual(SYNC_KINDS.filter((kind) => kind !== 'instances').sort());
    const status = await statusNow();
    expect(status).toMatchObject({
      runId: order.runId,
      state: 'completed',
      step: 'done',
      leaseUntil: null,
      instancesAsOf: startedAt,
      lastSuccess: { runId: order.runId },
      nextRunAt: world.queue.nextRun,
      retry: { count: 0, nextAt: null },
    });
    expect(status.resources.map(({ status }) => status)).toEqual(SYNC_KINDS.map(() => 'completed'));
    expect(await world.status.history(10)).toMatchObject([{ runId: order.runId, outcome: 'completed' }]);
    expect(await world.notes.result(order.runId)).toMatchObject({ kind: 'report', report: { runId: order.runId } });
    expect(await world.memoryLocks.holder('sync')).toBeNull();
    // A listing may change what the fleet costs.
    expect(world.queue.enqueued).toEqual([{ job: 'SPEND_ACCRUAL', payload: {}, delayMs: 0 }]);
  });

  it('that listed no instances has nothing accrued anew', async () => {
    await world.runner(pass).run(anOrder({ resources: ['jobs'] }), NEVER);
    expect(world.queue.enqueued).toEqual([]);
  });

  it('publishes each step in order, and progress that never goes back', async () => {
    pass.work = ({ onProgress }) => {
      for (const count of [100, 200, 150, 300]) onProgress(count, 300);
      return Promise.resolve();
    };
    await world.runner(pass).run(anOrder(), NEVER);
    const events = await world.events();
    expect(events[0]?.type).toBe('sync.started');
    expect(events.at(-1)?.type).toBe('sync.completed');
    const steps = events.map(({ run }) => ['cleanup', 'sync', 'informer', 'done'].indexOf(run.step ?? ''));
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(new Set(steps)).toEqual(new Set([0, 1, 2, 3]));
    const counts = events.map(({ run }) => run.resources.find(({ name }) => name === 'instances')?.count ?? 0);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    // Pages that come at once are published together.
    expect([counts[0], counts.at(-1)]).toEqual([0, 300]);
    const settled = events.map(({ run }) => run.resources.filter(({ status }) => status === 'completed').length);
    expect(settled).toEqual(settled.toSorted((a, b) => a - b));
  });

  it('names the kinds that fail, and goes on with the others', async () => {
    world.lists.faults.set('jobs', new Error('Novita said 500'));
    world.lists.faults.set('clusters', new Error('no route'));
    const startedAt = world.clock.timestamp();
    pass.found = { verdict: aVerdict({ startedAt }) };
    const report = reportIn(await world.runner(pass).run(anOrder({ trigger: 'schedule' }), NEVER));
    expect(report.outcome).toBe('failed');
    expect(report.failures).toEqual(
      expect.arrayContaining([
        { resource: 'jobs', error: 'Novita said 500' },
        { resource: 'clusters', error: 'no route' },
      ]),
    );
    const status = await statusNow();
    expect(status).toMatchObject({ state: 'failed', instancesAsOf: startedAt, lastSuccess: null });
    expect(status.error).toContain('Novita said 500 (jobs)');
    expect(status.error).toContain('no route (clusters)');
    expect(world.mirror.kept.has('templates')).toBe(true);
    expect(world.mirror.kept.has('jobs')).toBe(false);
    expect(pass.contexts).toHaveLength(1);
  });

  it('keeps a published error short, however long the provider is', async () => {
    world.lists.faults.set('jobs', new Error('x'.repeat(10_000)));
    await world.runner(pass).run(anOrder(), NEVER);
    expect((await statusNow()).error?.length).toBeLessThan(2_100);
  });

  it('does only what was asked for', async () => {
    await world.runner(pass).run(anOrder({ resources: ['jobs'] }), NEVER);
    expect(pass.contexts).toHaveLength(0);
    expect(world.lists.asked).toEqual(['jobs']);
    expect((await statusNow()).resources.map(({ name }) => name)).toEqual(['jobs']);
  });

  it('takes prices from its own lists, or from the mirror where they fail', async () => {
    const gpu = { id: 'gpu-products-1', onDemandUsdPerHour: 2 };
    world.mirror.kept.set('gpu-products', { items: [gpu], asOf: world.clock.timestamp() });
    world.lists.faults.set('gpu-products', new Error('away'));
    await world.runner(pass).run(anOrder(), NEVER);
    const prices = await pass.contexts[0]?.prices;
    const what = { productId: 'gpu-products-1', productName: null, gpuNum: 2, billingMode: null };
    expect(prices?.usdPerHour(what)).toBe(4);
  });

  it('ends as failed when the records cannot be read', async () => {
    world.store.records.counts = () => Promise.reject(new Error('the store is away'));
    const report = reportIn(await world.runner(pass).run(anOrder({ trigger: 'schedule' }), NEVER));
    expect(report).toMatchObject({ outcome: 'failed', error: 'the store is away' });
    expect(await statusNow()).toMatchObject({ state: 'failed', error: 'the store is away', retry: { count: 1 } });
  });

  it('ends as failed at its time limit', async () => {
    const limit = new AbortController();
    pass.work = ({ signal }) => {
      limit.abort(new JobTimeoutError('SYNC_FLEET ran longer than 1 ms'));
      return Promise.reject(signal.reason as Error);
    };
    const report = reportIn(await world.runner(pass).run(anOrder(), limit.signal));
    expect(report).toMatchObject({ outcome: 'failed', error: 'SYNC_FLEET ran longer than 1 ms' });
    expect(await statusNow()).toMatchObject({ state: 'failed' });
  });
});

describe('a failed run', () => {
  const fail = async (trigger: 'schedule' | 'retry' | 'manual' | 'startup'): Promise<void> => {
    world.lists.faults.set('jobs', new Error('no'));
    await world.runner().run(anOrder({ trigger }), NEVER);
  };

  it('asks for its retry, with pauses that double, five times in a row', async () => {
    for (let run = 0; run < 8; run += 1) await fail(run === 0 ? 'schedule' : 'retry');
    expect(retries().map(({ delayMs }) => delayMs / 1_000)).toEqual([30, 60, 120, 240, 480]);
    expect(retries().map(({ payload }) => payload['retry'])).toEqual([1, 2, 3, 4, 5]);
    expect((await statusNow()).retry).toEqual({ count: 8, nextAt: null });
  });

  it('shows how many failed in a row and when the next try is, until one succeeds', async () => {
    await fail('startup');
    const nextAt = timestampFromMs(world.clock.now() + 30_000);
    expect((await statusNow()).retry).toEqual({ count: 1, nextAt });
    world.lists.faults.clear();
    await world.runner().run(anOrder({ trigger: 'retry' }), NEVER);
    expect((await statusNow()).retry).toEqual({ count: 0, nextAt: null });
  });

  it('by hand is not tried again by itself', async () => {
    await fail('manual');
    expect(retries()).toEqual([]);
    expect((await statusNow()).retry).toEqual({ count: 1, nextAt: null });
  });

  it('says so although the queue is away', async () => {
    world.queue.available = false;
    await fail('schedule');
    expect(await statusNow()).toMatchObject({ state: 'failed', retry: { count: 1, nextAt: null } });
  });
});

describe('a dry run', () => {
  it('leaves no trace but its result', async () => {
    const before = await world.status.read();
    const actions = [{ action: 'remove', novitaInstanceId: 'n', name: 'a', reason: 'because' }] as const;
    pass.found = { actions, actionCount: 1 };
    let purpose: string | undefined;
    pass.work = async () => {
      purpose = (await world.memoryLocks.holder('sync'))?.purpose;
    };
    const order = anOrder({ dryRun: true });
    const report = reportIn(await world.runner(pass).run(order, NEVER));
    expect(report).toMatchObject({ actions, actionCount: 1, options: { dryRun: true } });
    expect(purpose).toBe(`${order.runId} dry-run`);
    expect(pass.contexts[0]?.hold).toBeNull();
    expect(await world.status.read()).toEqual(before);
    expect(await world.status.history(10)).toEqual([]);
    expect(await world.feedEntries()).toEqual([]);
    expect(world.mirror.kept.size).toBe(0);
    expect(await world.notes.result(order.runId)).toEqual({ kind: 'report', report });
    expect(await world.memoryLocks.holder('sync')).toBeNull();
  });

  it('that fails asks for no retry', async () => {
    world.lists.faults.set('jobs', new Error('no'));
    reportIn(await world.runner().run(anOrder({ dryRun: true, trigger: 'schedule' }), NEVER));
    expect(world.queue.enqueued).toEqual([]);
  });
});

describe('a held listing', () => {
  const summary = { since: timestampFromMs(5), reason: 'too many', wouldRemove: 9 };
  const hold = async (): Promise<void> => {
    pass.found = { held: { summary, ids: ['a', 'b'] } };
    await world.runner(pass).run(anOrder(), NEVER);
  };

  it('is published, and is there for the next run', async () => {
    await hold();
    const events = await world.events();
    expect(events.map(({ type }) => type).slice(-2)).toEqual(['sync.held', 'sync.completed']);
    expect(events.at(-2)?.run).toMatchObject({ state: 'in_progress', held: summary });
    expect(await statusNow()).toMatchObject({ state: 'completed', held: summary });
    pass.found = {};
    await world.runner(pass).run(anOrder(), NEVER);
    expect(pass.contexts.at(-1)?.heldBefore).toEqual({ summary, ids: ['a', 'b'] });
  });

  it('is over after a clean listing that does not trip', async () => {
    await hold();
    pass.found = {};
    await world.runner(pass).run(anOrder(), NEVER);
    expect((await statusNow()).held).toBeNull();
    expect(await world.notes.heldIds()).toBeNull();
  });

  it.each([
    ['an unclean listing', { verdict: aVerdict({ clean: false, reason: 'drift' }) }, {}],
    ['a run that leaves missing ones alone', {}, { handleObsoleteInstances: false }],
    ['a run of other kinds', {}, { resources: ['jobs'] as const }],
  ])('outlasts %s', async (_, found, order) => {
    await hold();
    pass.found = found;
    await world.runner(pass).run(anOrder(order), NEVER);
    expect((await statusNow()).held).toEqual(summary);
    expect(await world.notes.heldIds()).toEqual(['a', 'b']);
  });
});

describe('a status that cannot be written for a moment', () => {
  beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 20 }));
  afterEach(() => void vi.useRealTimers());

  it('does not end the run, whose end is published all the same', async () => {
    const publish = world.status.publish.bind(world.status);
    let faults = 0;
    const spy = vi.spyOn(world.status, 'publish').mockImplementation((type, run, lockHold: LockHold, options) => {
      const fails = faults < 3 && (run.step === 'sync' || type === 'sync.completed');
      if (!fails) return publish(type, run, lockHold, options);
      faults += 1;
      return Promise.reject(new SyncStatusUnavailableError('away'));
    });
    pass.work = ({ onProgress }) => {
      onProgress(1, 1);
      return Promise.resolve();
    };
    expect((await world.runner(pass).run(anOrder(), NEVER)).kind).toBe('ended');
    expect(faults).toBe(3);
    expect(await statusNow()).toMatchObject({ state: 'completed' });
    spy.mockRestore();
  });
});
