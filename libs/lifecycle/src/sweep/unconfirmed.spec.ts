import { RecordSettings } from '@app/instance-store';
import { HealthIndicatorRegistry, loadSection, MetricsRegistry } from '@app/platform';
import { anInstance, FakeClock } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { at, NOW } from '../../test/fakes/observations.js';
import { TestStore } from '../../test/fakes/test-store.js';
import { UnconfirmedCommands, UnconfirmedGauges, UnconfirmedIndicator } from './unconfirmed.js';

function setUp() {
  const clock = new FakeClock(NOW);
  const store = new TestStore(clock);
  const registry = new MetricsRegistry();
  const waiting = new UnconfirmedCommands(store.records, store.deadlines, clock);
  new UnconfirmedGauges(waiting, registry).onModuleInit();
  const valueOf = async (name: string) => (await registry.fleet.getSingleMetric(name)?.get())?.values[0]?.value;
  return { store, waiting, valueOf };
}

describe('the gauges of what is not confirmed', () => {
  it('show the age of the oldest stop or delete that Novita has not confirmed, beside how many are overdue', async () => {
    const { store, valueOf } = setUp();
    expect(await valueOf('novita_fleet_unconfirmed_wish_age_seconds')).toBe(0);
    const stopped = (seconds: number) => ({ state: 'stopped', at: at(-seconds), by: 'user:x' }) as const;
    store.put(anInstance({ status: 'stopping', desired: stopped(90) }));
    store.put(anInstance({ status: 'failed', desired: stopped(60) }));
    store.put(anInstance({ status: 'failed', desired: stopped(900), confirmedAt: at(-100) }));
    store.put(anInstance({ status: 'creating', desired: { state: 'running', at: at(-900), by: 'user:x' } }));
    expect(await valueOf('novita_fleet_unconfirmed_wish_age_seconds')).toBe(90);
    expect(await valueOf('novita_fleet_unconfirmed_wishes')).toBe(0);
    store.put(anInstance({ status: 'deleting', desired: { ...stopped(301), state: 'deleted' } }));
    store.put(anInstance({ status: 'failed', desired: stopped(300) }));
    expect(await valueOf('novita_fleet_unconfirmed_wish_age_seconds')).toBe(301);
    expect(await valueOf('novita_fleet_unconfirmed_wishes')).toBe(2);
  });
});

describe('the health of stops and deletes', () => {
  it('shows how many are overdue and how long the oldest has been waiting, and is degraded when that is too long', async () => {
    const { store, waiting } = setUp();
    const registry = new HealthIndicatorRegistry();
    new UnconfirmedIndicator(waiting, registry, loadSection(RecordSettings, { CONFIRM_PATIENCE: '7m' })).onModuleInit();
    const check = () => registry.all()[0]?.check({ signal: AbortSignal.timeout(1_000) });
    expect(await check()).toEqual({ count: 0, oldestAgeSeconds: 0, confirmPatienceSeconds: 420 });
    const stopped = (seconds: number) => ({ state: 'stopped', at: at(-seconds), by: 'auto-stop' }) as const;
    store.put(anInstance({ status: 'stopping', desired: stopped(900) }));
    expect(await check()).toMatchObject({ count: 1, oldestAgeSeconds: 900 });
    store.put(anInstance({ status: 'stopping', desired: stopped(901) }));
    expect(await check()).toMatchObject({
      count: 2,
      oldestAgeSeconds: 901,
      degraded: expect.stringContaining('15 minutes'),
    });
  });
});
