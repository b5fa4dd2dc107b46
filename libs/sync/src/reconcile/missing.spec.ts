import { INSTANCE_STATUSES, type InstanceRecord, type InstanceStatus } from '@app/instance-store';
import { anInstance, type InstanceOverrides } from '@app/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../../test/fakes/a-run.js';
import { novitaId } from '../../test/fakes/listing-novita.js';
import { judgeMissing, type MissingCandidates, massRemovalGuard, obsoleteAction } from './missing.js';

const openCreate = { startedAt: at(100), productId: 'p' };
const attempts = { creates: 1, commands: 0, lastCommandAt: null, faults: 0, openCreate };

describe('judgeMissing', () => {
  it.each<[what: string, InstanceOverrides, kind: string]>([
    ['old enough', {}, 'candidate'],
    ['never observed', { observedAt: null }, 'candidate'],
    ['made exactly the grace before', { timestamps: { created: at(940) }, observedAt: null }, 'candidate'],
    ['made within the grace', { timestamps: { created: at(941) }, observedAt: null }, 'leave'],
    ['made after the listing began', { timestamps: { created: at(1_100) }, observedAt: null }, 'leave'],
    ['observed within the grace', { observedAt: at(941) }, 'leave'],
    ['observed after the listing began', { observedAt: at(1_001) }, 'leave'],
    ['with an open create', { attempts }, 'leave'],
    ['being migrated', { status: 'migrating' }, 'leave'],
    ['made elsewhere and being migrated', { status: 'migrating', origin: 'discovered' }, 'candidate'],
    ['being deleted', { status: 'deleting' }, 'candidate'],
    ['terminated', { status: 'terminated' }, 'nothing'],
  ])('%s', (_, overrides, kind) => {
    const record = anInstance({ novitaInstanceId: novitaId(1), status: 'ready', observedAt: at(900), ...overrides });
    expect(judgeMissing(record, { startedAt: at(1_000) }, 60_000).kind).toBe(kind);
  });
});

const idsFrom = (first: number, count: number) => Array.from({ length: count }, (_, n) => novitaId(first + n));

function input(overrides: Partial<MissingCandidates> = {}): MissingCandidates {
  return {
    missingOurs: [],
    missingDiscovered: [],
    liveOurs: 10,
    liveAll: 10,
    listedTotal: 10,
    percent: 30,
    heldBefore: null,
    force: false,
    at: at(1_000),
    ...overrides,
  };
}

describe('massRemovalGuard', () => {
  it.each([
    [1, 10, false],
    [2, 2, false],
    [3, 3, true],
    [3, 10, false],
    [4, 10, true],
    [3, 9, true],
    [30, 100, false],
    [31, 100, true],
  ])('%i of %i missing: held: %s', (missing, live, held) => {
    const missingOurs = idsFrom(1, missing);
    const { through, hold } = massRemovalGuard(input({ missingOurs, liveOurs: live, liveAll: live }));
    expect(hold !== null).toBe(held);
    expect(through).toEqual(held ? [] : missingOurs);
    if (hold !== null) {
      const reason = `the listing lacks ${missing} of ${live} live instances, more than 30 %`;
      expect(hold).toEqual({ summary: { since: at(1_000), reason, wouldRemove: missing }, ids: missingOurs });
    }
  });

  it('holds an empty listing whatever the part, the discovered ones too', () => {
    const empty = input({ listedTotal: 0, liveAll: 2, liveOurs: 1 });
    const { through, hold } = massRemovalGuard({
      ...empty,
      missingOurs: idsFrom(1, 1),
      missingDiscovered: idsFrom(2, 1),
    });
    expect(through).toEqual([]);
    expect(hold?.ids).toEqual(idsFrom(1, 2));
    expect(hold?.summary.reason).toBe('the listing is empty while 2 live instances are on record');
    expect(massRemovalGuard(empty)).toEqual({ through: [], hold: null });
  });

  it('lets the discovered ones through, however many', () => {
    const missingDiscovered = idsFrom(50, 50);
    expect(massRemovalGuard(input({ missingDiscovered, liveAll: 60 }))).toEqual({
      through: missingDiscovered,
      hold: null,
    });
    const both = massRemovalGuard(input({ missingOurs: idsFrom(1, 5), missingDiscovered, liveAll: 60 }));
    expect([both.through, both.hold?.ids]).toEqual([missingDiscovered, idsFrom(1, 5)]);
  });

  it('lets through what an earlier listing lacked too, and holds the rest', () => {
    const heldBefore = { since: at(1), ids: new Set<string>(idsFrom(1, 4)) };
    const agreed = massRemovalGuard(input({ missingOurs: idsFrom(1, 4), heldBefore }));
    expect(agreed).toEqual({ through: idsFrom(1, 4), hold: null });
    const more = massRemovalGuard(input({ missingOurs: idsFrom(3, 5), heldBefore }));
    expect(more.through).toEqual(idsFrom(3, 2));
    expect(more.hold).toMatchObject({ ids: idsFrom(5, 3), summary: { since: at(1), wouldRemove: 3 } });
  });

  it('lets everything through when it is forced', () => {
    const missingOurs = idsFrom(1, 10);
    expect(massRemovalGuard(input({ missingOurs, listedTotal: 0, force: true }))).toEqual({
      through: missingOurs,
      hold: null,
    });
  });

  it('neither loses nor invents an id, and says why it holds', () => {
    const ids = fc.integer({ min: 0, max: 12 });
    fc.assert(
      fc.property(
        ids,
        ids,
        fc.array(fc.integer({ min: 1, max: 40 })),
        fc.nat({ max: 30 }),
        fc.boolean(),
        (ours, discovered, before, listedTotal, force) => {
          const missingOurs = idsFrom(1, ours);
          const missingDiscovered = idsFrom(20, discovered);
          const heldBefore = { since: at(1), ids: new Set<string>(before.map(novitaId)) };
          const { through, hold } = massRemovalGuard(
            input({ missingOurs, missingDiscovered, liveAll: 40, liveOurs: 20, listedTotal, heldBefore, force }),
          );
          const answered = [...through, ...(hold?.ids ?? [])];
          expect(answered.toSorted()).toEqual([...missingOurs, ...missingDiscovered].toSorted());
          expect(hold?.summary.wouldRemove).toBe(hold?.ids.length);
          for (const id of hold?.ids ?? []) expect(heldBefore.ids.has(id) || force).toBe(false);
        },
      ),
    );
  });
});

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

  it('removes all of them when the policy says so, and discovered ones always', () => {
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

  it('keeps a wanted deletion, and calls its end no error', () => {
    const desired = { state: 'deleted', at: at(10), by: 'user:a' } as const;
    const action = obsoleteAction(ours({ status: 'deleting', desired }), at(1_000), POLICY);
    expect(action).toMatchObject({ kind: 'mark-terminated', next: { desired, lastError: null } });
  });

  it('leaves what has a newer desired state, and what has ended', () => {
    const desired = { state: 'running', at: at(1_001), by: 'user:a' } as const;
    expect(obsoleteAction(ours({ desired }), at(1_000), POLICY).kind).toBe('leave');
    expect(obsoleteAction(ours({ status: 'terminated' }), at(1_000), POLICY).kind).toBe('leave');
  });
});
