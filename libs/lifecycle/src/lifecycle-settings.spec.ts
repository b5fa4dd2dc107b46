import { loadSettings } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { lifecycleOptionsOf } from './lifecycle-settings.js';

const policyOf = (environment: Record<string, string>) => lifecycleOptionsOf(loadSettings(environment)).policy;

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
