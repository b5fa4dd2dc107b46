import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

/** Half of it with faults of every family, half of it with those of Novita alone. `npm run chaos -- --minutes 10 --seed 1` goes on for longer. */
const SECONDS = 60;
const SEED = 1;

/** One deployment for both: first it is disturbed, and once all is well again every process is replaced under load. */
it('keeps every promise while processes, Redis and Novita fail, and fails no request while all processes are replaced', async () => {
  const args = ['scripts/chaos.mjs', '--seconds', String(SECONDS), '--small', '--seed', String(SEED)];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 64 * 1_024 * 1_024 }).catch((error: unknown) => {
    const printed = typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : '';
    throw new Error(`chaos failed:\n${printed}`, { cause: error });
  });
  expect(stdout).toContain('every promise was kept');
  const [, cycles] = /: (\d+) cycles, 0 violations$/m.exec(stdout) ?? [];
  expect(Number(cycles)).toBeGreaterThanOrEqual(5);
  const [, asked] = /^rolling restart: (\d+) requests, 0 failed/m.exec(stdout) ?? [];
  expect(Number(asked)).toBeGreaterThan(0);
});
