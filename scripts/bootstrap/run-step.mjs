import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { say } from './announce.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM'];
const TICK_MS = 5_000;
const KEPT_OUTPUT = 64 * 1024;

/**
 * Runs one set-up command. Shows that it is still going, and its output only when it fails. A signal that comes meanwhile
 * ends it with everything that it started, and then this process.
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
  let child;
  const end = (signal) => {
    child.once('close', () => process.exit(128 + constants.signals[signal]));
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended by itself.
    }
  };
  const ticker = setInterval(() => say(`${title} … ${seconds()} s`), TICK_MS);
  try {
    await new Promise((resolve, reject) => {
      // A group of its own, so that one signal reaches what it starts too.
      child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
      for (const signal of SIGNALS) process.on(signal, end);
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
    for (const signal of SIGNALS) process.off(signal, end);
  }
  say(`${title}: done in ${seconds()} s`);
}
