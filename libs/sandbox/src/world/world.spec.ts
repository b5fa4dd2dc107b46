import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAST } from '../timing.js';
import type { InstanceRecord, InstanceSpec } from './instance-record.js';
import type { Interference } from './interference.js';
import { SandboxClock } from './sandbox-clock.js';
import { SeededRandom } from './seeded-random.js';
import {
  ACCEPTED_IN,
  COMMANDS,
  type Command,
  EDGES,
  SANDBOX_STATUSES,
  type SandboxStatus,
  WrongStateError,
} from './status.js';
import { World } from './world.js';

const SPEC: InstanceSpec = {
  kind: 'gpu',
  productId: '4090.16c62g.us',
  productName: 'RTX 4090 24GB',
  clusterId: '1',
  clusterName: 'US-01 (Dallas)',
  gpuNum: 1,
  cpuNum: 16,
  memoryGb: 62,
  rootfsSize: 60,
  maxRootfsSize: 1000,
  imageUrl: 'i',
  imageAuthId: '',
  command: '',
  entrypoint: '',
  ports: [],
  envs: [],
  tools: [],
  volumes: [],
  networkId: '',
  billingMode: 'spot',
};

const UNDISTURBED: Interference = {
  outOfStock: () => false,
  migratesElsewhere: () => false,
  outOfBalance: () => false,
  balanceEmpty: () => false,
  billing: () => ({ lateHours: 0, missingDays: new Set<string>(), unitFactor: 1, percent: 100 }),
  startFailure: () => null,
  holds: () => false,
  hides: () => false,
  hidesFromLists: () => false,
  silences: () => null,
};

function newWorld(): { world: World; pass: (ms: number) => void } {
  let real = 1_000_000;
  const settings = { timing: FAST, migrationEndsIn: 'running' } as const;
  const world = new World(settings, new SandboxClock(() => real), new SeededRandom(1), UNDISTURBED);
  return {
    world,
    pass: (ms) => {
      real += ms;
      world.settle();
    },
  };
}

const CARRY_OUT: Readonly<Record<Command, (world: World, record: InstanceRecord) => unknown>> = {
  start: (world, record) => world.start(record, null),
  stop: (world, record) => world.stop(record),
  restart: (world, record) => world.restart(record),
  edit: (world, record) => world.edit(record, { ...record.spec }),
  upgrade: (world, record) => world.upgrade(record, { ...record.spec }),
  migrate: (world, record) => world.migrate(record, null),
  saveImage: (world, record) => world.saveImage(record),
  remove: (world, record) => world.remove(record),
};

describe('commands', () => {
  const table = COMMANDS.flatMap((command) =>
    SANDBOX_STATUSES.map((status) => ({ command, status, accepted: ACCEPTED_IN[command].includes(status) })),
  );

  it.each(table.filter(({ accepted }) => accepted))('$command is accepted in $status', ({ command, status }) => {
    const { world } = newWorld();
    const record = world.create('a', SPEC, 0, null);
    world.setStatus(record, status);
    CARRY_OUT[command](world, record);
    expect([status, ...EDGES[status]]).toContain(record.status);
  });

  it.each(table.filter(({ accepted }) => !accepted))('$command is refused in $status', ({ command, status }) => {
    const { world } = newWorld();
    const record = world.create('a', SPEC, 0, null);
    world.setStatus(record, status);
    expect(() => CARRY_OUT[command](world, record)).toThrow(WrongStateError);
    expect(record.status).toBe(status);
  });

  it('has the edges that the guides name, and none out of removed', () => {
    expect(ACCEPTED_IN).toMatchObject({ start: ['exited'], stop: ['running'], migrate: ['exited'] });
    expect(ACCEPTED_IN.remove).toHaveLength(SANDBOX_STATUSES.length - 1);
    expect(EDGES.removed).toEqual([]);
  });
});

