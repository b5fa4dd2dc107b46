import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail } from './bootstrap/announce.mjs';
import { ENVIRONMENT, ensureDependencies, NODE, ROOT } from './bootstrap/project.mjs';

/**
 * `npm run fuzz -- --requests 100000 --seed 7`: sends so many odd requests to every operation of the API document, in process,
 * and fails at the first that is not answered as the document says. The same seed sends the same requests again.
 *
 * `npm run fuzz -- --connections 5000`: holds so many connections open that say nothing, a fifth as many readers of events that
 * do not read, and fewer that send a byte a second; and sends zip bombs. Fails unless others are served all the time, and
 * prints how much memory it took.
 */
try {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      connections: { type: 'string' },
    },
  });
  for (const [name, value] of Object.entries(values)) {
    if (!/^\d{1,9}$/.test(value)) throw new Error(`--${name} is a whole number`);
  }
  const { requests, seed, connections } = values;
  await ensureDependencies();
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const file = `apps/api/test/hostile-${connections === undefined ? 'callers' : 'connections'}.int-spec.ts`;
  const sizes =
    connections === undefined ? { FUZZ_REQUESTS: requests, FUZZ_SEED: seed } : { FUZZ_CONNECTIONS: connections };
  const { status } = spawnSync(NODE, [vitest, 'run', '--project', 'integration', file], {
    cwd: ROOT,
    env: { ...ENVIRONMENT, ...sizes },
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
} catch (error) {
  fail(error.message);
}
