import type { InstanceId, InstanceStore } from '@app/instance-store';
import type { Problem } from '@app/platform';
import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE, minutes, NOW } from '../../test/fakes/an-idle-instance.js';
import { CheckWorld } from '../../test/fakes/check-world.js';
import { Leases } from './leases.js';

beforeAll(() => Logger.overrideLogger(false));

const CALLER = { keyName: 'trainer' };

let world: CheckWorld;
let store: InstanceStore;
let leases: Leases;

beforeEach(() => {
  world = new CheckWorld();
  ({ store } = world);
  leases = new Leases(store.records, store.idle, world.clock, world.options);
});

const rejectionOf = async (call: Promise<unknown>): Promise<Problem['details'] & { code: string; status: number }> => {
  const problem = await call.then(
    () => null,
    (error: Problem) => error,
  );
  if (problem === null) throw new Error('it was not rejected');
  return { ...problem.details, code: problem.type.code, status: problem.type.status };
};
const lease = (until: number, reason = 'a long job') => ({ until: minutes(until), reason });

describe('a lease', () => {
  it('keeps an idle instance and is entered in its audit log; its idle time begins with its end', async () => {
    const { id, novitaInstanceId } = await world.add();
    const { record } = await leases.lease(novitaInstanceId ?? id, lease(60), CALLER);
    expect(record.autoStop.lease).toEqual({ until: minutes(60), by: 'user:trainer', reason: 'a long job' });
    expect((await store.audit.entries(id, 1))[0]).toMatchObject({ kind: 'lease', by: 'user:trainer', to: minutes(60) });
    expect(await world.run()).toMatchObject({ checked: 0 });
    world.clock.set(NOW + 80 * MINUTE - 1);
    world.freshness.asOf = minutes(79);
    expect((await world.explanations.explain(id)).evaluation).toMatchObject({
      verdict: 'warn',
      idleSince: minutes(60),
    });
    world.clock.advance(1);
    expect(await world.run()).toMatchObject({ stopped: 1 });
  });

  it('replaces the one before, and keeps the other settings', async () => {
    const { id } = await world.add({ autoStop: { thresholdMinutes: 30 } });
    await leases.lease(id, lease(60), CALLER);
    const { record } = await leases.lease(id, lease(5, 'shorter'), CALLER);
    expect(record.autoStop).toEqual({
      thresholdMinutes: 30,
      lease: { until: minutes(5), by: 'user:trainer', reason: 'shorter' },
    });
  });

  it.each([
    ['in the past', -1],
    ['now', 0],
    ['beyond the longest', 24 * 60 + 0.001],
  ])('is rejected when it ends %s', async (_, until) => {
    const { id } = await world.add();
    const rejection = await rejectionOf(leases.lease(id, lease(until), CALLER));
    expect(rejection).toMatchObject({ code: 'lease-not-plausible', status: 422, errors: [{ pointer: '/until' }] });
    expect(rejection.errors?.[0]?.detail).toContain(minutes(24 * 60));
    expect((await store.records.get(id))?.record.revision).toBe(1);
  });

  it('may be as long as the longest', async () => {
    const { id } = await world.add();
    expect((await leases.lease(id, lease(24 * 60), CALLER)).record.autoStop.lease?.until).toBe(minutes(24 * 60));
  });

  it.each([
    ['not-adopted', { origin: 'discovered' }],
    ['instance-terminated', { status: 'terminated' }],
  ] as const)('is rejected with %s', async (code, overrides) => {
    const { id, novitaInstanceId } = await world.add(overrides);
    for (const call of [leases.lease(id, lease(60), CALLER), leases.endLease(id, CALLER)]) {
      const rejection = await rejectionOf(call);
      expect(rejection).toMatchObject({ code, status: 409 });
      if (code === 'not-adopted') expect(rejection.suggestion).toContain(`/orphans/${novitaInstanceId}/adopt`);
    }
  });

  it('is rejected for an instance that is not there', async () => {
    const id = 'ins_00000000000000000000000000' as InstanceId;
    for (const call of [leases.lease(id, lease(60), CALLER), leases.endLease(id, CALLER)]) {
      expect(await rejectionOf(call)).toMatchObject({ code: 'instance-not-found', status: 404 });
    }
  });
});

describe('the end of a lease', () => {
  it('leaves one alone that was given while it ended', async () => {
    const { id } = await world.add();
    await leases.lease(id, lease(60), CALLER);
    const touch = store.idle.touch.bind(store.idle);
    store.idle.touch = async (...args) => {
      await leases.lease(id, lease(120, 'the next job'), CALLER);
      return touch(...args);
    };
    const { record } = await leases.endLease(id, CALLER);
    expect(record.autoStop.lease).toMatchObject({ until: minutes(120), reason: 'the next job' });
    expect((await store.audit.entries(id, 1))[0]).toMatchObject({ kind: 'lease', to: minutes(120) });
  });

  it('lets the idle time begin then, not hours ago when the instance was last used', async () => {
    const { id } = await world.add({ timestamps: { ready: minutes(-600) } });
    await leases.lease(id, lease(60), CALLER);
    world.clock.advance(MINUTE);
    const { record } = await leases.endLease(id, CALLER);
    expect(record.autoStop).toEqual({});
    expect((await store.audit.entries(id, 1))[0]).toMatchObject({ kind: 'lease', from: minutes(60) });
    expect((await world.explanations.explain(id)).evaluation).toMatchObject({
      verdict: 'keep',
      rule: 'used-lately',
      idleSince: minutes(1),
      stopAt: minutes(21),
    });
    expect(await world.run()).toMatchObject({ checked: 0 });
  });

  it('is when it ended by itself, should that be earlier', async () => {
    const { id } = await world.add({ timestamps: { ready: minutes(-600) } });
    await leases.lease(id, lease(10), CALLER);
    world.clock.advance(18 * MINUTE);
    await leases.endLease(id, CALLER);
    expect((await world.explanations.explain(id)).evaluation).toMatchObject({
      idleSince: minutes(10),
      stopAt: minutes(30),
    });
  });

  it('changes nothing where there is none', async () => {
    const { id } = await world.add();
    const stored = await leases.endLease(id, CALLER);
    expect([stored.record.revision, stored.lastUsedAt]).toEqual([1, null]);
  });
});
