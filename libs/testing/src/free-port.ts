import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

/** Browsers refuse several ports below it. */
const FIRST = 12_000;
/** Where systems begin that do not say it. */
const USUAL_FIRST_OF_SYSTEM = 32_768;
/** From one process to the next; no test process takes so many. */
const STRIDE = 97;

let taken = 0;
let firstOfSystem: Promise<number> | null = null;

/**
 * A port on loopback that is free, and stays so until it is used: it lies below those that the system gives to outgoing
 * connections, each call gives another one, and other processes begin elsewhere.
 */
export async function freePort(): Promise<number> {
  firstOfSystem ??= readFirstOfSystem();
  const size = Math.max(1, (await firstOfSystem) - FIRST);
  for (let tries = 0; tries < size; tries++) {
    const port = FIRST + ((process.pid * STRIDE + taken++) % size);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${FIRST} to ${FIRST + size - 1} is free`);
}

/** The first port that the system gives to outgoing connections. */
export async function readFirstOfSystem(): Promise<number> {
  try {
    const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
    return Number.parseInt(range, 10);
  } catch {
    return USUAL_FIRST_OF_SYSTEM;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  server.once('error', () => resolve(false));
  server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  return promise;
}
