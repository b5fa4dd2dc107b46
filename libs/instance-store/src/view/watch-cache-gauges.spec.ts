import { loadSection, MetricsRegistry } from '@app/platform';
import { RedisSettings } from '@app/redis';
import { anInstance, FakeClock } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { BEFORE_FIRST_ENTRY } from '../ports/change-feed.port.js';
import { type FeedState, type HeldVersion, type ReadMark, ReadMarks } from '../ports/read-marks.port.js';
import { StoreUnavailableError } from '../ports/store-errors.js';
import { FleetCopy } from './fleet-copy.js';
import { LoadState } from './load-state.js';
import { MarkReader } from './mark-reader.js';
import { StoreAvailability } from './store-availability.js';
import { WatchCacheGauges } from './watch-cache-gauges.js';

/** Names one position; null while the store is away. */
class FakeMarks extends ReadMarks {
  position: string | null = BEFORE_FIRST_ENTRY;

  override async read(): Promise<ReadMark> {
    if (this.position === null) throw new StoreUnavailableError('away');
    return { position: this.position, incarnation: 'i', lastUsed: [] };
  }

  override async versions(): Promise<readonly (HeldVersion | null)[]> {
    return [];
  }

  override async latestUse(): Promise<string> {
    return '';
  }

  override async usesAfter(): Promise<null> {
    return null;
  }

  override async feedState(): Promise<FeedState> {
    return { incarnation: 'i', first: BEFORE_FIRST_ENTRY, latest: BEFORE_FIRST_ENTRY, holds: true };
  }

  override async incarnation(): Promise<string> {
    return 'i';
  }

  override async removals(): Promise<readonly never[]> {
    return [];
  }
}

function setUp(mayFallBack = true) {
  const clock = new FakeClock();
  const copy = new FleetCopy(clock);
  const state = new LoadState(clock);
  const store = new FakeMarks();
  const contact = new StoreAvailability(clock);
  const settings = loadSection(RedisSettings, { REDIS_ENABLE_FALLBACK: String(mayFallBack) });
  const registry = new MetricsRegistry(null);
  const marks = new MarkReader(store, contact, settings);
  new WatchCacheGauges(copy, state, marks, contact, clock, registry).onModuleInit();
  const valueOf = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values[0]?.value;
  return { clock, copy, state, store, valueOf };
}

const LAG = 'novita_fleet_watch_cache_lag_seconds';

describe('the gauges of the watch cache', () => {
  it('say nothing before the fleet was read', async () => {
    const { valueOf } = setUp();
    expect(await valueOf(LAG)).toBeUndefined();
    expect(await valueOf('novita_fleet_watch_cache_instances')).toBeUndefined();
    expect(await valueOf('novita_fleet_orphans_billed')).toBeUndefined();
  });

  it('count what is in memory, and the orphans that may be billed', async () => {
    const { copy, state, valueOf } = setUp();
    state.markLoaded();
    const orphan = { origin: 'discovered', novitaInstanceId: null } as const;
    for (const record of [
      anInstance({ status: 'ready' }),
      anInstance({ ...orphan, status: 'running' }),
      anInstance({ ...orphan, status: 'stopped' }),
      anInstance({ ...orphan, status: 'running', ignored: { by: 'user:x', at: new FakeClock().timestamp() } }),
    ]) {
      copy.apply(record.id, record);
    }
    expect(await valueOf('novita_fleet_watch_cache_instances')).toBe(4);
    expect(await valueOf('novita_fleet_orphans_billed')).toBe(1);
    expect(await valueOf('novita_fleet_instances_unreadable')).toBe(0);
  });

  it('say how far the copy is behind the feed', async () => {
    const { copy, state, store, valueOf } = setUp();
    state.markLoaded();
    store.position = '5000-0';
    copy.reach('5000-0');
    expect(await valueOf(LAG)).toBe(0);
    store.position = '7500-0';
    expect(await valueOf(LAG)).toBe(2.5);
    // What this process has read meanwhile is no lag.
    copy.reach('9000-0');
    expect(await valueOf(LAG)).toBe(0);
  });

  it('say for how long the fleet has been read anew, and since when it is as Novita listed it', async () => {
    const { clock, state, valueOf } = setUp();
    state.seed(clock.timestamp());
    clock.advance(9_000);
    expect(await valueOf(LAG)).toBe(9);
    state.markLoaded();
    state.markStale();
    clock.advance(4_000);
    expect(await valueOf(LAG)).toBe(4);
  });

  it.each([true, false])(
    'say how long ago the store answered last while it is away, with a fallback: %s',
    async (mayFallBack) => {
      const { clock, state, store, valueOf } = setUp(mayFallBack);
      state.markLoaded();
      store.position = null;
      clock.advance(3_000);
      expect(await valueOf(LAG)).toBe(3);
    },
  );
});
