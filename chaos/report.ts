import type { Outcome } from './run.js';

/** What came of a run, for a person. */
export function report({ plan, hazards, requests, figures, rolling, broken }: Outcome): string {
  const cycles = [...hazards.values()].reduce((sum, count) => sum + count, 0);
  const byStatus = counted(requests.map(({ status }) => (status === 0 ? 'no answer' : String(status))));
  const lines = [
    `seed ${plan.seed}, ${plan.stormMs / 1_000} s: ${cycles} cycles, ${broken.length} violations`,
    `  faults: ${listed(hazards)}`,
    `  ${requests.length} requests by status: ${listed(byStatus)}`,
    `  ${timesOf(requests.map(({ ms }) => ms))}`,
    `  ${figures.instances} instances acknowledged, ${figures.entries} events, ${figures.autoStops} stops by auto-stop, ${figures.novitaCalls} calls to Novita`,
    `  ${figures.starts} processes started, readers came back ${figures.returns} times, the longest orderly end took ${seconds(figures.longestEndMs)}`,
    `  all was well ${seconds(figures.settledMs)} after the last fault`,
  ];
  if (rolling !== null) {
    lines.push(
      `rolling restart: ${rolling.requests} requests, ${rolling.failed} failed, ${rolling.repeated} repeated on a new connection`,
      `  ${timesOf(rolling.ms)}; ends: ${rolling.ends.map(({ name, ms }) => `${name} ${seconds(ms)}`).join(', ')}`,
      `  readers of events came back ${rolling.readerReturns} times and missed nothing`,
    );
  }
  for (const { promise, detail, history } of broken) {
    lines.push(`VIOLATION ${promise}: ${detail}`, ...history.map((line) => `    ${line}`));
  }
  lines.push(
    broken.length === 0
      ? 'every promise was kept'
      : `the same schedule again: npm run chaos -- --seed ${plan.seed} --seconds ${plan.stormMs / 1_000}`,
  );
  return lines.join('\n');
}

function timesOf(all: readonly number[]): string {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (part: number): string => `${Math.round(sorted[Math.floor(part * (sorted.length - 1))] ?? 0)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}`;
}

function counted(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names.toSorted()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
