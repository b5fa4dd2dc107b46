import { StoreUnavailableError } from '@app/instance-store';
import { MetricsRegistry } from '@app/platform';
import { anInstance, FakeClock } from '@app/testing';
import { describe, expect, it, vi } from 'vitest';
import { at, NOW } from '../../test/fakes/observations.js';
import { TestStore } from '../../test/fakes/test-store.js';
import { OverdueDeadlineGauges } from './overdue-deadlines.js';

describe('the gauge of overdue deadlines', () => {
  it('counts by kind those that nobody has met for two minutes, and says nothing while the store is away', async () => {
    const clock = new FakeClock(NOW);
    const store = new TestStore(clock);
    const registry = new MetricsRegistry();
    new OverdueDeadlineGauges(store.deadlines, clock, registry).onModuleInit();
    const shown = async (): Promise<unknown> =>
      (await registry.fleet.getSingleMetric('novita_fleet_deadlines_overdue')?.get())?.values.map(
        ({ labels, value }) => [labels['deadline'], value],
      );
    expect(await shown()).toEqual([
      ['startup', 0],
      ['migration', 0],
      ['hold', 0],
      ['lifetime', 0],
      ['reconcile', 0],
    ]);
    store.put(anInstance({ deadlines: { nextReconcileAt: at(-119), holdUntil: at(-120) } }));
    store.put(anInstance({ deadlines: { nextReconcileAt: at(-120), startupBy: at(60) } }));
    store.put(anInstance({ deadlines: { nextReconcileAt: at(-900), startupBy: at(-900), migrateBy: at(-900) } }));
    expect(await shown()).toEqual([
      ['startup', 1],
      ['migration', 1],
      ['hold', 1],
      ['lifetime', 0],
      ['reconcile', 2],
    ]);
    vi.spyOn(store.deadlines, 'dueCount').mockRejectedValue(new StoreUnavailableError('away'));
    expect(await shown()).toEqual([]);
  });
});
