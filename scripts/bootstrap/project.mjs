import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fingerprint, isStamped, stamp } from './fingerprint.mjs';
import { runStep } from './run-step.mjs';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const BIN = join(ROOT, 'node_modules', '.bin');
/** The Node that the project is pinned to, whatever the machine has. */
export const NODE = join(BIN, 'node');
/** So that tools started from here find the pinned Node first, as npm scripts do. */
export const ENVIRONMENT = { ...process.env, PATH: `${BIN}:${process.env.PATH ?? ''}` };

/** What is fetched or built once for the machine, whichever copy of the project asks for it. */
export const MACHINE_CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'novita-fleet');

const MINIMUM_NODE = 20;

/** Installs the locked packages unless that was done for this very lock file. */
export async function ensureDependencies() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < MINIMUM_NODE) {
    throw new Error(
      `Node ${MINIMUM_NODE} or newer is needed to begin; this is ${process.version}. See https://nodejs.org`,
    );
  }
  const print = await fingerprint(ROOT, ['package.json', 'package-lock.json']);
  const stampFile = join(ROOT, 'node_modules', '.novita-fleet-installed');
  if (await isStamped(stampFile, print)) return;
  await runStep('installing packages', 'npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
  });
  await stamp(stampFile, print);
}

const SOURCES = [
  'apps',
  'clients',
  'libs',
  'bench',
  'scripts/bundle.mjs',
  'scripts/lazy-packages.mjs',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
  'package-lock.json',
];
const BUILD_STAMP = join(ROOT, 'dist', '.novita-fleet-built');

/** Compiles apps and libs into dist/, from nothing, bundles the web page beside them, and each process into one file. */
export async function build() {
  const print = await fingerprint(ROOT, SOURCES);
  await runStep('building', 'nest', ['build'], { cwd: ROOT, env: ENVIRONMENT });
  await runStep('building the page', NODE, ['dist/apps/api/src/web-page/build/build-page.js'], {
    cwd: ROOT,
    env: ENVIRONMENT,
  });
  await runStep('bundling', NODE, ['scripts/bundle.mjs'], { cwd: ROOT, env: ENVIRONMENT });
  await stamp(BUILD_STAMP, print);
}

/** Builds unless the sources are as they were at the last build. */
export async function ensureBuild() {
  if (!(await isStamped(BUILD_STAMP, await fingerprint(ROOT, SOURCES)))) await build();
}
