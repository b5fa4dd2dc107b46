import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fail } from './bootstrap/announce.mjs';
import { ENVIRONMENT, ensureDependencies, NODE, ROOT } from './bootstrap/project.mjs';

/**
 * `npm run simulate -- --seeds 1000`: lives through so many histories of a fleet with faults, in virtual time, and checks what
 * is promised. `--seed 17 --trace` shows one, event by event; `--mutations` proves that the checks find what they are for.
 */
const args = process.argv.slice(2);
try {
  await ensureDependencies();
  const { bundleSimulation } = await import('./simulation/bundle.mjs');
  if (args.includes('--mutations')) {
    const { checkMutations } = await import('./simulation/mutations.mjs');
    process.exit(await checkMutations(args.filter((arg) => arg !== '--mutations')));
  }
  const file = await bundleSimulation(ROOT, join(ROOT, 'dist', 'simulation'));
  const { status } = spawnSync(NODE, ['--enable-source-maps', file, ...args], {
    cwd: ROOT,
    env: ENVIRONMENT,
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
} catch (error) {
  fail(error.message);
}
