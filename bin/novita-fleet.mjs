#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../scripts/bootstrap/announce.mjs';
import { ENVIRONMENT, ensureBuild, ensureDependencies, NODE, ROOT } from '../scripts/bootstrap/project.mjs';

/**
 * `npx novita-fleet`: the command line, on the project's own Node. Installs and builds only where nothing is there: in the same
 * folder processes of the service may run, and neither their packages nor their code is exchanged beneath them.
 */
const main = join(ROOT, 'dist', 'apps', 'cli', 'src', 'main.js');
try {
  if (!existsSync(NODE)) await ensureDependencies();
  if (!existsSync(main)) await ensureBuild();
} catch (error) {
  fail(error.message);
}
const child = spawn(NODE, ['--enable-source-maps', main, ...process.argv.slice(2)], {
  env: { NODE_COMPILE_CACHE: join(ROOT, 'dist', 'compile-cache'), ...ENVIRONMENT },
  stdio: 'inherit',
});
child.once('error', (error) => fail(`${NODE} cannot be run: ${error.message}`));
// A terminal sends Ctrl-C to both, a supervisor its signal to this one only.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 130));
