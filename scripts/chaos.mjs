import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fail } from './bootstrap/announce.mjs';
import { ENVIRONMENT, ensureBuild, ensureDependencies, NODE, ROOT } from './bootstrap/project.mjs';
import { ensureTool } from './bootstrap/system-tools.mjs';

/**
 * `npm run chaos -- --minutes 10 --seed 1`: kills, pauses and cuts off the processes of a whole deployment while clients use
 * it, and checks what is promised (docs/reliability.md).
 */
try {
  await ensureDependencies();
  const redis = await ensureTool('redis');
  await ensureBuild();
  const { bundleOne } = await import('./simulation/bundle.mjs');
  const file = join(ROOT, 'dist', 'chaos', 'main.mjs');
  await bundleOne(ROOT, join(ROOT, 'chaos', 'main.ts'), file);
  const child = spawn(NODE, ['--enable-source-maps', file, ...process.argv.slice(2)], {
    cwd: ROOT,
    env: { ...ENVIRONMENT, REDIS_SERVER_BIN: redis },
    stdio: 'inherit',
  });
  // It ends all processes that it has started.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const [status] = await once(child, 'exit');
  process.exit(status ?? 1);
} catch (error) {
  fail(error.message);
}
