import { type InstanceRecord, releasedBy, updateInstance } from '@app/instance-store';
import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { MINUTE, minutes, NOW } from '../../test/fakes/an-idle-instance.js';
import { CheckWorld } from '../../test/fakes/check-world.js';

beforeAll(() => Logger.overrideLogger(false));

const GATEWAY = 'user:gateway';

/** A world in which two endpoints hold stops, and a check has met an idle instance. */
async function held(overrides: Parameters<CheckWorld['add']>[0] = {}) {
  const world = new CheckWorld();
  world.holders.endpointIds = ['whe_a', 'whe_b'];
  const { id } = await world.add(overrides);
  expect(await world.run()).toMatchObject({ checked: 1, eligible: 1, stopped: 0 });
  const read = async (): Promise<InstanceRecord> => {
    const stored = await world.store.records.get(id);
    if (stored === null) throw new Error('it is gone');
    return stored.record;
  };
  /** As the pass of the life cycle does when the hold is over. */
  const goOn = async (): Promise<InstanceRecord> => {
    const stored = await world.store.records.get(id);
    if (stored === null) throw new Error('it is gone');
    await world.heldStops.goOn(stored, AbortSignal.timeout(10_000));
    return read();
  };
  const release = async (endpointId: string): Promise<void> => {
    const since = (await read()).stopHold?.since ?? minutes(0);
    const at = world.clock.timestamp();
    await updateInstance(world.store.records, id, { kind: 'command' }, (record) =>
      releasedBy(record, endpointId, since, at),
    );
  };
  const log = async () => (await world.store.audit.entries(id, 10)).filter(({ kind }) => kind === 'hold');
  return { world, id, read, goOn, release, log };
}

