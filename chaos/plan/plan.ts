import type { FaultEffect } from '@app/sandbox';
import { Random } from '../../simulation/runtime/random.js';

export const PROCESSES = ['api-1', 'api-2', 'worker-1', 'worker-2'] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** What a client asks for. Targets are counted in the order in which instances were acknowledged. */
export type ClientStep =
  | {
      readonly kind: 'create';
      readonly billing: 'onDemand' | 'spot';
      readonly autoStop: boolean;
      /** Minutes; null for the default of the fleet. */
      readonly threshold: number | null;
    }
  | { readonly kind: 'start' | 'stop' | 'restart' | 'delete'; readonly target: number }
  | { readonly kind: 'use' | 'end-lease' | 'read'; readonly target: number }
  | { readonly kind: 'lease'; readonly target: number; readonly forMs: number }
  | { readonly kind: 'patch'; readonly target: number; readonly threshold: number | null }
  | { readonly kind: 'sync'; readonly force: boolean };

/** What goes wrong. Each ends by itself. */
export type HazardStep =
  | { readonly kind: 'kill' | 'terminate'; readonly process: ProcessName; readonly downMs: number }
  | { readonly kind: 'pause' | 'cut-off' | 'silence'; readonly process: ProcessName; readonly forMs: number }
  | { readonly kind: 'redis-kill'; readonly downMs: number }
  | { readonly kind: 'redis-pause' | 'novita-pause'; readonly forMs: number }
  /** Connections stay with the server that was the primary for so long, and meet a read-only replica. */
  | { readonly kind: 'redis-failover'; readonly lateMs: number }
  | { readonly kind: 'novita-errors' | 'lists-lie'; readonly effect: FaultEffect; readonly times: number }
  | { readonly kind: 'no-stock' | 'no-money' | 'fail-start'; readonly forMs: number }
  | { readonly kind: 'stuck'; readonly status: 'pulling' | 'stopping' | 'starting'; readonly forMs: number }
  | { readonly kind: 'console-stop' | 'console-start' | 'reclaim'; readonly target: number };

export type Step = { readonly atMs: number } & (ClientStep | HazardStep);

export interface Plan {
  readonly seed: number;
  readonly stormMs: number;
  /** In the order of their times. */
  readonly steps: readonly Step[];
}

/** Answers that are none, answers that are lost, answers that come late. */
const ERRORS: readonly FaultEffect[] = [
  { kind: 'error', status: 500, reason: 'UNKNOWN', message: 'unknown error' },
  { kind: 'error', status: 503, reason: 'UNAVAILABLE', message: 'try later' },
  { kind: 'error', status: 429, reason: 'RATE_LIMIT_EXCEEDED', message: 'slow down', retryAfterSeconds: 1 },
  { kind: 'succeed-then-500' },
  { kind: 'succeed-then-hang' },
  { kind: 'hang' },
  { kind: 'reset' },
  { kind: 'reset', afterEffect: true },
  { kind: 'malformed' },
  { kind: 'malformed', body: 'truncated' },
  { kind: 'latency', ms: 1_500 },
];

/**
 * None hides an instance for as long as CREATE_RETRY_GRACE: nobody could tell then that it was made, and a second purchase
 * would be right.
 */
const LIST_LIES: readonly FaultEffect[] = [
  { kind: 'list-lag', ms: 2_000 },
  { kind: 'page-drift', direction: 'removed' },
  { kind: 'page-drift', direction: 'inserted' },
  { kind: 'duplicates' },
  { kind: 'malformed', body: 'item' },
];

const CLIENT_KINDS: readonly (readonly [ClientStep['kind'], number])[] = [
  ['create', 2],
  ['start', 6],
  ['stop', 4],
  ['restart', 2],
  ['delete', 1],
  ['use', 10],
  ['lease', 3],
  ['end-lease', 1],
  ['patch', 2],
  ['read', 12],
  ['sync', 2],
];
/** How many of each kind are in a deck that is dealt before the next one is shuffled: a short run has most kinds too. */
const HAZARD_DECK: readonly (readonly [HazardStep['kind'], number])[] = [
  ['kill', 3],
  ['terminate', 1],
  ['pause', 2],
  ['cut-off', 2],
  ['silence', 2],
  ['redis-kill', 1],
  ['redis-pause', 1],
  ['redis-failover', 1],
  ['novita-pause', 1],
  ['novita-errors', 5],
  ['lists-lie', 3],
  ['no-stock', 1],
  ['no-money', 1],
  ['fail-start', 1],
  ['stuck', 1],
  ['console-stop', 1],
  ['console-start', 1],
  ['reclaim', 2],
];
const CLIENT_EVERY_MS = 160;
const HAZARD_EVERY_MS = 1_500;
const FIRST_CREATES = 5;
/** Auto-stop waits until Redis has answered for ten seconds: in the second half of each minute only Novita fails. */
const WAVE_MS = 60_000;
const AT_NOVITA: ReadonlySet<HazardStep['kind']> = new Set<HazardStep['kind']>([
  'novita-pause',
  'novita-errors',
  'lists-lie',
  'no-stock',
  'no-money',
  'fail-start',
  'stuck',
  'console-stop',
  'console-start',
  'reclaim',
]);

