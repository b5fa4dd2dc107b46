import { anInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import type { InstanceRecord } from '../record/instance.js';
import type { Migration } from '../record/migration-state.js';
import { commitmentOf, commitmentsIn } from './commitment.js';

const AT = '2026-01-01T00:00:00.000Z' as Migration['since'];
const PRICE = 1_000_000;
const own = (overrides: InstanceOverrides): InstanceRecord =>
  anInstance({
    createdBy: 'user:agent',
    status: 'creating',
    desired: { state: 'running', at: AT, by: 'user:agent' },
    price: { usdPerHour: 1 },
    ...overrides,
  });

describe('what an instance commits its owner to', () => {
  it('is the dearest place at which it may be made, until it is made', () => {
    const place = { productId: 'p', productName: 'RTX 4090 24GB', clusterId: null, region: null };
    const asked = own({ novitaInstanceId: null });
    const falling = (usdPerHour: number | null): InstanceRecord => ({
      ...asked,
      spec: { ...asked.spec, fallbacks: [{ ...place, usdPerHour }] },
    });
    expect(commitmentOf(falling(3))).toBe(3 * PRICE);
    expect(commitmentOf(falling(0.5))).toBe(PRICE);
    expect(commitmentOf(falling(null))).toBe('unpriced');
    const made = own({ status: 'ready', novitaInstanceId: 'made' as InstanceRecord['novitaInstanceId'] });
    expect(commitmentOf({ ...made, spec: falling(3).spec })).toBe(PRICE);
  });

  it('goes on after a failed migration until that is given up', () => {
    const failed = (nextAttemptAt: Migration['nextAttemptAt']): InstanceRecord =>
      own({
        status: 'failed',
        novitaStatus: 'exited',
        migration: {
          state: 'failed',
          reclaimSeenAt: AT,
          since: AT,
          attempts: 1,
          requestedAt: AT,
          arrivedAt: null,
          replaced: null,
          nextAttemptAt,
        } as Migration,
      });
    expect(commitmentOf(failed(AT))).toBe(PRICE);
    expect(commitmentOf(failed(null))).toBeNull();
  });

  it('is listed by id, without what commits to nothing', () => {
    const [one, unpriced, elsewhere] = [own({}), own({ price: { usdPerHour: null } }), own({ createdBy: null })];
    expect(commitmentsIn([one, unpriced, elsewhere])).toEqual(
      new Map([
        [one.id, { usdPerHour: 1, endsMs: null }],
        [unpriced.id, { usdPerHour: null, endsMs: null }],
      ]),
    );
  });
});
