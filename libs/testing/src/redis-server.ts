import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from './free-port.js';

/** A real redis-server of the test's own, on a free port, with an empty data folder. */
export interface RedisFixture {
  readonly url: string;
  readonly port: number;
  /** From `start` until `kill` or `stop`. */
  readonly isRunning: boolean;
  /** Ends the server as a crash would; `start` brings it back on the same port. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Such as SIGSTOP, which leaves its connections open and unanswered, and SIGCONT. */
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/**
 * @param extraArguments further redis-server arguments, such as `['--appendonly', 'yes']`
 * @param binary another server of the same kind, such as valkey-server
 * @param firstArguments arguments that have to stand before all others, such as a file of settings
 */
export async function startRedis(
  extraArguments: readonly string[] = [],
  binary = process.env['REDIS_SERVER_BIN'] ?? 'redis-server',
  firstArguments: readonly string[] = [],
): Promise<RedisFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-redis-'));
  const port = await freePort();
  let server: ChildProcess | null = null;

  const start = async (): Promise<void> => {
    const child = spawn(
      binary,
      [
        ...firstArguments,
        '--port',
        String(port),
        '--bind',
        '127.0.0.1',
        '--dir',
        folder,
        '--save',
        '',
        '--maxmemory-policy',
        'noeviction',
        ...extraArguments,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    // A Sentinel logs its id where a server logs that it is ready.
    await new Promise<void>((resolve, reject) => {
      child.once('error', (cause) =>
        reject(new Error(`cannot run ${binary}: set REDIS_SERVER_BIN or install redis-server`, { cause })),
      );
      child.once('exit', (code) => reject(new Error(`${binary} ended with ${code} before it was ready: ${log}`)));
      let log = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        log = (log + chunk.toString()).slice(-10_000);
        if (/Ready to accept connections|Sentinel ID is/.test(log)) resolve();
      });
    });
    child.removeAllListeners('exit');
    server = child;
  };

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server === null) return;
    const child = server;
    server = null;
    const ended = once(child, 'exit');
    child.kill(signal);
    // A server that a test has stopped would not notice.
    child.kill('SIGCONT');
    await ended;
  };

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get isRunning() {
      return server !== null;
    },
    start,
    kill: () => end('SIGKILL'),
    signal: (signal) => {
      server?.kill(signal);
    },
    stop: async () => {
      await end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The valkey-server of this machine: VALKEY_SERVER_BIN, else the one on the PATH, else null. */
export function valkeyServer(): string | null {
  const given = process.env['VALKEY_SERVER_BIN'];
  if (given !== undefined && given !== '') return given;
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'valkey-server'));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
