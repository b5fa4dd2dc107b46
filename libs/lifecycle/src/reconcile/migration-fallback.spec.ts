import { recordWithDesiredState } from '@app/instance-store';
import { anInstance } from '@app/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aReadySpotInstance,
  DISTURBED,
  HOUR,
  isDone,
  migrations,
  NO_STOCK,
  reclaim,
  stateOf,
  wake,
} from '../../test/fakes/spot-world.js';
import { Crash, expectOneLiveAtMost, isAtRest, LOST_AFTER, LOST_BEFORE, type World } from '../../test/fakes/world.js';
import type { MigrationPolicy } from '../state-machine/model.js';

/** The cheapest as good as it within 20 % stands elsewhere; within 50 %, in the same region. */
const PRODUCT = '4090.12c48g.hk';
const ELSEWHERE = '4090.16c62g.us';
const NEARBY = '4090.24c96g.hk';

/** Novita has reclaimed it, and has no machine of its product. */
async function aReclaimedInstance(
  policy: Partial<MigrationPolicy> = {},
  spec: { readonly marker?: string } = {},
): Promise<World> {
  const world = await aReadySpotInstance({ fallback: 'same-or-better', ...policy }, 'ends-up', {
    spec: { productId: PRODUCT, productName: 'RTX 4090 24GB', clusterId: '7', region: 'CN-HK-01', ports: [] },
    price: { usdPerHour: 0.18 },
  });
  if (spec.marker !== undefined) world.store.put({ ...world.record, origin: 'adopted', marker: spec.marker });
  reclaim(world);
  withoutStock(world, PRODUCT);
  return world;
}

function withoutStock(world: World, ...productIds: readonly string[]): void {
  for (const productId of productIds) world.novita.world.restock(productId, 0);
  world.novita.faultOf = (call) => (call === 'migrateInstance' ? NO_STOCK : null);
}

/** Purchases beside the first create. */
const bought = ({ novita }: World): number => novita.all.length - 1;
const isGone = (world: World, id: Parameters<World['novita']['statusOf']>[0]): boolean =>
  ['toRemove', 'removing', 'removed'].includes(world.novita.statusOf(id));

function stop(world: World): void {
  world.store.put(recordWithDesiredState(world.record, 'stopped', 'user:test', world.clock.now()));
}

