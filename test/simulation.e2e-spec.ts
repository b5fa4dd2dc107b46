import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
/** About a third of a second of a processor each; `npm run simulate -- --seeds 1000` lives through more. */
const SEEDS = 40;

/** @returns what the command printed; rejects when a promise was broken, with the shortest history in its message */
async function simulate(...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run(process.execPath, ['scripts/simulate.mjs', ...args], {
      maxBuffer: 64 * 1_024 * 1_024,
    });
    return stdout;
  } catch (error) {
    const printed = typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : '';
    throw new Error(`the simulation failed:\n${printed}`, { cause: error });
  }
}

const traceOf = (printed: string): string | undefined => /^trace of all seeds: ([0-9a-f]{16})$/m.exec(printed)?.[1];

it(`keeps every promise in ${SEEDS} simulated histories`, async () => {
  const printed = await simulate('--seeds', String(SEEDS), '--threads', '1');
  expect(printed).toContain(`${SEEDS} seeds in `);
  expect(printed).toContain('every promise was kept');
});

it('comes to the same trace for the same seeds, in however many threads', async () => {
  // One after the other: each writes its bundle to the same place.
  const one = await simulate('--seeds', '4', '--threads', '1');
  const two = await simulate('--seeds', '4', '--threads', '2');
  const others = await simulate('--from', '2', '--seeds', '4', '--threads', '1');
  expect(traceOf(one)).toBeDefined();
  expect(traceOf(two)).toBe(traceOf(one));
  expect(traceOf(others)).not.toBe(traceOf(one));
});
