#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fail } from '../scripts/bootstrap/announce.mjs';
import { ENVIRONMENT, ensureBuild, ensureDependencies, NODE, ROOT } from '../scripts/bootstrap/project.mjs';

/** `npx novita-fleet`: the command line, on the project's own Node; installs and builds first what is missing. */
try {
  await ensureDependencies();
  await ensureBuild();
} catch (error) {
  fail(error.message);
}
const main = join(ROOT, 'dist', 'apps', 'cli', 'src', 'main.js');
const { status, signal } = spawnSync(NODE, ['--enable-source-maps', main, ...process.argv.slice(2)], {
  env: { NODE_COMPILE_CACHE: join(ROOT, 'dist', 'compile-cache'), ...ENVIRONMENT },
  stdio: 'inherit',
});
process.exit(signal === null ? (status ?? 1) : 130);
