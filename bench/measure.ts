import autocannon from 'autocannon';
import { cpuSeconds, type ServerProcess } from './server-process.js';

export interface Load {
  readonly server: ServerProcess;
  readonly method: 'GET' | 'PUT';
  /** Called for each request. */
  readonly path: () => string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Figure {
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
  /** Server CPU per request; unlike the rate it does not suffer from what else runs on the machine. */
  readonly cpuMicroseconds: number;
}

const CONNECTIONS = 40;
/** Long enough for the code of both servers to be compiled. */
const WARM_UP_SECONDS = 4;

/** @throws Error when any answer is not a 2xx */
export async function measure(load: Load, seconds: number): Promise<Figure> {
  const cpuBefore = await cpuSeconds(load.server.pid);
  const result = await autocannon({
    url: load.server.url,
    connections: CONNECTIONS,
    duration: seconds,
    headers: { ...load.headers },
    requests: [
      {
        method: load.method,
        setupRequest: (request) => ({ ...request, path: load.path() }),
      },
    ],
  });
  const cpuUsed = (await cpuSeconds(load.server.pid)) - cpuBefore;
  const total = result['2xx'];
  if (result.non2xx > 0 || result.errors > 0 || total === 0) {
    throw new Error(
      `${load.method} ${load.path()}: ${result.non2xx} refused, ${result.errors} errors, ${total} answered`,
    );
  }
  return {
    requestsPerSecond: total / result.duration,
    p99Ms: result.latency.p99,
    cpuMicroseconds: (cpuUsed * 1e6) / total,
  };
}

export interface Rounds {
  readonly rounds: number;
  readonly seconds: number;
}

/** What a load is against another one. */
export interface Comparison {
  readonly ours: Figure;
  readonly limit: Figure;
  /** The median of the ratios of single rounds: both halves of a round have met the same noise. */
  readonly ratio: number;
}

/** Measures two loads in short rounds by turns; which of them begins changes from round to round. */
export async function measureAgainst(ours: Load, limit: Load, rounds: Rounds): Promise<Comparison> {
  const figures = await measureRounds({ ours, limit }, rounds);
  const ratios = figures.ours.map(
    ({ requestsPerSecond }, round) => requestsPerSecond / (figures.limit[round]?.requestsPerSecond ?? Number.NaN),
  );
  return { ours: medianFigure(figures.ours), limit: medianFigure(figures.limit), ratio: median(ratios) };
}

/** Measures several loads in turn, so that noise of the machine meets all of them; answers medians. */
export async function measureInTurn<Name extends string>(
  loads: Readonly<Record<Name, Load>>,
  rounds: Rounds,
): Promise<Record<Name, Figure>> {
  const figures = await measureRounds(loads, rounds);
  return mapValues(figures, medianFigure);
}

async function measureRounds<Name extends string>(
  loads: Readonly<Record<Name, Load>>,
  { rounds, seconds }: Rounds,
): Promise<Record<Name, Figure[]>> {
  const names = Object.keys(loads) as Name[];
  for (const name of names) await measure(loads[name], WARM_UP_SECONDS);
  const figures: Record<Name, Figure[]> = mapValues(loads, () => []);
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      figures[name].push(await measure(loads[name], seconds));
    }
  }
  return figures;
}

function medianFigure(figures: readonly Figure[]): Figure {
  return {
    requestsPerSecond: median(figures.map((figure) => figure.requestsPerSecond)),
    p99Ms: median(figures.map((figure) => figure.p99Ms)),
    cpuMicroseconds: median(figures.map((figure) => figure.cpuMicroseconds)),
  };
}

function mapValues<Name extends string, From, To>(
  record: Readonly<Record<Name, From>>,
  change: (value: From) => To,
): Record<Name, To> {
  const entries = Object.entries<From>(record).map(([name, value]) => [name, change(value)] as const);
  return Object.fromEntries(entries) as Record<Name, To>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1] ?? Number.NaN, sorted[Math.floor(middle)] ?? Number.NaN];
  return (low + high) / 2;
}
