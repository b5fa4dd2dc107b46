import { describe, expect, it } from 'vitest';
import { FaultBoard } from '../faults/fault-board.js';
import { FAST } from '../timing.js';
import { SandboxClock } from './sandbox-clock.js';
import { seedFleet } from './seed-fleet.js';
import { SeededRandom } from './seeded-random.js';
import { World } from './world.js';

const NOW = 1_780_000_000_000;

function seeded(seed: number, count: number, now = NOW) {
  const settings = { timing: FAST, migrationEndsIn: 'running' } as const;
  const world = new World(settings, new SandboxClock(() => now), new SeededRandom(seed), new FaultBoard());
  return { world, records: seedFleet(world, count) };
}

describe('seedFleet', () => {
  it('makes the same fleet from the same seed, and another from another', () => {
    const [one, same, other] = [7, 7, 8].map((seed) => seeded(seed, 50).records.map((record) => record.freeze()));
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it('gives ids of 16 hexadecimal digits, each its own', () => {
    const ids = seeded(1, 5_000).records.map(({ id }) => id);
    expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(5_000);
  });

  it('makes plausible states: most running, times in order, all in the past and at rest', () => {
    const { records, world } = seeded(1, 2_000);
    const share = (status: string) => records.filter((record) => record.status === status).length / records.length;
    expect(share('running')).toBeGreaterThan(0.6);
    expect(share('exited')).toBeGreaterThan(0.15);
    for (const record of records) {
      expect(record.createdAt).toBeLessThan(NOW);
      expect(record.lastStoppedAt > record.createdAt).toBe(record.status === 'exited');
      expect(Math.max(record.lastStartedAt, record.lastStoppedAt)).toBeLessThanOrEqual(NOW);
      expect(record.course).toBeNull();
      const isRunningSpot = record.status === 'running' && record.spec.billingMode === 'spot';
      expect(record.spotStatus === 'running').toBe(isRunningSpot);
    }
    const before = records.map(({ status }) => status);
    world.advance(3_600_000);
    expect(records.map(({ status }) => status)).toEqual(before);
  });

  it('makes nothing when asked for nothing', () => {
    expect(seeded(1, 0).records).toEqual([]);
  });
});
