import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
/** About a quarter of a second of a processor each; `npm run simulate -- --seeds 1000` lives through more. */
const SEEDS = 200;
/** Lived through again. */
const AGAIN = 3;

/** @returns what the command printed; rejects when a promise was broken, with the shortest history in its message */
async function simulate(file: string, ...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run(process.execPath, [file, ...args, '--each'], { maxBuffer: 64 * 1_024 * 1_024 });
    return stdout;
  } catch (error) {
    const printed = typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : '';
    throw new Error(`the simulation failed:\n${printed}`, { cause: error });
  }
}

/** Of each seed, in their order. */
const tracesIn = (printed: string): readonly string[] => printed.match(/^seed \d+: trace [0-9a-f]{16}/gm) ?? [];

it(`keeps every promise in ${SEEDS} simulated histories, and each seed has one trace, in whatever process and thread`, async () => {
  const printed = await simulate('scripts/simulate.mjs', '--seeds', String(SEEDS), '--threads', '1');
  expect(printed).toContain(`${SEEDS} seeds in `);
  expect(printed).toContain('every promise was kept');
  const traces = tracesIn(printed);
  expect(new Set(traces.map((trace) => trace.slice(-16))).size).toBe(SEEDS);

  // The last ones: there they come behind all others, and here they are the first of a process. The bundle is the same.
  const from = String(SEEDS - AGAIN + 1);
  const again = await simulate('dist/simulation/main.mjs', '--from', from, '--seeds', String(AGAIN), '--threads', '2');
  expect(tracesIn(again)).toEqual(traces.slice(-AGAIN));
});
