import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { say } from './announce.mjs';
import { MACHINE_CACHE } from './project.mjs';

/**
 * The official client of Kubernetes for Node, which the tests drive the sandbox's cluster with. It is installed once for the
 * machine, in a folder outside the project: as a dependency it would bring seventy packages to everybody.
 */
const PACKAGE = '@kubernetes/client-node';
const VERSION = '2.0.1';
const run = promisify(execFile);

/** @returns {Promise<string | null>} the path of its module; null where it cannot be had, as without a registry */
export async function clientNode() {
  const folder = join(MACHINE_CACHE, `client-node-${VERSION}`);
  const module = join(folder, 'node_modules', PACKAGE, 'dist', 'index.js');
  if (await isThere(module)) return module;
  try {
    say(`fetching ${PACKAGE}, once for this machine`);
    await mkdir(MACHINE_CACHE, { recursive: true });
    // Into a folder of its own first: two processes may do this at a time.
    const work = await mkdtemp(`${folder}-`);
    try {
      await writeFile(
        join(work, 'package.json'),
        JSON.stringify({ private: true, dependencies: { [PACKAGE]: VERSION } }),
      );
      await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--silent'], { cwd: work });
      await rename(work, folder).catch((error) => {
        // Another process was here first.
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    return module;
  } catch (error) {
    say(`${PACKAGE} cannot be had (${error.message.split('\n')[0]})`);
    return null;
  }
}

async function isThere(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
