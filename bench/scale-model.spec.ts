import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Deployment, predict, type UnitCosts, WALLS, type Workload, wallsInOrder } from './scale-model.js';
import { DEFAULTS, scaleTables, usualLoad, withTables } from './scale-tables.js';

const COSTS: UnitCosts = {
  redisEmptyMb: 2,
  redisBytesPerRecord: 4_000,
  redisBytesPerAuditLine: 100,
  redisBytesPerFeedEntry: 500,
  redisMicrosPerUse: 20,
  redisMicrosPerRead: 10,
  redisMicrosPerReconcile: 600,
  redisMicrosPerListed: 1,
  redisMicrosPerReadAgain: 2,
  apiIdleMb: 180,
  apiBytesPerInstance: 3_500,
  apiMicrosToLoadOne: 40,
  apiMicrosPerUse: 100,
  apiMicrosPerRead: 100,
  apiMicrosPerEvent: 200,
  apiMicrosPerEventAndReader: 5,
  apiMicrosPerReadAgain: 5,
  workerIdleMb: 160,
  workerBytesPerListed: 3_000,
  workerMicrosPerReconcile: 1_000,
  workerMicrosPerListed: 25,
  eventsPerReconcile: 1,
  idleApiMicrosPerSecond: 2_000,
  idleWorkerMicrosPerSecond: 3_000,
  idleRedisMicrosPerSecond: 500,
};

const of = (load: Partial<Workload>, deployment: Partial<Deployment> = {}) =>
  predict(COSTS, { ...usualLoad(10_000), ...load }, { ...DEFAULTS, ...deployment });

