import type { InstancesResource, NovitaInstance, NovitaInstanceMetrics } from '@app/novita-client';
import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it } from 'vitest';
import { MINUTE, minutes } from '../../test/fakes/an-idle-instance.js';
import { CheckWorld } from '../../test/fakes/check-world.js';

beforeAll(() => Logger.overrideLogger(false));

const says = (status: string) => ({ get: () => Promise.resolve({ status } as NovitaInstance) });
const byHand = { synchronised: false };

describe('while no sync is made by itself', () => {
  it('an instance is stopped when Novita says that it runs, however old the data is', async () => {
    const world = new CheckWorld({ options: byHand, instances: says('running') });
    world.freshness.asOf = null;
    await world.add({ observedAt: minutes(-1_000) });
    expect(await world.run()).toMatchObject({ stopped: 1, suspended: null });
  });

  it.each([
    ['says that it does not run', says('exited'), /\(exited\)/],
    ['says a word that nobody knows', says('hibernating'), /\(hibernating\)/],
    ['does not answer', { get: () => Promise.reject(new Error('timeout')) }, /\(timeout\)/],
  ])('it is kept when Novita %s, which its audit log says once', async (_, instances, reason) => {
    const world = new CheckWorld({ options: byHand, instances });
    const { id } = await world.add();
    const report = await world.run();
    expect(report).toMatchObject({ checked: 1, eligible: 1, stopped: 0, failed: 0 });
    expect(report.verdicts[0]).toMatchObject({ outcome: 'kept', evaluation: { rule: 'picture-too-old' } });
    await world.run();
    const decisions = (await world.store.audit.entries(id, 10)).filter(({ kind }) => kind === 'decision');
    expect(decisions).toEqual([expect.objectContaining({ by: 'auto-stop', reason: expect.stringMatching(reason) })]);
    expect(await world.due()).toEqual([id]);
  });

  it('those that are kept stand behind the others at the next check', async () => {
    let answer = 'exited';
    const world = new CheckWorld({
      options: byHand,
      instances: { get: () => Promise.resolve({ status: answer } as NovitaInstance) },
    });
    const kept = await world.add({ timestamps: { ready: minutes(-600) } });
    await world.run();
    world.clock.advance(MINUTE);
    const fresh = await world.add({ timestamps: { ready: minutes(-19.5) } });
    world.clock.advance(MINUTE);
    answer = 'running';
    // The one that was postponed comes last although it has been idle for longer.
    expect((await world.due()).toSorted()).toEqual([kept.id, fresh.id].toSorted());
    expect(await world.due()).toEqual([fresh.id, kept.id]);
  });

  it('Novita is asked about a bounded number in one check; the others are first at the next', async () => {
    let asked = 0;
    const world = new CheckWorld({
      options: byHand,
      instances: {
        get: () => {
          asked += 1;
          return Promise.resolve({ status: 'running' } as NovitaInstance);
        },
      },
    });
    for (let n = 0; n < 510; n++) await world.add();
    expect(await world.run()).toMatchObject({ checked: 510, stopped: 500 });
    expect(asked).toBe(500);
    expect(await world.run()).toMatchObject({ checked: 10, stopped: 10 });
  });
});

describe('the utilisation of the GPU', () => {
  const points = (...gpuUtilization: { at: ReturnType<typeof minutes>; value: number }[]) => ({
    metrics: () => Promise.resolve({ gpuUtilization } as unknown as NovitaInstanceMetrics),
  });
  const withGpu = (instances: Partial<InstancesResource>) =>
    new CheckWorld({ options: { gpuThresholdPercent: 5 }, instances });

  it('counts as use at the time of the latest busy figure', async () => {
    const world = withGpu(
      points({ at: minutes(-9), value: 70 }, { at: minutes(-4), value: 5 }, { at: minutes(-1), value: 4.9 }),
    );
    const { id } = await world.add();
    expect(await world.run()).toMatchObject({ checked: 1, stopped: 0 });
    expect((await world.store.records.get(id))?.lastUsedAt).toBe(minutes(-4));
    expect(await world.store.idle.lastUsedBy(id)).toBe('novita:gpu');
    expect(await world.due()).toEqual([]);
  });

  it('lets an instance be stopped whose GPU was idle too', async () => {
    const world = withGpu(points({ at: minutes(-10), value: 0 }, { at: minutes(-1), value: 4 }));
    await world.add();
    expect(await world.run()).toMatchObject({ stopped: 1 });
  });

  it.each([
    ['there are no figures', points(), 'no figures'],
    ['the figures are late', points({ at: minutes(-5.1), value: 0 }), 'the latest figure is 5 min 6 s old'],
    ['the figures are of the future', points({ at: minutes(3), value: 90 }), 'no figures'],
    ['Novita answers with an error', { metrics: () => Promise.reject(new Error('503')) }, '503'],
  ])('keeps an instance when %s', async (_, instances, words) => {
    const world = withGpu(instances);
    const { id } = await world.add();
    const [verdict] = (await world.run()).verdicts;
    expect(verdict).toMatchObject({ outcome: 'kept', evaluation: { rule: 'utilisation-unknown' } });
    expect(verdict?.evaluation.reason).toContain(words);
    expect((await world.store.audit.entries(id, 1))[0]).toMatchObject({ kind: 'decision', to: 'utilisation-unknown' });
  });

  it('is asked for only when the time is up, over the time that counts', async () => {
    const ranges: unknown[] = [];
    const world = withGpu({
      metrics: (_id: string, range: unknown) => {
        ranges.push(range);
        return Promise.resolve({ gpuUtilization: [{ at: minutes(-1), value: 0 }] } as unknown as NovitaInstanceMetrics);
      },
    });
    await world.add({ timestamps: { ready: minutes(-16) } });
    await world.run();
    expect(ranges).toEqual([]);
    await world.add({ timestamps: { ready: minutes(-600) } });
    await world.run();
    expect(ranges).toEqual([{ from: minutes(-20), to: minutes(0), intervalSeconds: 60 }]);
  });

  it('is asked for anew in each check, so that no stop rests on figures of before', async () => {
    let asked = 0;
    const world = withGpu({
      metrics: () => {
        asked += 1;
        const gpuUtilization = asked === 1 ? [] : [{ at: minutes(-1), value: 0 }];
        return Promise.resolve({ gpuUtilization } as unknown as NovitaInstanceMetrics);
      },
    });
    await world.add();
    expect(await world.run()).toMatchObject({ checked: 1, stopped: 0 });
    expect(await world.run()).toMatchObject({ checked: 1, stopped: 1 });
    expect(asked).toBe(2);
  });

  it('has an instance not called kept because the check was cut off', async () => {
    const end = new AbortController();
    const world = withGpu({
      metrics: () => {
        end.abort(new Error('draining'));
        return Promise.reject(new Error('aborted'));
      },
    });
    const { id } = await world.add();
    await expect(world.run({ signal: end.signal })).rejects.toThrow('draining');
    expect(await world.store.audit.entries(id, 1)).not.toContainEqual(expect.objectContaining({ kind: 'decision' }));
  });
});
