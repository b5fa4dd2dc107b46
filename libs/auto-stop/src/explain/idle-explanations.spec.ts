import type { InstanceId } from '@app/instance-store';
import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { minutes } from '../../test/fakes/an-idle-instance.js';
import { CheckWorld } from '../../test/fakes/check-world.js';

beforeAll(() => Logger.overrideLogger(false));

describe('an explanation', () => {
  let world: CheckWorld;

  beforeEach(() => {
    world = new CheckWorld();
  });

  it('rests on all that is known and writes nothing', async () => {
    const { id } = await world.add();
    await world.store.idle.touch(id, minutes(-3), 'user:gateway');
    const before = (await world.announced()).length;
    const { stored, evaluation } = await world.explanations.explain(id);
    expect(stored.lastUsedAt).toBe(minutes(-3));
    expect(evaluation.signals[0]).toMatchObject({ kind: 'use', by: 'user:gateway' });
    expect((await world.announced()).length).toBe(before);
  });

  it('is rejected for an instance that is not there', async () => {
    const id = 'ins_00000000000000000000000000' as InstanceId;
    await expect(world.explanations.explain(id)).rejects.toMatchObject({
      type: { code: 'instance-not-found', status: 404 },
    });
  });
});
