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

/** @throws Error when any answer is not a 2xx */
async function measure(load: Load, seconds: number): Promise<Figure> {
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

/** Measures several loads in turn, `rounds` times, so that noise of the machine meets all of them; answers medians. */
export async function measureInTurn<Name extends string>(
  loads: Readonly<Record<Name, Load>>,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Record<Name, Figure>> {
  const names = Object.keys(loads) as Name[];
  for (const name of names) await measure(loads[name], 2);
  const figures = new Map<Name, Figure[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) figures.get(name)?.push(await measure(loads[name], seconds));
  }
  const result: Partial<Record<Name, Figure>> = {};
  for (const name of names) {
    const all = figures.get(name) ?? [];
    result[name] = {
      requestsPerSecond: median(all.map((figure) => figure.requestsPerSecond)),
      p99Ms: median(all.map((figure) => figure.p99Ms)),
      cpuMicroseconds: median(all.map((figure) => figure.cpuMicroseconds)),
    };
  }
  return result as Record<Name, Figure>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
