import { median } from './measure.js';

type Times = ReadonlyMap<string, number>;

/** Milliseconds from each beginning to each of its arrivals. */
export function delays(
  begun: Times,
  arrived: readonly (readonly [string, number | readonly number[]])[],
): readonly number[] {
  const came = new Map(arrived);
  return [...begun].flatMap(([name, beganMs]) => {
    const at = came.get(name);
    if (at === undefined) throw new Error(`${name} never arrived`);
    return [at].flat().map((ms) => ms - beganMs);
  });
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** Quantiles of two things, medians of those of single rounds, which met the noise of the machine by turns. */
export async function compareLatency(
  ours: () => Promise<readonly number[]>,
  limit: () => Promise<readonly number[]>,
  rounds: number,
): Promise<{ readonly ours: Latency; readonly limit: Latency }> {
  const [our, bare]: [Latency[], Latency[]] = [[], []];
  // Both are compiled by then.
  await ours();
  await limit();
  for (let round = 0; round < rounds; round++) {
    our.push(quantiles(await ours()));
    bare.push(quantiles(await limit()));
  }
  return { ours: medians(our), limit: medians(bare) };
}

export function quantiles(values: readonly number[]): Latency {
  return { p50: quantile(values, 0.5), p99: quantile(values, 0.99) };
}

function medians(all: readonly Latency[]): Latency {
  return { p50: median(all.map(({ p50 }) => p50)), p99: median(all.map(({ p99 }) => p99)) };
}

export function inWords({ p50, p99 }: Latency): string {
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
}
