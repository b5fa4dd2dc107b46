import type { InstanceRecord } from '@app/instance-store';
import type { Fault, FaultEffect } from '@app/sandbox';
import type { InstanceOverrides } from '@app/testing';
import { expect } from 'vitest';
import type { MigrationPolicy } from '../../src/state-machine/model.js';
import { expectOneLiveAtMost, isAtRest, POLICY, World } from './world.js';

/* A spot instance in the world of one record, and what Novita does to it. */

export const HOUR = 3_600_000;
/** From the notice until the machine is gone, with a second to spare. */
export const RECLAIM_MS = 71_000;
export const NO_STOCK: FaultEffect = {
  kind: 'error',
  status: 400,
  reason: 'MIGRATE_INSUFFICIENT_RESOURCE',
  message: 'no stock',
};

/** How a migration goes: it may end down, fail, hang, or make another instance. */
export type Course = 'ends-up' | 'ends-down' | 'fails' | 'hangs' | 'elsewhere';

const FAULT_OF: Readonly<Record<Course, Fault | null>> = {
  'ends-up': null,
  'ends-down': null,
  fails: { kind: 'fail-start', operation: 'migrateInstance', message: 'it failed' },
  hangs: { kind: 'stuck', status: 'migrating' },
  elsewhere: { kind: 'migrate-elsewhere' },
};

/** A spot instance that is ready, and whose migrations take that course until the faults are cleared. */
export async function aReadySpotInstance(
  migration: Partial<MigrationPolicy> = {},
  course: Course = 'ends-up',
  overrides: InstanceOverrides = {},
): Promise<World> {
  const policy = { migration: { ...POLICY.migration, ...migration } };
  const migrationEndsIn = course === 'ends-down' ? 'exited' : 'running';
  const world = new World({ ...overrides, spec: { billingMode: 'spot', ...overrides.spec } }, policy, {
    migrationEndsIn,
  });
  await world.run();
  expect(world.record.status).toBe('ready');
  world.clock.advance(HOUR);
  const fault = FAULT_OF[course];
  if (fault !== null) world.novita.faults.add(fault);
  return world;
}

/** As any read does that shows something: the life cycle is to look. */
export function wake(world: World): void {
  const { record } = world;
  world.store.put({ ...record, deadlines: { ...record.deadlines, nextReconcileAt: world.clock.timestamp() } });
}

export function reclaim(world: World): void {
  world.novita.faults.add({ kind: 'spot-reclaim', instanceId: world.novitaId });
  world.clock.advance(RECLAIM_MS);
  expect(world.novita.statusOf(world.novitaId)).toBe('exited');
  wake(world);
}

export const migrations = ({ novita }: World): number => novita.sent('migrateInstance');
export const isDone = (world: World): boolean => {
  const { migration } = world.record;
  return migration?.state === 'done' && migration.replaced === null && isAtRest(world);
};
export const stateOf =
  (state: NonNullable<InstanceRecord['migration']>['state']) =>
  ({ record }: World): boolean =>
    record.migration?.state === state;

export const DISTURBED: ReadonlySet<string> = new Set(['migrateInstance', 'getInstance', 'listJobs', 'listInstances']);

/** Never two that bill, never two migrations of one machine at a time. */
export function watch(world: World): void {
  world.atEffect = () => {
    expectOneLiveAtMost(world);
  };
}
