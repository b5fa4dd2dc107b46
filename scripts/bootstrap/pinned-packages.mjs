import { execFile } from 'node:child_process';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { say } from './announce.mjs';

const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'novita-fleet');
const run = promisify(execFile);

/**
 * Packages that the project uses beside itself, because they want other versions of its own packages, or are large: in a
 * folder outside it, once for the machine.
 *
 * @param {string} name of the folder, with the version: another version is another folder
 * @param {Readonly<Record<string, string>>} packages with their exact versions
 * @param {string} purpose for what is said while they are fetched: `the generator of the client`
 * @returns {Promise<string | null>} the folder `node_modules`; null where the registry does not answer, which is said
 */
export async function pinnedPackages(name, packages, purpose) {
  const place = join(CACHE, name);
  const modules = join(place, 'node_modules');
  if (await isThere(modules)) return modules;
  const folder = `${place}-${process.pid}`;
  try {
    say(`fetching ${purpose}, once for this machine`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: packages }));
    await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--silent'], { cwd: folder });
    await rename(folder, place).catch((error) => {
      // Another process was here first.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    return modules;
  } catch (error) {
    say(`NOT CHECKED: ${purpose} cannot be had (${error.message.split('\n')[0]})`);
    return null;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isThere(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
