import { memoryStore } from '@app/instance-store';
import { type HealthDetails, HealthIndicatorRegistry, loadSettings, type Settings } from '@app/platform';
import { MemoryLockKeeper } from '@app/redis';
import { FakeClock, seedInstances } from '@app/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { aRun, at, msAt } from '../../../test/fakes/a-run.js';
import { KnownView } from '../../../test/fakes/known-view.js';
import { SYNC_LOCK } from '../../run/sync-lock.js';
import { NOT_STARTED } from '../run-status.js';
import { InstanceCacheIndicator } from './instance-cache-indicator.js';
import { SyncIndicator } from './sync-indicator.js';
import { SyncLockIndicator } from './sync-lock-indicator.js';

let clock: FakeClock;
let registry: HealthIndicatorRegistry;

beforeEach(() => {
  clock = new FakeClock(msAt(0));
  registry = new HealthIndicatorRegistry();
});

const check = async (name: string): Promise<HealthDetails | void> => {
  const indicator = registry.all().find((registered) => registered.name === name);
  expect(indicator?.needed).toBe(false);
  return indicator?.check({ signal: AbortSignal.timeout(1_000) });
};

describe('the health of the sync', () => {
  let view: KnownView;
  const settings: Settings = loadSettings({ NODE_ENV: 'test', SYNC_INTERVAL_MINUTES: '10' });

  beforeEach(() => {
    view = new KnownView();
    new SyncIndicator(view, clock, settings, registry).onModuleInit();
  });

  it('shows next to nothing before the first run', async () => {
    view.shows({ run: NOT_STARTED });
    expect(await check('sync')).toEqual({ state: 'not_started', held: false, paused: false });
  });

  it('shows how the sync stands', async () => {
    const lastSuccess = { runId: 'r', startedAt: at(-90), endedAt: at(-60) };
    view.shows({ run: aRun({ lastSuccess }), paused: { since: at(-5), by: 'user:ops' } });
    expect(await check('sync')).toEqual({
      state: 'in_progress',
      step: 'sync',
      lastSuccessAgeSeconds: 60,
      held: false,
      paused: true,
    });
  });

  it('is degraded by what is wrong, counted from the start of this process', async () => {
    view.shows({ run: aRun({ held: { since: at(-5), reason: 'many', wouldRemove: 9 } }) });
    expect(await check('sync')).toMatchObject({ held: true, degraded: expect.stringContaining('held') as string });
    view.shows({ run: NOT_STARTED });
    clock.set(msAt(31 * 60));
    expect(await check('sync')).not.toHaveProperty('degraded');
    clock.set(msAt(31 * 60 + 1));
    expect(await check('sync')).toHaveProperty('degraded');
  });

  it('believes no worker that is gone', async () => {
    view.shows({ run: aRun() });
    clock.set(msAt(60));
    expect(await check('sync')).toMatchObject({ state: 'failed', degraded: expect.any(String) as string });
  });
});

describe('the health of the lock', () => {
  it('shows who holds it, for what and since when', async () => {
    const locks = new MemoryLockKeeper(clock);
    new SyncLockIndicator(locks, clock, registry).onModuleInit();
    expect(await check('syncLock')).toEqual({ held: false });
    await locks.acquire(SYNC_LOCK, { owner: 'worker@host (7)', purpose: 'run-1', ttlMs: 30_000 });
    clock.advance(12_000);
    expect(await check('syncLock')).toEqual({
      held: true,
      owner: 'worker@host (7)',
      purpose: 'run-1',
      ageSeconds: 12,
    });
  });
});

describe('the health of the records', () => {
  it('shows how many there are', async () => {
    const store = memoryStore(clock);
    await seedInstances(store.records, 7);
    new InstanceCacheIndicator(store.records, registry).onModuleInit();
    expect(await check('instanceCache')).toEqual({ size: 7 });
  });
});
