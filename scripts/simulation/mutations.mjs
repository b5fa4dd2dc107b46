import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENVIRONMENT, NODE, ROOT } from '../bootstrap/project.mjs';
import { bundleSimulation } from './bundle.mjs';

const PATCHES = join(ROOT, 'simulation', 'mutations');
/** What the bundle is made of. */
const SOURCES = ['apps', 'libs', 'simulation', 'tsconfig.json', 'package.json'];
const MOST_SEEDS = Number(process.env['SEEDS'] ?? 1_000);
const FOUND = /^seed (\d+) .*?: (.*)$/m;

/**
 * Puts each deliberate bug into a copy of the sources, one at a time, and simulates until a seed finds it. A check that finds
 * none of them proves nothing, and so does a patch that does not apply any more.
 *
 * @param {string[]} names of patches, without their ending; none for all
 * @returns {Promise<number>} 0 when each was found
 */
export async function checkMutations(names) {
  const all = (await readdir(PATCHES)).filter((name) => name.endsWith('.patch')).sort();
  const patches = names.length === 0 ? all : all.filter((name) => names.includes(name.replace('.patch', '')));
  const copy = await mkdtemp(join(tmpdir(), 'novita-fleet-mutations-'));
  let failed = 0;
  try {
    for (const source of SOURCES) await cp(join(ROOT, source), join(copy, source), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    for (const patch of patches) {
      const outcome = await checkMutation(copy, patch);
      if (!outcome.isFound) failed += 1;
      process.stdout.write(`${outcome.isFound ? 'found ' : 'NOT FOUND'} ${patch}: ${outcome.text}\n`);
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
  process.stdout.write(`${patches.length - failed} of ${patches.length} deliberate bugs were found\n`);
  return failed === 0 && patches.length > 0 ? 0 : 1;
}

async function checkMutation(copy, patch) {
  const path = join(PATCHES, patch);
  apply(copy, path, []);
  try {
    const file = await bundleSimulation(copy, copy);
    const startedAt = performance.now();
    const args = [file, '--seeds', String(MOST_SEEDS), '--first-only', '--no-shrink'];
    const { stdout, stderr } = spawnSync(NODE, args, { cwd: copy, env: ENVIRONMENT, encoding: 'utf8' });
    const [, seed, promise] = FOUND.exec(stdout) ?? [];
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    const about = (await readFile(path, 'utf8')).split('\n')[0];
    if (seed !== undefined) return { isFound: true, text: `by seed ${seed}, "${promise}", in ${seconds} s (${about})` };
    return { isFound: false, text: `in ${seconds} s (${about})\n${stderr || stdout}` };
  } finally {
    apply(copy, path, ['--reverse']);
  }
}

function apply(copy, path, options) {
  const { status, stderr } = spawnSync('git', ['apply', ...options, path], { cwd: copy, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${path} does not apply any more:\n${stderr}`);
}
