import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail } from './bootstrap/announce.mjs';
import { ENVIRONMENT, ensureDependencies, NODE, ROOT } from './bootstrap/project.mjs';

/**
 * `npm run fuzz -- --requests 100000 --seed 7`: sends so many odd requests to every operation of the API document, in process,
 * and fails at the first that is not answered as the document says. The same seed sends the same requests again.
 */
try {
  const { values } = parseArgs({
    options: { requests: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
  });
  for (const [name, value] of Object.entries(values)) {
    if (!/^\d{1,9}$/.test(value)) throw new Error(`--${name} is a whole number`);
  }
  await ensureDependencies();
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const file = 'apps/api/test/hostile-callers.int-spec.ts';
  const { status } = spawnSync(NODE, [vitest, 'run', '--project', 'integration', file], {
    cwd: ROOT,
    env: { ...ENVIRONMENT, FUZZ_REQUESTS: values.requests, FUZZ_SEED: values.seed },
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
} catch (error) {
  fail(error.message);
}
