import type { Timestamp } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { CHANGE_TYPES, type ChangeType } from '../ports/change-feed.port.js';
import type { Actor } from '../record/instance.js';
import { INSTANCE_STATUSES, type InstanceStatus } from '../record/instance-status.js';
import type { StopHold } from '../record/stop-hold-state.js';
import { entriesOfHold } from './audit-lines.js';
import { changeOfInsert, changesOfWrite, withHoldChange } from './write-plan.js';

const written = (status: InstanceStatus, by: Actor = 'user:a') =>
  ({
    status,
    desired: { state: 'running', at: '2026-01-01T00:00:00.000Z', by },
    migration: null,
    timestamps: {},
  }) as never;

describe('what a write announces', () => {
  it.each<[from: InstanceStatus, to: InstanceStatus, by: Actor, types: ChangeType[]]>([
    ['creating', 'creating', 'user:a', ['instance.updated']],
    ['creating', 'created', 'user:a', ['instance.updated']],
    ['created', 'starting', 'user:a', ['instance.starting']],
    ['running', 'health_checking', 'user:a', ['instance.health_checking']],
    ['health_checking', 'ready', 'user:a', ['instance.ready']],
    ['ready', 'stopping', 'auto-stop', ['instance.stopping']],
    ['stopping', 'stopped', 'user:a', ['instance.stopped']],
    ['stopping', 'stopped', 'auto-stop', ['instance.stopped', 'instance.auto_stopped']],
    ['stopping', 'stopped', 'spend-limit', ['instance.stopped', 'instance.stopped_by_spend_limit']],
    ['ready', 'stopped', 'auto-stop', ['instance.stopped', 'instance.auto_stopped']],
    ['stopped', 'stopped', 'auto-stop', ['instance.updated']],
    ['ready', 'migrating', 'migration', ['instance.migrating']],
    ['migrating', 'migrating', 'migration', ['instance.updated']],
    ['migrating', 'starting', 'migration', ['instance.starting', 'instance.migrated']],
    ['migrating', 'running', 'migration', ['instance.running', 'instance.migrated']],
    ['migrating', 'health_checking', 'migration', ['instance.health_checking', 'instance.migrated']],
    ['migrating', 'ready', 'migration', ['instance.ready', 'instance.migrated']],
    ['migrating', 'failed', 'migration', ['instance.failed']],
    ['migrating', 'stopped', 'migration', ['instance.stopped']],
    ['migrating', 'terminated', 'migration', ['instance.terminated']],
    ['starting', 'ready', 'migration', ['instance.ready']],
  ])('from %s to %s by %s is %j', (from, to, by, types) => {
    expect(changesOfWrite(from, written(to, by))).toEqual(types);
  });

  it('announces the end of a migration of ours when the instance is ready again, and not before', () => {
    const at = '2026-01-01T00:00:00.000Z';
    const desired = { state: 'running', at, by: 'user:a' };
    const starting = { status: 'running', desired, migration: { state: 'starting' }, timestamps: {} } as never;
    expect(changesOfWrite('migrating', starting)).toEqual(['instance.running']);
    const timestamps = { ready: at, migrated: at };
    const ready = { status: 'ready', desired, migration: { state: 'done' }, timestamps } as never;
    expect(changesOfWrite('health_checking', ready)).toEqual(['instance.ready', 'instance.migrated']);
    expect(changesOfWrite('ready', ready)).toEqual(['instance.updated']);
    const later = { status: 'ready', desired, migration: { state: 'done' }, timestamps: { ready: '2', migrated: at } };
    expect(changesOfWrite('health_checking', later as never)).toEqual(['instance.ready']);
  });

  it('is one or two types of the closed set, the status first, whatever is written', () => {
    for (const from of INSTANCE_STATUSES) {
      for (const to of INSTANCE_STATUSES) {
        for (const by of ['user:a', 'auto-stop', 'migration', 'console'] as const) {
          const [first, second, ...more] = changesOfWrite(from, written(to, by));
          expect(more).toEqual([]);
          expect(CHANGE_TYPES).toContain(first);
          if (second !== undefined) {
            expect(['instance.auto_stopped', 'instance.stopped_by_spend_limit', 'instance.migrated']).toContain(second);
            expect(first).toBe(`instance.${to}`);
          }
        }
      }
    }
  });
});

it.each([
  ['managed', 'instance.created'],
  ['adopted', 'instance.created'],
  ['discovered', 'instance.orphan_detected'],
] as const)('the insert of a %s one announces %s', (origin, type) => {
  expect(changeOfInsert({ origin })).toBe(type);
});

describe('a write that begins or ends a hold of a stop', () => {
  const AT = '2026-01-01T00:00:00.000Z' as Timestamp;
  const open: StopHold = {
    by: 'auto-stop',
    occasion: 'p',
    since: AT,
    until: AT,
    reason: 'idle',
    waitsFor: [{ endpointId: 'whe_a', releasedAt: null }],
    ended: null,
  };
  const ended: StopHold = { ...open, ended: { at: AT, outcome: 'timed-out', by: 'auto-stop' } };

  it.each<[wasHeld: boolean, stopHold: StopHold | null, changes: ChangeType[], expected: ChangeType[]]>([
    [false, null, ['instance.updated'], ['instance.updated']],
    [false, open, ['instance.updated'], ['instance.stop_pending']],
    [true, open, ['instance.updated'], ['instance.updated']],
    [true, ended, ['instance.updated'], ['instance.stop_hold_ended']],
    [true, ended, ['instance.stopping'], ['instance.stopping', 'instance.stop_hold_ended']],
    [false, ended, ['instance.ready'], ['instance.ready']],
  ])('announces it: held before %s', (wasHeld, stopHold, changes, expected) => {
    expect(withHoldChange(changes, wasHeld, { stopHold })).toEqual(expected);
  });

  it('enters it in the audit log once', () => {
    expect(entriesOfHold(false, { stopHold: open })).toMatchObject([{ kind: 'hold', by: 'auto-stop', to: 'held' }]);
    expect(entriesOfHold(true, { stopHold: open })).toEqual([]);
    expect(entriesOfHold(true, { stopHold: ended })).toMatchObject([{ kind: 'hold', from: 'held', to: 'timed-out' }]);
    expect(entriesOfHold(false, { stopHold: ended })).toEqual([]);
  });
});
