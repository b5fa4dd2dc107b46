import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { say } from './announce.mjs';
import { runStep } from './run-step.mjs';

/**
 * A program that the tests need and npm cannot bring; `setting` names another one than the first in the PATH. What is
 * `quicker` does the same with less work, and is used where it is there or can be had.
 */
const TOOLS = {
  redis: {
    names: ['redis-server'],
    setting: 'REDIS_SERVER_BIN',
    aptPackage: 'redis-server',
    elsewhere: 'brew install redis, or dnf install redis',
  },
  chromium: {
    names: ['chromium', 'chromium-browser', 'google-chrome'],
    quicker: 'chromium-headless-shell',
    setting: 'CHROMIUM_BIN',
    aptPackage: 'chromium',
    elsewhere: 'brew install --cask chromium, or dnf install chromium',
  },
  python: {
    names: ['python3'],
    setting: 'PYTHON_BIN',
    aptPackage: 'python3',
    // A version manager puts a script of the same name before it, which looks for it anew at each start.
    whereItIs: ['-c', 'import sys; print(sys.executable)'],
    elsewhere: 'brew install python, or dnf install python3',
  },
  curl: {
    names: ['curl'],
    setting: null,
    aptPackage: 'curl',
    elsewhere: 'brew install curl, or dnf install curl',
  },
  go: {
    names: ['go'],
    setting: 'GO_BIN',
    aptPackage: 'golang-go',
    elsewhere: 'brew install go, or dnf install golang',
  },
  promtool: {
    names: ['promtool'],
    setting: 'PROMTOOL_BIN',
    aptPackage: 'prometheus',
    elsewhere: 'brew install prometheus, or take it from https://prometheus.io/download',
  },
};

/**
 * Finds the program, or installs it with apt when this is Debian (or its kin) and we may.
 *
 * @param {keyof typeof TOOLS} tool
 * @returns the path of the program
 * @throws Error that says what to install and how
 */
export async function ensureTool(tool) {
  const { names, quicker, setting, aptPackage, elsewhere, whereItIs } = TOOLS[tool];
  const given = setting === null ? '' : process.env[setting];
  if (given) {
    if (isExecutable(given)) return given;
    throw new Error(`${setting} names ${given}, which is not a program that can be run`);
  }
  const found = find(names);
  const best = quicker === undefined ? found : find([quicker]);
  if (best !== null) return whereItIs === undefined ? best : itself(best, whereItIs);
  if (await mayUseApt()) {
    // A machine that never ran `apt-get update` knows no packages at all.
    if (found === null) await apt('reading the package lists', 'update');
    const installed = (await quickerOne(quicker)) ?? found ?? (await install(aptPackage, names));
    if (installed !== null) return installed;
  }
  if (found !== null) return found;
  const orNamed = setting === null ? '' : `, or set ${setting} to the program`;
  throw new Error(
    `the tests need ${names[0]}, which is not on this machine. Install it (Debian or Ubuntu: sudo apt-get install ${aptPackage}; ` +
      `elsewhere: ${elsewhere})${orNamed}, and run npm test again.`,
  );
}

/**
 * As `ensureTool`, for a program that is too much to ask of everybody who runs the tests.
 *
 * @param {keyof typeof TOOLS} tool
 * @returns the path of the program; null, with a line that says what is not tested, when it cannot be had
 */
export async function wishForTool(tool, untested) {
  try {
    return await ensureTool(tool);
  } catch (error) {
    say(`NOT TESTED: ${untested}. ${error.message}`);
    return null;
  }
}

/** @returns null where there is none, or none for this machine */
async function quickerOne(name) {
  return name === undefined ? null : install(name, [name]).catch(() => null);
}

/** @returns the first of these programs, once the package is there */
async function install(aptPackage, names) {
  await apt(`installing ${aptPackage}`, 'install', '-y', '--no-install-recommends', aptPackage);
  return find(names);
}

async function apt(title, command, ...options) {
  await runStep(title, 'apt-get', [command, '-qq', ...options], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

function find(names) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      if (isExecutable(path)) return path;
    }
  }
  return null;
}

/** @returns the path that a program says is its own; the one that it was found by when it says none */
function itself(path, question) {
  try {
    const answer = execFileSync(path, question, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return isExecutable(answer) ? answer : path;
  } catch {
    return path;
  }
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function mayUseApt() {
  if (process.getuid?.() !== 0) return false;
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (!/^ID(_LIKE)?=.*debian/m.test(release)) return false;
  try {
    execFileSync('apt-get', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