describe('restore', () => {
  it('makes an instance as another world had it, which stays so until a command', () => {
    const { world: other, pass } = newWorld();
    const record = other.create('a', SPEC, 0, null);
    pass(60_000);
    const { order: _, ...state } = record.freeze();
    expect(state).toMatchObject({ status: 'running', spotStatus: 'running' });

    const { world, pass: passHere } = newWorld();
    world.create('before', SPEC, 0, null);
    world.restore({ ...record.freeze(), spotStatus: 'notified', lastStartedAt: 7 });
    passHere(60_000);
    const restored = world.fleet.get(record.id);
    expect(restored?.freeze()).toMatchObject({ ...state, spotStatus: 'notified', lastStartedAt: 7 });
    expect(world.fleet.newestFirst(0, 9).map(({ name }) => name)).toEqual(['a', 'before']);
    world.stop(restored as InstanceRecord);
    passHere(60_000);
    expect(restored?.status).toBe('exited');
  });
});

describe('any course of commands and time', () => {
  type Act = { readonly command: Command } | { readonly passMs: number } | { readonly reclaim: true };
  const act: fc.Arbitrary<Act> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ command: fc.constantFrom(...COMMANDS) }) },
    { weight: 4, arbitrary: fc.record({ passMs: fc.integer({ min: 1, max: 90 }) }) },
    { weight: 1, arbitrary: fc.constant<Act>({ reclaim: true }) },
  );

  it('only moves along the edges, and never back in time', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), fc.boolean(), (acts, fails) => {
        const { world, pass } = newWorld();
        const record = world.create('a', SPEC, 0, fails ? 'broken' : null);
        let last: SandboxStatus = record.status;
        let lastTimes: readonly [number, number] = [0, 0];
        // Collected, because an assertion for every millisecond would make this the slowest test of all.
        const wrong: string[] = [];
        const observe = (): void => {
          if (record.status !== last && !EDGES[last].includes(record.status)) wrong.push(`${last} to ${record.status}`);
          last = record.status;
          const times = [record.lastStartedAt, record.lastStoppedAt] as const;
          if (times[0] < lastTimes[0] || times[1] < lastTimes[1]) wrong.push(`back in time in ${last}`);
          if (Math.max(...times) > world.clock.realNow()) wrong.push(`in the future in ${last}`);
          lastTimes = times;
        };
        for (const step of acts) {
          if ('passMs' in step) {
            for (let ms = 0; ms < step.passMs; ms++) {
              pass(1);
              observe();
            }
          } else if ('reclaim' in step) {
            if (record.status === 'running') world.reclaimSpot(record);
          } else if (ACCEPTED_IN[step.command].includes(record.status)) {
            CARRY_OUT[step.command](world, record);
          }
          observe();
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('comes to rest, with all that it took from the stock given back when it is gone', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 20 }), (acts) => {
        const { world, pass } = newWorld();
        const free = (): number =>
          world.stock.available('4090.16c62g.us', '1') +
          world.stock.available('4090.16c62g.us', '3') +
          world.stock.available('4090.16c62g.us', '5');
        const before = free();
        world.stock.take('4090.16c62g.us', '1', 1);
        const record = world.create('a', SPEC, 0, null);
        for (const step of acts) {
          if ('passMs' in step) pass(step.passMs);
          else if ('command' in step && step.command !== 'start' && ACCEPTED_IN[step.command].includes(record.status)) {
            CARRY_OUT[step.command](world, record);
          }
        }
        if (ACCEPTED_IN.remove.includes(record.status)) world.remove(record);
        pass(10_000);
        expect(world.fleet.size).toBe(0);
        expect(free()).toBe(before);
        expect(
          world.jobs.newestFirst().filter(({ state, type }) => state === 'running' && type !== 'saveImage'),
        ).toEqual([]);
      }),
    );
  });
});

describe('a reading late', () => {
  it('finds the state that it would have found by reading all the time', () => {
    const late = newWorld();
    const record = late.world.create('a', SPEC, 0, null);
    late.pass(79);
    expect(record.status).toBe('pulling');
    late.pass(1);
    expect(record.status).toBe('running');
    expect(record.lastStartedAt).toBe(1_000_080);
    late.world.stop(record);
    late.pass(10_000);
    expect([record.status, record.lastStoppedAt]).toEqual(['exited', 1_000_120]);
  });
});
