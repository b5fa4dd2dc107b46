import { HOUR_MS, MINUTE_MS, SECOND_MS } from '@app/platform';
import { Random } from '../runtime/random.js';

export const PROCESSES = ['api-1', 'api-2', 'worker-1', 'worker-2'] as const;
type ProcessName = (typeof PROCESSES)[number];

/** How a listing is wrong. */
const LIST_LIES = ['lag', 'drift-removed', 'drift-inserted', 'duplicates', 'empty', 'bad-item'] as const;
export type ListLie = (typeof LIST_LIES)[number];

/** Of clients, who know the instances by the order in which they asked for them. */
export type ClientStep =
  | {
      readonly kind: 'create';
      readonly billing: 'onDemand' | 'spot';
      readonly autoStop: boolean;
      readonly threshold: number | null;
    }
  | { readonly kind: 'start' | 'stop' | 'restart' | 'delete'; readonly target: number }
  | { readonly kind: 'use' | 'end-lease' | 'read'; readonly target: number }
  | { readonly kind: 'lease'; readonly target: number; readonly minutes: number }
  | { readonly kind: 'patch'; readonly target: number; readonly threshold: number | null }
  /** Minutes since the creation, whatever the use; null removes it. */
  | { readonly kind: 'lifetime'; readonly target: number; readonly minutes: number | null }
  /** Reports a use again and again. */
  | { readonly kind: 'session'; readonly target: number; readonly everyMs: number; readonly forMs: number }
  | { readonly kind: 'sync'; readonly force: boolean }
  | { readonly kind: 'stop-all' };

/** Of the world. */
export type HazardStep =
  | { readonly kind: 'kill'; readonly process: ProcessName; readonly downMs: number }
  | { readonly kind: 'pause'; readonly process: ProcessName; readonly forMs: number }
  | { readonly kind: 'redis-away'; readonly forMs: number }
  | { readonly kind: 'jobs-lost' }
  | {
      readonly kind: 'rough';
      readonly place: 'redis' | 'novita' | 'disk';
      readonly loss: number;
      readonly slow: number;
      readonly forMs: number;
    }
  | { readonly kind: 'errors'; readonly share: number; readonly forMs: number }
  | { readonly kind: 'lists-lie'; readonly lie: ListLie; readonly share: number; readonly forMs: number }
  | { readonly kind: 'no-stock' | 'no-money'; readonly forMs: number }
  | { readonly kind: 'fail-start' }
  | { readonly kind: 'stuck'; readonly status: 'pulling' | 'stopping' | 'starting'; readonly forMs: number }
  | { readonly kind: 'console-stop' | 'console-start' | 'reclaim' | 'vanish'; readonly target: number }
  | { readonly kind: 'migrate-elsewhere' };

export type Step = { readonly atMs: number } & (ClientStep | HazardStep);

/** All that is not left to chance while it runs. Without its steps it is a quiet fleet. */
export interface Plan {
  readonly seed: number;
  /** How long things happen; a calm time follows. */
  readonly stormMs: number;
  /** New instances are listed so late; ms. */
  readonly lateLists: number;
  readonly pullingMs: number;
  readonly migrationEndsIn: 'running' | 'exited';
  /** Instances that were made elsewhere before. */
  readonly foreign: number;
  /** In the order of their times. */
  readonly steps: readonly Step[];
}

const CLIENT_KINDS: readonly (readonly [ClientStep['kind'], number])[] = [
  ['create', 3],
  ['start', 5],
  ['stop', 4],
  ['restart', 2],
  ['delete', 2],
  ['use', 6],
  ['session', 5],
  ['lease', 3],
  ['end-lease', 1],
  ['patch', 2],
  ['read', 6],
  ['sync', 2],
  ['stop-all', 0.3],
];
const HAZARD_KINDS: readonly (readonly [HazardStep['kind'], number])[] = [
  ['kill', 6],
  ['pause', 3],
  ['redis-away', 3],
  ['jobs-lost', 1],
  ['rough', 6],
  ['errors', 4],
  ['lists-lie', 4],
  ['no-stock', 1.5],
  ['no-money', 1],
  ['fail-start', 1],
  ['stuck', 1.5],
  ['console-stop', 2],
  ['console-start', 2],
  ['reclaim', 4],
  ['vanish', 0.7],
  ['migrate-elsewhere', 2],
];

