import { MigrationSettings, RecordSettings } from '@app/instance-store';
import { ScheduleSettings } from '@app/jobs';
import { NovitaSettings } from '@app/novita-client';
import { loadSection } from '@app/platform';
import { FakeClock } from '@app/testing';
import { describe, expect, it, vi } from 'vitest';
import { World } from '../../test/fakes/world.js';
import { LifecycleSettings } from './lifecycle.settings.js';
import { affordableRefreshMs, lifecycleOptionsOf, PolicySource } from './policy-source.js';

describe('PolicySource', () => {
  it('spends at most a tenth of the request budget on what is settled', () => {
    expect(affordableRefreshMs(600_000, 25, 10)).toBe(600_000);
    expect(affordableRefreshMs(600_000, 100_000, 10)).toBe(100_000_000);
  });

  it('counts the fleet once a minute', async () => {
    const world = new World();
    const clock = new FakeClock();
    const counts = vi.spyOn(world.store.records, 'counts');
    const source = new PolicySource(
      { policy: { ...world.policy, settledRefreshMs: 1 }, maxRequestsPerSecond: 10 },
      world.store.records,
      clock,
    );
    expect((await source.current()).settledRefreshMs).toBe(1_000);
    clock.advance(59_999);
    await source.current();
    expect(counts).toHaveBeenCalledTimes(1);
    clock.advance(1);
    await source.current();
    expect(counts).toHaveBeenCalledTimes(2);
  });
});

const policyOf = (environment: Record<string, string>) =>
  lifecycleOptionsOf(
    loadSection(LifecycleSettings, environment),
    loadSection(NovitaSettings, environment),
    loadSection(RecordSettings, environment),
    loadSection(ScheduleSettings, environment),
    loadSection(MigrationSettings, environment),
  ).policy;

describe('the times of the life cycle', () => {
  it('leave settled instances to the sync, unless it does not come by itself', () => {
    expect(policyOf({}).settledRefreshMs).toBeNull();
    expect(policyOf({ SYNC_ENABLE_AUTOMATIC_SYNC: 'false' }).settledRefreshMs).toBe(600_000);
  });

  it('keep tombstones as long as it is set', () => {
    expect(policyOf({}).tombstoneMs).toBe(7 * 86_400_000);
    expect(policyOf({ SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS: '30' }).tombstoneMs).toBe(30 * 86_400_000);
    expect(policyOf({ SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS: '12h' }).tombstoneMs).toBe(12 * 3_600_000);
    expect(policyOf({ SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS: '0' }).tombstoneMs).toBe(0);
  });
});
