import { spawn } from 'node:child_process';
import { say } from './announce.mjs';

const TICK_MS = 5_000;
const KEPT_OUTPUT = 64 * 1024;

/**
 * Runs one set-up command. Shows that it is still going, and its output only when it fails.
 *
 * @param {string} title what the user reads
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @throws Error with the end of the command's output
 */
export async function runStep(title, command, args, options = {}) {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  say(`${title} …`);
  const ticker = setInterval(() => say(`${title} … ${seconds()} s`), TICK_MS);
  try {
    await new Promise((resolve, reject) => {
      const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      const keep = (chunk) => {
        output = (output + chunk).slice(-KEPT_OUTPUT);
      };
      child.stdout.on('data', keep);
      child.stderr.on('data', keep);
      child.once('error', reject);
      child.once('close', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`${command} ${args.join(' ')} ended with ${code}\n${output}`));
      });
    });
  } finally {
    clearInterval(ticker);
  }
  say(`${title}: done in ${seconds()} s`);
}
