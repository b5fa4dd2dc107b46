import { INSTANCE_STATUSES, type InstanceRecord, type InstanceStatus } from '@app/instance-store';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { novitaId } from '../../test/fakes/a-listed-instance.js';
import { at } from '../../test/fakes/a-run.js';
import { obsoleteAction } from './obsolete-action.js';

const POLICY = { removeObsolete: false, retentionMs: 7 * 86_400_000 };
const NEVER_STARTED: ReadonlySet<InstanceStatus> = new Set(['creating', 'created', 'starting']);

function ours(overrides: InstanceOverrides = {}): InstanceRecord {
  return anInstance({
    novitaInstanceId: novitaId(1),
    status: 'ready',
    desired: { state: 'running', at: at(10), by: 'user:a' },
    deadlines: { nextReconcileAt: at(2_000), startupBy: at(2_100) },
    missingSince: at(500),
    ...overrides,
  });
}

describe('obsoleteAction', () => {
  it('removes those that never started and marks the others', () => {
    for (const status of INSTANCE_STATUSES.filter((each) => each !== 'terminated')) {
      const { kind } = obsoleteAction(ours({ status }), at(1_000), POLICY);
      expect([status, kind]).toEqual([status, NEVER_STARTED.has(status) ? 'remove' : 'mark-terminated']);
    }
  });

  it('removes all of them when told so, and discovered ones always', () => {
    expect(obsoleteAction(ours(), at(1_000), { ...POLICY, removeObsolete: true }).kind).toBe('remove');
    expect(obsoleteAction(ours({ origin: 'discovered' }), at(1_000), POLICY).kind).toBe('remove');
  });

  it('counts the retention from the termination', () => {
    const action = obsoleteAction(ours(), at(1_000), POLICY);
    if (action.kind !== 'mark-terminated') throw new Error(action.kind);
    expect(action.next).toMatchObject({
      status: 'terminated',
      desired: { state: 'deleted', at: at(1_000), by: 'sync' },
      confirmedAt: at(1_000),
      observedAt: at(1_000),
      source: 'get',
      deadlines: { purgeAt: at(1_000 + 7 * 86_400) },
      lastError: { code: 'vanished-at-provider', at: at(1_000) },
      missingSince: null,
    });
    expect(action.next.timestamps.terminated).toBe(at(1_000));
    expect(Object.keys(action.next.deadlines)).toEqual(['purgeAt']);
  });

  it('keeps a wish for deletion, and calls its end no fault', () => {
    const desired = { state: 'deleted', at: at(10), by: 'user:a' } as const;
    const action = obsoleteAction(ours({ status: 'deleting', desired }), at(1_000), POLICY);
    expect(action).toMatchObject({ kind: 'mark-terminated', next: { desired, lastError: null } });
  });

  it('leaves what is wished anew, and what has ended', () => {
    const desired = { state: 'running', at: at(1_001), by: 'user:a' } as const;
    expect(obsoleteAction(ours({ desired }), at(1_000), POLICY).kind).toBe('leave');
    expect(obsoleteAction(ours({ status: 'terminated' }), at(1_000), POLICY).kind).toBe('leave');
  });
});