describe('a reclaimed spot instance of whose product Novita has no machine, with same-or-better', () => {
  it('is bought once of a product that is as good, and the old one is deleted when the new one is ready', async () => {
    const world = await aReclaimedInstance();
    const [old, { spec, name, marker }] = [world.novitaId, world.record];
    world.atEffect = () => {
      expectOneLiveAtMost(world);
      if (world.record.status !== 'ready') expect(isGone(world, old)).toBe(false);
    };
    await world.run(isDone);
    const { record } = world;
    expect([migrations(world), bought(world)]).toEqual([1, 1]);
    expect(record).toMatchObject({
      name,
      marker,
      status: 'ready',
      desired: { state: 'running', by: 'user:test' },
      spec: { ...spec, productId: ELSEWHERE, region: record.spec.region, clusterId: record.spec.clusterId },
      price: { usdPerHour: 0.21 },
      lastError: null,
      migration: { fallback: { state: 'bought', product: { productId: ELSEWHERE } }, agreedUsdPerHour: 0.18 },
    });
    expect(record.novitaInstanceId).not.toBe(old);
    expect(isGone(world, old)).toBe(true);
    expect(world.novita.world.instance(world.novitaId)?.productId).toBe(ELSEWHERE);
    expect(record.timestamps.migrated).toBe(record.timestamps.ready);
  });

  it('is bought as the preview says, which writes nothing', async () => {
    const world = await aReclaimedInstance();
    const preview = await world.preview();
    expect(preview).toMatchObject({
      kind: 'would-buy',
      product: { productId: ELSEWHERE, usdPerHour: 0.21 },
      agreedUsdPerHour: 0.18,
    });
    await world.run(isDone);
    expect(world.record.migration?.fallback).toMatchObject({
      product: preview?.kind === 'would-buy' && preview.product,
    });
    // Of this reclaim nothing else is bought; of the next one it counts from the first price again.
    expect(await world.preview()).toMatchObject({ kind: 'would-buy', agreedUsdPerHour: 0.18 });
  });

  it.each([
    ['the price', { maxPriceIncreasePercent: 10 }, {}, /costs \$0\.21 .* allows \$0\.20/],
    ['the marker that it lacks', {}, { marker: '' }, /no marker/],
  ])('has a preview that names %s where nothing would be bought', async (_, policy, spec, reason) => {
    const world = await aReclaimedInstance(policy, spec);
    expect(await world.preview()).toEqual({ kind: 'none', reason: expect.stringMatching(reason) as string });
  });

  it('has no preview where the fleet takes the same product only', async () => {
    expect(await (await aReclaimedInstance({ fallback: 'same-product' })).preview()).toBeNull();
  });

  it('stays in its region where the cap on the price allows it', async () => {
    const world = await aReclaimedInstance({ maxPriceIncreasePercent: 50 });
    await world.run(isDone);
    expect(world.record.spec).toMatchObject({ productId: NEARBY, region: 'CN-HK-01' });
  });

  it('tries the next offer when one is refused for want of stock', async () => {
    const world = await aReclaimedInstance({ maxPriceIncreasePercent: 50 });
    let refusals = 1;
    world.novita.faultOf = (call) => {
      if (call === 'migrateInstance') return NO_STOCK;
      return call === 'createInstance' && refusals-- > 0 ? NO_STOCK : null;
    };
    await world.run(isDone);
    expect(world.record.spec.productId).toBe(ELSEWHERE);
    expect(bought(world)).toBe(1);
  });

  it('is not bought at a higher price than the cap allows: it waits, says so, and is migrated when there is stock', async () => {
    const world = await aReclaimedInstance({ maxPriceIncreasePercent: 10 });
    await world.run(({ record }) => /none was bought/.test(record.lastError?.message ?? ''));
    expect(world.record).toMatchObject({
      status: 'stopped',
      lastError: {
        code: 'resource-constraints',
        message: expect.stringMatching(/costs \$0\.21 .* allows \$0\.20/) as string,
      },
      migration: { state: 'waiting', nextAttemptAt: world.later(60_000) },
    });
    world.novita.faultOf = () => null;
    world.novita.world.restock(PRODUCT, 5);
    await world.run(isDone);
    expect([migrations(world), bought(world)]).toEqual([2, 0]);
  });

  it.each([
    ['without our marker', {}, { marker: '' }],
    ['where the fleet takes the same product only', { fallback: 'same-product' as const }, {}],
  ])('is never bought %s', async (_, policy, spec) => {
    const world = await aReclaimedInstance(policy, spec);
    await world.run((now) => migrations(now) === 3);
    expect(bought(world)).toBe(0);
  });

  it('is not bought while something else carries its marker', async () => {
    const world = await aReclaimedInstance();
    world.novita.add(`${world.record.name}${world.record.marker}`, 'exited');
    // Until listings show it.
    world.clock.advance(30_000);
    await world.run(({ record }) => /carries its marker too/.test(record.lastError?.message ?? ''));
    expect(bought(world)).toBe(1);
  });

  it('waits for a place while as many migrations run as may', async () => {
    const world = await aReclaimedInstance({ maxAtOnce: 1 });
    await world.run(({ record }) => record.migration?.fallback?.state === 'due');
    const other = anInstance({ deadlines: { migrateBy: world.later(HOUR) } });
    world.store.put(other);
    const later = world.clock.now() + HOUR;
    await world.run(({ clock }) => clock.now() > later, 1_000);
    expect(bought(world)).toBe(0);
    world.store.put({ ...other, deadlines: {} });
    await world.run(isDone);
    expect(bought(world)).toBe(1);
  });

  it('counts the cap from the first price, however many are bought', async () => {
    const world = await aReclaimedInstance({ minIntervalMs: 0 });
    await world.run(isDone);
    world.clock.advance(HOUR);
    reclaim(world);
    withoutStock(world, PRODUCT, ELSEWHERE);
    // From 0.21 another 20 % would allow 0.24.
    await world.run(({ record }) => /allows \$0\.22/.test(record.lastError?.message ?? ''));
    expect(bought(world)).toBe(1);
  });

  it('is bought once wherever a worker dies', async () => {
    const live = async (crashAt: number | null): Promise<{ world: World; effects: string[] }> => {
      const world = await aReclaimedInstance();
      const effects: string[] = [];
      world.atEffect = (effect) => {
        effects.push(effect);
        expectOneLiveAtMost(world);
        if (effects.length === crashAt) throw new Crash(effect);
      };
      await world.run(isDone);
      return { world, effects };
    };
    const { effects } = await live(null);
    expect(effects).toContain('after novita.create');
    for (let crashAt = 1; crashAt <= effects.length; crashAt++) {
      const { world } = await live(crashAt);
      expect(world.record, effects[crashAt - 1]).toMatchObject({ status: 'ready', spec: { productId: ELSEWHERE } });
      expect(bought(world), effects[crashAt - 1]).toBe(1);
      expect(world.novita.live.map(({ id }) => id)).toEqual([world.novitaId]);
    }
  });

  it('bills for one at a time and is bought once, whatever answers are lost and wherever workers die', async () => {
    const faults = fc.array(fc.option(fc.constantFrom(LOST_BEFORE, LOST_AFTER), { nil: null }), { maxLength: 12 });
    const crashes = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(faults, crashes, async (given, dies) => {
        const world = await aReclaimedInstance();
        const left = [...given];
        world.novita.faultOf = (call) => {
          if (call === 'migrateInstance') return NO_STOCK;
          return DISTURBED.has(call) || call === 'createInstance' ? (left.shift() ?? null) : null;
        };
        const ends = [...dies];
        world.atEffect = (effect) => {
          expectOneLiveAtMost(world);
          if (ends.shift() === 0) throw new Crash(effect);
        };
        await world.run(isDone, 2_000);
        expect(bought(world)).toBe(1);
        expect(world.novita.live.map(({ id }) => id)).toEqual([world.novitaId]);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves nothing running when it is to be stopped in the middle, and keeps the old one until the new one was ready', async () => {
    for (const lost of [LOST_BEFORE, LOST_AFTER, null]) {
      const world = await aReclaimedInstance();
      const old = world.novitaId;
      world.novita.faultOf = (call) => {
        if (call === 'migrateInstance') return NO_STOCK;
        return call === 'createInstance' ? lost : null;
      };
      await world.run(({ record }) => record.migration?.fallback?.state === 'open' || bought(world) === 1);
      stop(world);
      await world.run(isAtRest, 1_000);
      expect(world.record).toMatchObject({ status: 'stopped', desired: { state: 'stopped' } });
      expect(world.novita.live).toEqual([]);
      expect([bought(world), isGone(world, old)]).toEqual([lost === LOST_BEFORE ? 0 : 1, false]);
      if (lost === LOST_BEFORE) continue;
      world.novita.faultOf = () => null;
      world.command('start');
      await world.run((now) => isAtRest(now) && now.record.migration?.replaced === null, 1_000);
      expect(world.record.status).toBe('ready');
      expect(isGone(world, old)).toBe(true);
    }
  });

  it('is deleted with what was bought for it', async () => {
    const world = await aReclaimedInstance();
    world.novita.faultOf = (call) =>
      call === 'migrateInstance' ? NO_STOCK : call === 'createInstance' ? LOST_AFTER : null;
    await world.run(() => bought(world) === 1);
    world.store.put(recordWithDesiredState(world.record, 'deleted', 'user:test', world.clock.now()));
    await world.run(isAtRest, 1_000);
    expect(world.record.status).toBe('terminated');
    world.clock.advance(60_000);
    expect(world.novita.all.every(({ status }) => status === 'removed')).toBe(true);
  });

  it('does not run beside the old one when somebody starts that', async () => {
    const world = await aReclaimedInstance();
    const old = world.novitaId;
    await world.run(stateOf('starting'));
    world.novita.world.setStatus(old, 'running');
    wake(world);
    await world.run((now) => now.novita.sent('stopInstance') > 0);
    expect(['toStop', 'stopping', 'exited']).toContain(world.novita.statusOf(old));
    await world.run(isDone);
    expect(world.novita.live.map(({ id }) => id)).toEqual([world.novitaId]);
  });
});
