import { setTimeout as pause } from 'node:timers/promises';
import { redisStore, StoreUnavailableError } from '@app/instance-store';
import { SystemClock } from '@app/platform';
import { Redis } from 'ioredis';
import { EndChecks } from '../simulation/checks/at-the-end.js';
import { Violation } from '../simulation/checks/violation.js';
import { Histories } from './checks/history.js';
import { Readers } from './checks/readers.js';
import { Watch } from './checks/watch.js';
import { WorldMirror } from './checks/world-mirror.js';
import { Clients } from './clients/clients.js';
import { Ground, KEY_PREFIX } from './ground/ground.js';
import { Storm } from './ground/storm.js';
import { describeStep, isHazard, type Plan, type ProcessName } from './plan/plan.js';
import { type RollingFigures, rollingRestart } from './rolling/rolling-restart.js';

/** After which a use that an API took without Redis counts: it was replayed, and every worker has waited for that. */
const SETTLED_MS = 20_000;
/** How long it may take until all is as desired once nothing goes wrong any more. */
const CALM_MS = 120_000;
/** Real deadlines in calm: a sweep a second, back-offs of some seconds, a busy machine. */
const PATIENCE = { overdueMs: 20_000, begunMs: 15_000 };
const READERS = 2;

interface Broken {
  readonly promise: string;
  readonly detail: string;
  readonly history: readonly string[];
}

export interface Outcome {
  readonly plan: Plan;
  readonly hazards: ReadonlyMap<string, number>;
  readonly requests: Clients['asked'];
  readonly figures: {
    readonly instances: number;
    readonly entries: number;
    readonly autoStops: number;
    readonly novitaCalls: number;
    readonly starts: number;
    readonly returns: number;
    readonly settledMs: number;
    readonly longestEndMs: number;
  };
  readonly rolling: RollingFigures | null;
  readonly broken: readonly Broken[];
}

export interface RunOptions {
  readonly processes: readonly ProcessName[];
  readonly mostInstances: number;
  /** Whether all processes are replaced in turn at the end, under load. */
  readonly isRolling: boolean;
  /** Ends the run, and every process of it. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Lives through one plan on real processes, and waits until all is well afterwards. */
export async function runPlan(plan: Plan, options: RunOptions): Promise<Outcome> {
  const histories = new Histories();
  const broken: Broken[] = [];
  let watch: Watch | null = null;
  const violate = (promise: string, detail: string): void => {
    if (broken.some((known) => known.promise === promise && known.detail === detail)) return;
    options.say(`VIOLATION ${promise}: ${detail}`);
    broken.push({ promise, detail, history: histories.about(detail, watch?.records.all() ?? []) });
  };
  const ground = await Ground.start(plan.seed, options.processes, (detail) => violate('no process fails', detail));
  const redis = new Redis(ground.observer.port, '127.0.0.1', { maxRetriesPerRequest: 0, commandTimeout: 3_000 });
  redis.on('error', () => undefined);
  const clients = new Clients(ground.apis, options.mostInstances, (id, line) => histories.note(id, line));
  const readers = new Readers(ground.apis, READERS);
  try {
    const storm = new Storm(ground);
    const world = new WorldMirror(ground.novita);
    watch = new Watch({
      redis,
      world,
      sayings: ground.novita.wire.sayings,
      promised: clients.promised,
      histories,
      isTouchedByHand: (id) => storm.touchedByHand.has(id),
      isReplayDue: (process: ProcessName, acknowledgedMs, atMs) => {
        const disturbedAtMs = Math.max(
          acknowledgedMs,
          ground.slot(process)?.disturbedAtMs ?? 0,
          storm.redisDisturbedAtMs,
        );
        return disturbedAtMs < atMs - SETTLED_MS;
      },
      onViolation: ({ promise, detail }) => violate(promise, detail),
    });
    const { wire } = ground.novita;
    const look = watch;
    wire.onBought = () => void look.lookAtBills();
    await readers.haveBegun();
    watch.begin();
    options.say(`seed ${plan.seed}: all is up, ${plan.steps.length} steps in ${plan.stormMs / 1_000} s`);

    await carryOut(plan, storm, clients, histories, options.signal);
    await storm.end();
    await clients.end();
    const calmSince = performance.now();
    await ground.ready();
    const checks = new EndChecks(
      { view: world },
      { deadlines: redisStore(redis, new SystemClock(), { keyPrefix: KEY_PREFIX }).deadlines },
      watch.records,
      { acknowledged: clients.promised },
      Date.now,
      PATIENCE,
    );
    const last = await untilWell(options.signal, async () => {
      await look.catchUp();
      if (!(await world.refresh())) throw new Violation('every bill has a record', 'Novita does not answer');
      await checks.check();
      readers.check(look.written);
    });
    if (last !== null) violate(last.promise, last.detail);
    const settledMs = performance.now() - calmSince;
    const rolling = options.isRolling ? await rollingRestart(ground, look, violate) : null;
    return {
      plan,
      hazards: storm.done,
      requests: clients.asked,
      figures: {
        instances: clients.promised.length,
        entries: watch.written.length,
        autoStops: watch.autoStops,
        novitaCalls: wire.calls,
        starts: ground.slots.reduce((sum, { starts }) => sum + starts, 0),
        returns: readers.returns,
        settledMs,
        longestEndMs: Math.max(...ground.slots.map((slot) => slot.longestEndMs)),
      },
      rolling,
      broken,
    };
  } finally {
    readers.close();
    await watch?.end();
    redis.disconnect();
    await ground.stop();
  }
}

/** @throws the reason of the signal */
async function carryOut(
  plan: Plan,
  storm: Storm,
  clients: Clients,
  histories: Histories,
  signal: AbortSignal,
): Promise<void> {
  const beganAt = performance.now();
  for (const step of plan.steps) {
    const waitMs = beganAt + step.atMs - performance.now();
    if (waitMs > 0) await pause(waitMs, undefined, { signal });
    if (!isHazard(step)) clients.begin(step);
    else {
      histories.noteForAll(`-- ${describeStep(step)}`);
      storm.begin(step);
    }
  }
}

/** @returns what is still broken when patience ends; null as soon as nothing is @throws the reason of the signal */
async function untilWell(signal: AbortSignal, check: () => Promise<void>): Promise<Violation | null> {
  const endsAt = performance.now() + CALM_MS;
  for (;;) {
    signal.throwIfAborted();
    let found: Violation;
    try {
      await check();
      return null;
    } catch (error) {
      if (error instanceof Violation) found = error;
      else if (error instanceof StoreUnavailableError) found = new Violation('no deadline overdue', String(error));
      else throw error;
    }
    if (performance.now() > endsAt) return found;
    await pause(250);
  }
}