/** What happens, and when, as far as it is not left to the machine: the same for the same seed and length. */
export function planOf(seed: number, stormMs: number): Plan {
  const random = new Random(Math.imul(seed + 1, 0x85ebca6b));
  const steps: Step[] = Array.from({ length: FIRST_CREATES }, (_, index) => ({
    atMs: index * CLIENT_EVERY_MS,
    ...clientStep('create', random),
  }));
  for (let index = FIRST_CREATES; index < stormMs / CLIENT_EVERY_MS; index++) {
    steps.push({ atMs: random.between(0, stormMs), ...clientStep(weighted(CLIENT_KINDS, random), random) });
  }
  let deck: HazardStep['kind'][] = [];
  for (let index = 1; index < stormMs / HAZARD_EVERY_MS; index++) {
    if (deck.length === 0) deck = shuffledDeck(random);
    const kind = deck.pop();
    if (kind === undefined) break;
    const atMs = index * HAZARD_EVERY_MS + random.between(-700, 700);
    const step = hazardStep(kind, random);
    const isLull = atMs % WAVE_MS >= WAVE_MS / 2;
    if (!isLull || AT_NOVITA.has(kind)) steps.push({ atMs, ...step });
  }
  return { seed, stormMs, steps: steps.sort((a, b) => a.atMs - b.atMs) };
}

/** One line, as a person reads it. */
export function describeStep({ atMs: _atMs, ...step }: Step): string {
  const { kind, ...members } = step;
  const words = Object.entries(members).map(([name, value]) => {
    if (name === 'effect') return Object.values(value as FaultEffect).join('/');
    return `${name}=${String(value)}`;
  });
  return [kind, ...words].join(' ');
}

export function isHazard(step: Step): step is { readonly atMs: number } & HazardStep {
  return HAZARD_DECK.some(([kind]) => kind === step.kind);
}

function clientStep(kind: ClientStep['kind'], random: Random): ClientStep {
  const target = random.between(0, 1_000);
  switch (kind) {
    case 'create':
      return { kind, billing: random.chance(0.4) ? 'spot' : 'onDemand', autoStop: random.chance(0.7), threshold: null };
    case 'start':
    case 'stop':
    case 'restart':
    case 'delete':
    case 'use':
    case 'end-lease':
    case 'read':
      return { kind, target };
    case 'lease':
      return { kind, target, forMs: random.between(3_000, 30_000) };
    case 'patch':
      return { kind, target, threshold: random.chance(0.5) ? null : random.between(6, 20) / 60 };
    case 'sync':
      return { kind, force: random.chance(0.2) };
  }
}

function hazardStep(kind: HazardStep['kind'], random: Random): HazardStep {
  const process = random.pick(PROCESSES);
  const forMs = random.between(300, 6_000);
  switch (kind) {
    case 'kill':
    case 'terminate':
      return { kind, process, downMs: random.between(0, 4_000) };
    case 'pause':
    case 'cut-off':
    case 'silence':
      return { kind, process, forMs };
    case 'redis-kill':
      return { kind, downMs: random.between(0, 4_000) };
    case 'redis-pause':
      return { kind, forMs };
    case 'novita-pause':
      // A create that waits for it must be carried out well within CREATE_RETRY_GRACE, or a second one is right.
      return { kind, forMs: forMs / 2 };
    case 'redis-failover':
      return { kind, lateMs: random.between(0, 1_500) };
    case 'novita-errors':
      return { kind, effect: random.pick(ERRORS), times: random.between(1, 5) };
    case 'lists-lie':
      return { kind, effect: random.pick(LIST_LIES), times: random.between(1, 8) };
    case 'no-stock':
    case 'no-money':
    case 'fail-start':
      return { kind, forMs };
    case 'stuck':
      return { kind, status: random.pick(['pulling', 'stopping', 'starting'] as const), forMs };
    case 'console-stop':
    case 'console-start':
    case 'reclaim':
      return { kind, target: random.between(0, 1_000) };
  }
}

function shuffledDeck(random: Random): HazardStep['kind'][] {
  const deck = HAZARD_DECK.flatMap(([kind, count]) => Array.from({ length: count }, () => kind));
  for (let index = deck.length - 1; index > 0; index--) {
    const other = random.between(0, index + 1);
    const [one, two] = [deck[index], deck[other]];
    if (one === undefined || two === undefined) continue;
    deck[index] = two;
    deck[other] = one;
  }
  return deck;
}

function weighted<Kind>(kinds: readonly (readonly [Kind, number])[], random: Random): Kind {
  let rest = random.fraction() * kinds.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of kinds) {
    rest -= weight;
    if (rest < 0) return kind;
  }
  throw new RangeError('nothing to choose from');
}