describe('the model of larger fleets', () => {
  it('counts the calls to Novita: pages of listings, and the commands and observations of each start and stop', () => {
    // 100 pages in 30 minutes; 20,000 lives a day of 4 calls and 10 polls in 5 minutes.
    const { novita } = of({});
    expect(novita.listing).toBeCloseTo(100 / 30);
    expect(novita.lives).toBeCloseTo((20_000 * 14) / 1_440);
    expect(novita.calls).toBeCloseTo(novita.listing + novita.lives);
    expect(novita.limit).toBe(600);
    expect(of({}, { secondsBetweenPolls: 60 }).novita.lives).toBeCloseTo((20_000 * 9) / 1_440);
  });

  it('lets a sync have what other calls leave of the limit, and never end when they leave nothing', () => {
    const quiet = of({ livesPerDay: 0, instances: 100_000 });
    expect(quiet.syncSeconds).toBe(1_000 / 10);
    expect(of({ livesPerDay: 0, instances: 100_000 }, { callsPerSecond: 1_000_000 }).syncSeconds).toBeCloseTo(2.5);
    expect(of({ instances: 100_000 }).syncSeconds).toBeNull();
  });

  it('divides requests among API processes, and gives each of them all events', () => {
    expect(of({}).api.pods).toBe(2);
    // 10,000 uses a second of 100 µs are 1 s of processor, of which a process takes 0.7, less what it follows.
    expect(of({ usesPerSecond: 20_000, readsPerSecond: 0, livesPerDay: 0 }, { usesKept: 1e9 }).api.pods).toBe(3);
    // 200 µs for each of 5,000 events a second are more than one process has, whatever their number.
    const events = of({ instances: 10_000_000, livesPerDay: 4 });
    expect(events.eventsPerSecond).toBeGreaterThan(5_000);
    expect(events.api.pods).toBeNull();
  });

  it('knows what is linear: memory of processes and of Redis, with full audit logs and a full feed', () => {
    expect(of({}).api.mb).toBeCloseTo(180 + 35);
    expect(of({}).workers.mb).toBeCloseTo(160 + 30);
    expect(of({}).redis.mb).toBeCloseTo(2 + 5 + 10_000 * 0.024);
    expect(of({}).api.loadSeconds).toBeCloseTo(0.4);
  });

  it('knows that more uses than are kept between two looks, or than there are instances, have those of all instances read again', () => {
    const reading = (usesPerSecond: number, instances: number) => {
      const { readsUsesAgain, redis, api } = of({ instances, usesPerSecond, readsPerSecond: 0, livesPerDay: 0 });
      const listed = instances / 1_800;
      return { readsUsesAgain, perSecond: (redis.share * 1e6 - usesPerSecond * 20 - listed) / (2 * (api.pods ?? 0)) };
    };
    // Every two seconds by each API process.
    expect(reading(24_999, 100_000)).toEqual({ readsUsesAgain: false, perSecond: expect.closeTo(24_999) });
    expect(reading(25_001, 100_000)).toEqual({ readsUsesAgain: true, perSecond: expect.closeTo(50_000) });
    // No more is read than there is of all of them.
    expect(reading(4_999, 10_000)).toEqual({ readsUsesAgain: false, perSecond: expect.closeTo(4_999) });
    expect(reading(5_001, 10_000)).toEqual({ readsUsesAgain: true, perSecond: expect.closeTo(5_000) });
  });

  it('asks no less of anything when there are more instances, so that each wall has one place', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e7 }), fc.integer({ min: 1, max: 1e7 }), (a, b) => {
        const [small, large] = [Math.min(a, b), Math.max(a, b)];
        for (const wall of WALLS) {
          const isMet = (size: number): boolean => wall.isMet(predict(COSTS, usualLoad(size), DEFAULTS), DEFAULTS);
          expect(isMet(large) || !isMet(small)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('finds from which size on a wall is met, to the instance', () => {
    const walls = wallsInOrder(COSTS, DEFAULTS, usualLoad);
    expect(walls.map(({ instances }) => instances)).toEqual(
      walls.map(({ instances }) => instances).toSorted((a, b) => a - b),
    );
    for (const { wall, instances } of walls) {
      const isMet = (size: number): boolean => wall.isMet(predict(COSTS, usualLoad(size), DEFAULTS), DEFAULTS);
      expect([isMet(instances - 1), isMet(instances)]).toEqual([false, true]);
    }
  });

  it('never meets what does not grow', () => {
    const still = (instances: number): Workload => ({ ...usualLoad(0), instances, livesPerDay: 0 });
    const calls = wallsInOrder(COSTS, { ...DEFAULTS, callsPerSecond: 1e12 }, still).find(({ wall }) =>
      wall.what.startsWith('calls'),
    );
    expect(calls?.instances).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the tables of the document', () => {
  const tables = scaleTables({ at: '2026-03-01T10:00:00.000Z', machine: 'a machine.', madeAt: 10_000, costs: COSTS });

  it('answer for each size, and say what is not possible', () => {
    expect(tables['answers']).toContain('| calls to Novita a minute | 198 | 1,978 | 19,778 | 1,978 |');
    expect(tables['answers']).toMatch(/\| a sync takes \| \d+ s \| never ends \| never ends \| never ends \|/);
    expect(tables['walls']).toMatch(/\| wall \|[^]*calls to Novita[^|]* \| 30,000 \| 480,000 \|/);
    expect(tables['tenant']).toContain('| together | 342 MB | 5.5 ‰ |');
  });

  it('stand in their places, and nothing else is touched', () => {
    const place = (name: string, text = ''): string =>
      `<!-- ${name}: made by npm run bench -- scale; do not edit -->${text}<!-- end of ${name} -->`;
    const names = Object.keys(tables);
    const document = `before\n${names.map((name) => place(name, '\n\nold\n\n')).join('\nbetween\n')}\nafter\n`;
    const made = withTables(document, tables);
    expect(made).not.toContain('old');
    expect(made.startsWith('before\n') && made.endsWith('\nafter\n')).toBe(true);
    expect(withTables(made, tables)).toBe(made);
    expect(() => withTables('nothing', tables)).toThrow('no place');
  });
});