/** @param days of virtual time; null for some hours, as the seed says */
export function planOf(seed: number, days: number | null): Plan {
  const random = new Random(Math.imul(seed + 1, 0x85ebca6b));
  const stormMs = days === null ? random.between(28 * MINUTE_MS, 55 * MINUTE_MS) : days * 24 * HOUR_MS;
  const perHour = random.between(30, 90);
  const hazardShare = random.fraction() * 0.5;
  const count = Math.ceil((stormMs / HOUR_MS) * perHour);
  const steps: Step[] = Array.from({ length: random.between(2, 5) }, () => ({
    atMs: random.between(10 * SECOND_MS, 8 * MINUTE_MS),
    ...clientStep('create', random),
  }));
  for (let index = 0; index < count; index++) {
    const atMs = random.between(MINUTE_MS, stormMs);
    const step = random.chance(hazardShare)
      ? hazardStep(weighted(HAZARD_KINDS, random), random)
      : clientStep(weighted(CLIENT_KINDS, random), random);
    steps.push({ atMs, ...step });
  }
  steps.push(...lifetimeSteps(new Random(Math.imul(seed + 3, 0x27d4eb2f)), stormMs));
  return {
    seed,
    stormMs,
    lateLists: random.between(0, 14 * SECOND_MS),
    pullingMs: random.between(20 * SECOND_MS, 4 * MINUTE_MS),
    migrationEndsIn: random.chance(0.7) ? 'running' : 'exited',
    foreign: random.between(0, 3),
    steps: steps.sort((a, b) => a.atMs - b.atMs),
  };
}

/** By a chance of their own, so that the rest of a plan does not depend on them. */
function lifetimeSteps(random: Random, stormMs: number): Step[] {
  const count = random.chance(0.5) ? 0 : Math.ceil((stormMs / HOUR_MS) * random.between(1, 4));
  return Array.from({ length: count }, () => ({
    atMs: random.between(MINUTE_MS, stormMs),
    kind: 'lifetime',
    target: random.between(0, 1_000),
    minutes: random.chance(0.2) ? null : random.between(10, 10 + Math.round(stormMs / MINUTE_MS)),
  }));
}

function weighted<Kind>(kinds: readonly (readonly [Kind, number])[], random: Random): Kind {
  let rest = random.fraction() * kinds.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of kinds) {
    rest -= weight;
    if (rest < 0) return kind;
  }
  const [[last] = []] = kinds.slice(-1);
  if (last === undefined) throw new RangeError('nothing to choose from');
  return last;
}

function clientStep(kind: ClientStep['kind'], random: Random): ClientStep {
  const target = random.between(0, 1_000);
  const threshold = random.chance(0.3) ? random.between(5, 25) : null;
  switch (kind) {
    case 'create':
      return { kind, billing: random.chance(0.45) ? 'spot' : 'onDemand', autoStop: random.chance(0.6), threshold };
    case 'start':
    case 'stop':
    case 'restart':
    case 'delete':
    case 'use':
    case 'end-lease':
    case 'read':
      return { kind, target };
    case 'lease':
      return { kind, target, minutes: random.between(2, 50) };
    case 'patch':
      return { kind, target, threshold };
    case 'lifetime':
      return { kind, target, minutes: threshold };
    case 'session':
      return {
        kind,
        target,
        everyMs: random.between(MINUTE_MS, 4 * MINUTE_MS),
        forMs: random.between(10 * MINUTE_MS, HOUR_MS),
      };
    case 'sync':
      return { kind, force: random.chance(0.2) };
    case 'stop-all':
      return { kind };
  }
}

function hazardStep(kind: HazardStep['kind'], random: Random): HazardStep {
  const target = random.between(0, 1_000);
  const forMs = random.between(20 * SECOND_MS, 8 * MINUTE_MS);
  switch (kind) {
    case 'kill':
      return { kind, process: random.pick(PROCESSES), downMs: random.between(SECOND_MS, 4 * MINUTE_MS) };
    case 'pause':
      return { kind, process: random.pick(PROCESSES), forMs: random.between(SECOND_MS, 2 * MINUTE_MS) };
    case 'redis-away':
      // Probes of a store that is away are many, so the long times are few.
      return { kind, forMs: random.between(2 * SECOND_MS, (random.chance(0.15) ? 15 : 2) * MINUTE_MS) };
    case 'rough':
      return {
        kind,
        place: random.pick(['redis', 'novita', 'novita', 'disk'] as const),
        loss: random.fraction() * 0.3,
        slow: random.fraction() * 0.2,
        forMs,
      };
    case 'errors':
      return { kind, share: random.fraction() * 0.6, forMs };
    case 'lists-lie':
      return { kind, lie: random.pick(LIST_LIES), share: random.fraction(), forMs: 2 * forMs };
    case 'no-stock':
    case 'no-money':
      return { kind, forMs };
    case 'stuck':
      return { kind, status: random.pick(['pulling', 'stopping', 'starting'] as const), forMs };
    case 'console-stop':
    case 'console-start':
    case 'reclaim':
    case 'vanish':
      return { kind, target };
    case 'jobs-lost':
    case 'fail-start':
    case 'migrate-elsewhere':
      return { kind };
  }
}

/** One line, as a person reads it. */
export function describe({ atMs: _atMs, ...step }: Step): string {
  const { kind, ...members } = step;
  const words = Object.entries(members).map(([name, value]) => {
    if (typeof value !== 'number') return `${name}=${String(value)}`;
    return name.endsWith('Ms')
      ? `${name.slice(0, -2)}=${Math.round(value / 1_000)}s`
      : `${name}=${Number(value.toFixed(2))}`;
  });
  return [kind, ...words].join(' ');
}
