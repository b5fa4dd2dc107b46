import { describe, expect, it } from 'vitest';
import { CALLER, setUp } from '../../test/fakes/command-world.js';
import { at } from '../../test/fakes/observations.js';

describe('stopAll', () => {
  it('stops all that is ours and runs, says why the rest is left alone, and only reports in a dry run', async () => {
    const { all, put, queue, store } = setUp();
    const ready = put('ready');
    const creating = put('creating', { novitaInstanceId: null });
    const foreign = put('ready', { origin: 'discovered' });
    const moving = put('migrating');
    put('stopped');
    put('terminated');
    const written = store.history.length;

    const rehearsal = await all.stopAll(CALLER, { dryRun: true });
    expect(rehearsal.stopping.map(({ id }) => id)).toEqual([ready.id, creating.id]);
    expect(store.history).toHaveLength(written);
    expect(queue.enqueued).toEqual([]);

    const { stopping, skipped, failed } = await all.stopAll(CALLER, { dryRun: false });
    expect(stopping).toEqual(rehearsal.stopping);
    expect(skipped.map(({ id }) => id)).toEqual([foreign.id, moving.id]);
    expect(skipped[0]?.reason).toContain('made elsewhere');
    expect(failed).toEqual([]);
    expect(store.now(ready.id)).toMatchObject({ status: 'stopping', desired: { state: 'stopped', by: 'user:ci' } });
    expect(queue.enqueued.map(({ payload }) => payload['instanceId'])).toEqual([ready.id, creating.id]);
    expect(queue.urgent).toHaveLength(2);
  });

  it('stops a failed one that may still run, and leaves one alone that is being stopped', async () => {
    const { all, put } = setUp();
    const failed = put('failed');
    put('failed', { desired: { state: 'stopped', at: at(0), by: 'lifecycle' } });
    put('failed', { novitaInstanceId: null });
    const { stopping, skipped } = await all.stopAll(CALLER, { dryRun: true });
    expect(stopping.map(({ id }) => id)).toEqual([failed.id]);
    expect(skipped).toEqual([]);
  });

  it('stops a reclaimed one that a migration would bring back', async () => {
    const { all, put, store } = setUp();
    const migration = {
      state: 'waiting',
      reclaimSeenAt: at(0),
      since: at(0),
      attempts: 1,
      requestedAt: null,
      jobId: null,
      endedJobId: null,
      nextAttemptAt: at(60),
      arrivedAt: null,
      replaced: null,
    } as const;
    const waiting = put('stopped', { migration, desired: { state: 'running', at: at(0), by: 'user:ci' } });
    put('stopped', { migration, desired: { state: 'stopped', at: at(0), by: 'user:ci' } });
    const failed = put('failed', { migration: { ...migration, state: 'failed' } });
    const { stopping } = await all.stopAll(CALLER, { dryRun: false });
    expect(stopping.map(({ id }) => id)).toEqual([waiting.id, failed.id]);
    expect(store.now(waiting.id)).toMatchObject({ desired: { state: 'stopped' }, migration: { state: 'superseded' } });
  });

  it.each([true, false])('reports what goes on costing and why, in a dry run (%s) too', async (dryRun) => {
    const { all, put } = setUp();
    const price = (usdPerHour: number | null) => ({ price: { usdPerHour } });
    const stopped = { state: 'stopped', at: at(0), by: 'user:ci' } as const;
    const monthly = { spec: { billingMode: 'monthly' } } as const;
    put('ready', price(1));
    put('ready', { ...price(2), origin: 'discovered' });
    put('running', { ...price(null), origin: 'discovered' });
    put('stopped', { ...price(4), origin: 'discovered' });
    put('ready', { ...price(8), ...monthly });
    put('stopped', { ...price(16), ...monthly, desired: stopped });
    put('migrating', price(32));
    put('stopping', { ...price(64), desired: stopped });
    put('stopped', { ...price(128), desired: stopped });
    put('failed', { ...price(256), desired: stopped });
    const { ending, stillCosting } = await all.stopAll(CALLER, { dryRun });
    expect(ending).toEqual({ usdPerHour: 1, instances: 1, unpriced: 0 });
    expect(stillCosting).toEqual({
      usdPerHour: 58,
      instances: 5,
      unpriced: 1,
      byReason: {
        madeElsewhere: { usdPerHour: 2, instances: 2 },
        monthly: { usdPerHour: 24, instances: 2 },
        notStopped: { usdPerHour: 32, instances: 1 },
      },
    });
  });
});
