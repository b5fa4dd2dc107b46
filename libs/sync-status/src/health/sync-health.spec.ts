import { type HealthDetails, HealthIndicatorRegistry } from '@app/platform';
import { MemoryLockKeeper } from '@app/redis';
import { FakeClock } from '@app/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { aRun, at, KnownView, msAt, NOT_STARTED, NOVITA } from '../../test/fakes/a-run.js';
import { endRun } from '../model/run-transitions.js';
import { NO_CHANGES, type RunStatus } from '../model/sync-status.js';
import { SyncIndicator, SyncLockIndicator, syncTrouble } from './sync-health.js';

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
  const norm = { items: 'instances', automatic: true, intervalMs: 10 * 60_000 } as const;

  beforeEach(() => {
    view = new KnownView();
    new SyncIndicator('sync', view, clock, norm, registry).onModuleInit();
  });

  it('shows next to nothing before the first run', async () => {
    view.shows({ run: NOT_STARTED });
    expect(await check('sync')).toEqual({ state: 'not_started', held: false, paused: false, automatic: true });
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
      automatic: true,
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

  it('is degraded by a source that nobody follows any more, unless that is paused', async () => {
    let answer: () => Promise<boolean> = () => Promise.resolve(true);
    new SyncIndicator('followed', view, clock, norm, registry, () => answer()).onModuleInit();
    view.shows({ run: DONE });
    clock.set(msAt(60));
    expect(await check('followed')).not.toHaveProperty('degraded');
    answer = () => Promise.resolve(false);
    clock.set(msAt(105));
    expect(await check('followed')).not.toHaveProperty('degraded');
    clock.set(msAt(106));
    expect(await check('followed')).toMatchObject({ degraded: expect.stringContaining('no worker') as string });
    view.shows({ paused: { since: at(100), by: 'user:ops' } });
    expect(await check('followed')).not.toHaveProperty('degraded');
    view.shows({ paused: null });
    expect(await check('followed')).not.toHaveProperty('degraded');
    clock.set(msAt(152));
    expect(await check('followed')).toHaveProperty('degraded');
    answer = () => Promise.reject(new Error('Redis is away'));
    expect(await check('followed')).not.toHaveProperty('degraded');
    answer = () => Promise.resolve(true);
    expect(await check('followed')).not.toHaveProperty('degraded');
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
    new SyncLockIndicator('syncLock', NOVITA.lock, locks, clock, registry).onModuleInit();
    expect(await check('syncLock')).toEqual({ held: false });
    await locks.acquire(NOVITA.lock, { owner: 'worker@host (7)', purpose: 'run-1', ttlMs: 30_000 });
    clock.advance(12_000);
    expect(await check('syncLock')).toEqual({
      held: true,
      owner: 'worker@host (7)',
      purpose: 'run-1',
      ageSeconds: 12,
    });
  });
});

const INTERVAL = 600;
/** Three intervals and a minute. */
const PATIENCE = INTERVAL * 3 + 60;
const DONE = endRun(aRun(), { outcome: 'completed', error: null, changes: NO_CHANGES, at: at(0) });
const FAILED = endRun(aRun(), { outcome: 'failed', error: 'no', changes: NO_CHANGES, at: at(0) });
const HELD = { since: at(0), reason: 'many', wouldRemove: 4 };

const trouble = (run: RunStatus, seconds: number, { automatic = true, bornAt = -1_000_000 } = {}) =>
  syncTrouble(
    run,
    { items: 'instances', automatic, intervalMs: INTERVAL * 1_000, bornAt: msAt(bornAt) },
    msAt(seconds),
  );

describe('what is wrong with the sync', () => {
  it.each([
    ['a young process before the first sync', NOT_STARTED, 10, { bornAt: 0 }],
    ['a young process whose first sync runs', aRun(), 10, { bornAt: 0 }],
    ['a young process that finds an old success', DONE, 1_000_000, { bornAt: 999_990 }],
    ['a completed sync', DONE, 10, {}],
    ['a success of three intervals ago', DONE, PATIENCE, {}],
    ['an old success when nobody expects another', DONE, PATIENCE + 1, { automatic: false }],
  ])('is nothing: %s', (_, run, seconds, options) => {
    expect(trouble(run, seconds, options)).toBeNull();
  });

  it.each([
    ['a held listing', { ...DONE, held: HELD }, 10, {}, /held back/],
    ['a held listing although nothing is automatic', { ...DONE, held: HELD }, 10, { automatic: false }, /held back/],
    ['a failed sync', FAILED, 10, { bornAt: 0 }, /failed$/],
    ['a failed sync that is being tried again', aRun({ retry: { count: 1, nextAt: null } }), 10, {}, /tried again/],
    ['an old success', DONE, PATIENCE + 1, {}, /three intervals/],
    ['no success for as long as the process lives', NOT_STARTED, PATIENCE + 1, { bornAt: 0 }, /three intervals/],
    ['a run that never ends', aRun(), PATIENCE + 1, { bornAt: 0 }, /three intervals/],
  ])('is: %s', (_, run, seconds, options, words) => {
    expect(trouble(run, seconds, options)).toMatch(words);
  });
});
