import { createServer, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePort, readFirstOfSystem } from './free-port.js';

async function listen(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return server;
}

describe('freePort', () => {
  it('gives ports that no outgoing connection takes, each once', async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
    const first = await readFirstOfSystem();
    for (const port of ports) expect(port).toBeLessThan(first);
    expect(new Set(ports).size).toBe(20);
  });

  it('passes over one that is in use', async () => {
    const next = (await freePort()) + 1;
    const server = await listen(next).catch(() => null);
    try {
      expect(await freePort()).not.toBe(next);
    } finally {
      server?.close();
    }
  });
});
