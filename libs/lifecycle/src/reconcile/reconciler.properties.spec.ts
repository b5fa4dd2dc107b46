import { Problem } from '@app/platform';
import type { FaultEffect } from '@app/sandbox';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Crash,
  expectOneLiveAtMost,
  isAtRest,
  LOST_AFTER,
  LOST_BEFORE,
  POLICY,
  World,
} from '../../test/fakes/world.js';
import type { RunCommand } from '../commands/instance-commands.js';

const FAULTS: readonly FaultEffect[] = [
  LOST_BEFORE,
  LOST_AFTER,
  { kind: 'error', status: 500, reason: 'UNKNOWN', message: 'unknown error' },
  { kind: 'error', status: 429, reason: 'RATE_LIMIT_EXCEEDED', message: 'slow down', retryAfterSeconds: 20 },
  { kind: 'error', status: 400, reason: 'DEPENDENT_RESOURCE_STATE', message: 'invalid state change' },
  { kind: 'error', status: 401, reason: 'UNAUTHORIZED', message: 'bad key' },
];
const COMMANDS: readonly RunCommand[] = ['start', 'stop', 'restart', 'delete'];

/** A bad hour: what fails, where workers die or fall asleep, and what people ask for meanwhile. */
interface BadHour {
  /** By call, in order; null lets the call pass. */
  readonly faults: readonly (FaultEffect | null)[];
  /** By effect, in order. */
  readonly mishaps: readonly ('none' | 'crash' | 'pause')[];
  readonly commands: readonly { readonly command: RunCommand; readonly afterPasses: number }[];
  readonly workers: number;
  readonly listLagMs: number;
  readonly getLagMs: number;
  readonly silentPasses: number;
  readonly last: RunCommand;
}

const badHours: fc.Arbitrary<BadHour> = fc.record({
  faults: fc.array(fc.option(fc.constantFrom(...FAULTS), { nil: null, freq: 3 }), { maxLength: 30 }),
  mishaps: fc.array(
    fc.oneof(
      { weight: 10, arbitrary: fc.constant('none' as const) },
      { weight: 1, arbitrary: fc.constant('crash' as const) },
      { weight: 1, arbitrary: fc.constant('pause' as const) },
    ),
    { maxLength: 80 },
  ),
  commands: fc.array(
    fc.record({ command: fc.constantFrom(...COMMANDS), afterPasses: fc.integer({ min: 0, max: 8 }) }),
    { maxLength: 4 },
  ),
  workers: fc.integer({ min: 1, max: 3 }),
  listLagMs: fc.integer({ min: 0, max: 14_000 }),
  getLagMs: fc.integer({ min: 0, max: 50_000 }),
  silentPasses: fc.integer({ min: 0, max: 5 }),
  last: fc.constantFrom('start', 'stop', 'delete'),
});

/** As a route does it; one that is refused changes nothing. */
function ask(world: World, command: RunCommand): void {
  try {
    world.command(command);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

/** Several workers at once on the one record, as after a stalled job. */
async function passTogether(world: World, workers: number): Promise<void> {
  const due = world.record.deadlines.nextReconcileAt;
  if (due !== undefined) world.clock.set(Math.max(world.clock.now() + 1, Date.parse(due)));
  else world.clock.advance(1_000);
  const passes = await Promise.allSettled(Array.from({ length: workers }, () => world.pass()));
  for (const pass of passes) if (pass.status === 'rejected' && !(pass.reason instanceof Crash)) throw pass.reason;
}

async function live(hour: BadHour): Promise<World> {
  const world = new World();
  world.novita.faults.clear();
  world.novita.faults.add({ kind: 'late', listsMs: hour.listLagMs, readsMs: hour.getLagMs });
  let calls = 0;
  let effects = 0;
  let probes = 0;
  world.novita.faultOf = () => hour.faults[calls++] ?? null;
  world.prober.answers = () => probes++ >= hour.silentPasses;
  world.atEffect = (effect) => {
    expectOneLiveAtMost(world);
    // A call that is on its way cannot be held back: its own time limit ends it.
    const mishap = effect === 'before novita.create' ? 'none' : hour.mishaps[effects++];
    if (mishap === 'pause') world.clock.advance(50_000);
    if (mishap === 'crash') throw new Crash(effect);
  };
  for (const { command, afterPasses } of hour.commands) {
    for (let pass = 0; pass < afterPasses; pass++) await passTogether(world, hour.workers);
    ask(world, command);
  }
  // The hour is over: every call and every worker does well from here on.
  calls = hour.faults.length;
  effects = hour.mishaps.length;
  ask(world, hour.last);
  for (let pass = 0; pass < 300 && !isAtRest(world); pass++) await passTogether(world, hour.workers);
  return world;
}

/** Of two creates in a row, the later follows a search that could have found what the earlier one made. */
function expectSearchBeforeSecondCreate({ novita: { log } }: World): void {
  for (const [index, entry] of log.entries()) {
    if (entry.operation !== 'createInstance' || entry.outcome === 'refused') continue;
    const rest = log.slice(index + 1);
    const next = rest.findIndex(({ operation }) => operation === 'createInstance');
    if (next === -1) continue;
    const counting = rest
      .slice(0, next)
      .filter(
        ({ operation, outcome, at }) =>
          operation === 'listInstances' && outcome === 'answered' && at >= entry.at + POLICY.createRetryGraceMs * 0.75,
      );
    expect(counting.length).toBeGreaterThan(0);
  }
}

function expectRest(world: World): void {
  expect(isAtRest(world)).toBe(true);
  const { record, novita } = world;
  const left = novita.all.filter(({ status }) => status !== 'removed');
  if (record.status === 'ready') expect(novita.live.map(({ id }) => id)).toEqual([record.novitaInstanceId]);
  else if (record.status === 'terminated') expect(left).toEqual([]);
  else expect(novita.live).toEqual([]);
  const expected = { running: ['ready'], stopped: ['stopped', 'failed'], deleted: ['terminated'] };
  expect(expected[record.desired.state]).toContain(record.status);
}

describe('the life cycle, whatever happens to it', () => {
  it('comes to rest in the desired state, with one live instance at most, a record that is true, and no second create without a search that began a grace after the one before', async () => {
    await fc.assert(
      fc.asyncProperty(badHours, async (hour) => {
        const world = await live(hour);
        expectRest(world);
        expectSearchBeforeSecondCreate(world);
      }),
      { numRuns: 400 },
    );
  }, 600_000);
});