describe('the stop of an idle instance that endpoints hold', () => {
  it('waits: nothing has changed but that it is pending, and the reason says so', async () => {
    const { world, id, read, log } = await held();
    const record = await read();
    expect(record).toMatchObject({
      status: 'ready',
      desired: { state: 'running' },
      deadlines: { holdUntil: minutes(2) },
    });
    expect(record.stopHold).toMatchObject({ by: 'auto-stop', since: minutes(0), until: minutes(2), ended: null });
    expect(world.queue.enqueued).toEqual([{ job: 'RECONCILE_INSTANCE', payload: { instanceId: id } }]);
    expect(await log()).toMatchObject([
      { by: 'auto-stop', to: 'held', reason: expect.stringContaining('whe_a, whe_b') },
    ]);
    const { evaluation } = await world.explanations.explain(id);
    expect(evaluation).toMatchObject({ verdict: 'keep', rule: 'held', stopAt: minutes(2), nextEvaluation: minutes(2) });
    expect(evaluation.reason).toContain(
      `its stop is held since ${minutes(0)}: it waits for whe_a, whe_b until ${minutes(2)}`,
    );
    const types = (await world.announced()).map(({ type }) => type);
    expect(types).toEqual(['instance.created', 'instance.stop_pending']);
    // A check in between leaves it alone.
    world.clock.advance(MINUTE);
    expect(await world.run()).toMatchObject({ checked: 1, stopped: 0, failed: 0 });
    expect((await read()).revision).toBe(record.revision);
  });

  it('goes on when all have released it', async () => {
    const { world, goOn, release, log } = await held();
    world.clock.advance(1_000);
    await release('whe_a');
    world.clock.advance(1_000);
    await release('whe_b');
    const record = await goOn();
    expect(record).toMatchObject({ status: 'stopping', desired: { state: 'stopped', by: 'auto-stop' } });
    expect(record.stopHold?.ended).toMatchObject({ outcome: 'released', by: 'auto-stop' });
    expect(record.deadlines.holdUntil).toBeUndefined();
    expect((await log())[0]).toMatchObject({ from: 'held', to: 'released' });
    expect((await world.announced()).slice(-2).map(({ type }) => type)).toEqual([
      'instance.stopping',
      'instance.stop_hold_ended',
    ]);
    expect(await world.metric('stopped')).toBe(1);
    expect((await world.stats.read()).totals).toMatchObject({ eligible: 1, stopped: 1 });
  });

  it('goes on when its time is over, by a check as well', async () => {
    const { world, read, log } = await held();
    world.clock.advance(2 * MINUTE);
    expect(await world.run()).toMatchObject({ checked: 1, stopped: 1 });
    expect((await read()).stopHold?.ended).toMatchObject({ at: minutes(2), outcome: 'timed-out' });
    expect((await log())[0]).toMatchObject({ to: 'timed-out' });
  });

  it('waits as long as the instance says', async () => {
    const { read } = await held({ autoStop: { holdMinutes: 25 } });
    expect((await read()).stopHold?.until).toBe(minutes(25));
  });

  it('is called off by a use, and held anew in the next idle period', async () => {
    const { world, id, read, goOn, log } = await held();
    world.clock.advance(MINUTE);
    await world.store.idle.touch(id, minutes(1), GATEWAY);
    expect((await world.explanations.explain(id)).evaluation.rule).toBe('used-lately');
    world.clock.advance(MINUTE);
    const record = await goOn();
    expect(record).toMatchObject({ status: 'ready', desired: { state: 'running' } });
    expect(record.stopHold?.ended).toEqual({ at: minutes(2), outcome: 'called-off', by: GATEWAY });
    expect((await log())[0]).toMatchObject({ by: GATEWAY, to: 'called-off' });
    expect((await world.announced()).at(-1)).toMatchObject({ type: 'instance.stop_hold_ended' });
    world.clock.set(NOW + 21 * MINUTE);
    await world.run();
    expect((await read()).stopHold).toMatchObject({ since: minutes(21), ended: null });
  });

  it.each([
    ['a lease', { lease: { until: minutes(60), by: GATEWAY, reason: 'long' } }, GATEWAY],
    ['its settings', { enabled: false }, 'auto-stop'],
  ])('is called off by %s', async (_what, autoStop, by) => {
    const { world, id, goOn } = await held();
    await updateInstance(world.store.records, id, { kind: 'command' }, (record) => ({ ...record, autoStop }));
    world.clock.advance(2 * MINUTE);
    const record = await goOn();
    expect(record).toMatchObject({ status: 'ready', stopHold: { ended: { outcome: 'called-off', by } } });
  });

  it('loses against a use that comes while it is decided anew', async () => {
    const { world, id, goOn } = await held();
    world.clock.advance(2 * MINUTE);
    const { idle } = world.store;
    const claim = idle.claim.bind(idle);
    vi.spyOn(idle, 'claim').mockImplementationOnce(async (next, basis) => {
      await idle.touch(id, world.clock.timestamp(), GATEWAY);
      return claim(next, basis);
    });
    const record = await goOn();
    expect(record).toMatchObject({ status: 'ready', stopHold: { ended: { outcome: 'called-off' } } });
  });

  it('does not begin when the instance is used in the same moment', async () => {
    const world = new CheckWorld();
    world.holders.endpointIds = ['whe_a'];
    const { id } = await world.add();
    vi.spyOn(world.holders, 'of').mockImplementationOnce(async () => {
      await world.store.idle.touch(id, minutes(0), GATEWAY);
      return ['whe_a'];
    });
    expect((await world.run()).verdicts[0]?.outcome).toBe('used-meanwhile');
    expect((await world.store.records.get(id))?.record.stopHold).toBeNull();
  });

  it('is not held twice when old data keeps it after the hold', async () => {
    const { world, read, goOn } = await held();
    world.freshness.asOf = minutes(-100);
    world.clock.advance(2 * MINUTE);
    expect(await goOn()).toMatchObject({ status: 'ready', stopHold: { ended: { outcome: 'timed-out' } } });
    world.freshness.asOf = minutes(2);
    expect(await world.run()).toMatchObject({ stopped: 1 });
    expect((await read()).status).toBe('stopping');
    expect(world.holders.asked).toBe(1);
  });

  it('is left for another try while Redis has only just come back: a use may still be on its way', async () => {
    const { world, goOn } = await held();
    world.clock.advance(2 * MINUTE);
    world.redis.noteRound(new Error('Connection is closed.'));
    world.redis.noteRound(null);
    expect((await goOn()).stopHold?.ended).toBeNull();
  });

  it('is left for another try when it cannot be decided', async () => {
    const { world, read, goOn } = await held();
    world.clock.advance(2 * MINUTE);
    vi.spyOn(world.store.idle, 'claim').mockRejectedValueOnce(new Error('odd'));
    expect((await goOn()).stopHold?.ended).toBeNull();
    expect(await goOn()).toMatchObject({ status: 'stopping' });
    expect((await read()).stopHold?.ended?.outcome).toBe('timed-out');
  });
});

describe('without endpoints that hold', () => {
  it('the stop is written at once', async () => {
    const world = new CheckWorld();
    const record = await world.add();
    expect(await world.run()).toMatchObject({ stopped: 1 });
    expect((await world.store.records.get(record.id))?.record.stopHold).toBeNull();
  });

  it('nobody is asked who holds while nothing is to be stopped', async () => {
    const world = new CheckWorld();
    await world.add({ timestamps: { ready: minutes(-16) } });
    await world.add({ autoStop: { enabled: false } });
    expect(await world.run()).toMatchObject({ warned: 1, stopped: 0 });
    expect(world.holders.asked).toBe(0);
  });
});
