import type { FaultEffect } from '@app/sandbox';
import { anInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { LOST_AFTER, World } from '../../test/fakes/world.js';

describe('a create', () => {
  it('is not sent by a process that was asleep since it wrote the intent', async () => {
    const world = new World();
    let wasAsleep = false;
    world.atEffect = (effect) => {
      if (wasAsleep || effect !== 'after store.write' || world.record.attempts.openCreate === null) return;
      wasAsleep = true;
      world.clock.advance(15_001);
    };
    await world.pass();
    expect(world.novita.sent('createInstance')).toBe(0);
    expect(world.record.attempts.openCreate).toBeNull();
    await world.run();
    expect(world.novita.sent('createInstance')).toBe(1);
  });

  it('is sent by one of two workers that decide the same at once', async () => {
    const world = new World();
    await Promise.all([world.pass(), world.pass(), world.pass()]);
    expect(world.novita.sent('createInstance')).toBe(1);
  });

  it('takes its instance back from a discovered record', async () => {
    const world = new World();
    world.novita.faultOf = (call) => (call === 'createInstance' ? LOST_AFTER : null);
    await world.pass();
    const [made] = world.novita.all;
    if (made === undefined) throw new Error('nothing was made');
    const discovered = anInstance({ origin: 'discovered', novitaInstanceId: made.id });
    world.store.put(discovered);
    await world.run();
    expect(world.record).toMatchObject({ status: 'ready', novitaInstanceId: made.id });
    expect(await world.store.records.get(discovered.id)).toBeNull();
  });
});

describe('a delete that Novita refuses', () => {
  it('is repeated, and stands in the audit log once for each kind of answer', async () => {
    const world = new World();
    await world.run();
    const refused = (status: number, reason: string): FaultEffect => ({
      kind: 'error',
      status,
      reason,
      message: 'not now',
    });
    const prepaid = refused(400, 'PREPAID_INSTANCE_NOT_SUPPORT_RELEASE');
    let answer = prepaid;
    world.novita.faultOf = (call) => (call === 'deleteInstance' ? answer : null);
    world.command('delete');
    const refusals = async (): Promise<string[]> =>
      (await world.store.audit.entries(world.id, 50))
        .map(({ reason }) => reason)
        .filter((text) => /refused/.test(text));
    const passes = async (): Promise<void> => {
      for (let pass = 0; pass < 6; pass++) {
        world.clock.advance(10 * 60_000);
        await world.pass();
      }
    };
    await passes();
    expect(world.novita.sent('deleteInstance')).toBeGreaterThan(2);
    const line = expect.stringMatching(
      /^Novita refused the delete \(provider-refused\): .*not now.*; it is repeated until Novita takes it$/,
    );
    expect(await refusals()).toEqual([line]);
    answer = refused(429, 'TOO_MANY_REQUESTS');
    await passes();
    answer = prepaid;
    await passes();
    expect(await refusals()).toEqual([expect.stringContaining('(provider-rate-limited)'), line]);
  });
});
