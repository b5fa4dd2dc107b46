import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fail } from './bootstrap/announce.mjs';
import { ENVIRONMENT, ensureBuild, ensureDependencies, NODE, ROOT } from './bootstrap/project.mjs';

/** `npm start`: installs and builds what is missing, then runs the whole system in one process. */
try {
  await ensureDependencies();
  await ensureBuild();
} catch (error) {
  fail(error.message);
}

const child = spawn(
  NODE,
  ['--enable-source-maps', join(ROOT, 'dist', 'apps', 'standalone', 'src', 'main.js'), ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    // Code that was compiled at an earlier start is not compiled again.
    env: { NODE_COMPILE_CACHE: join(ROOT, 'dist', 'compile-cache'), ...ENVIRONMENT },
  },
);
// A terminal sends Ctrl-C to every process, a supervisor a signal to this one only. The child ends both in its own time.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 128));
