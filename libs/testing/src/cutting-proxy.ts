import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server, and can lose an answer together with the connection. */
export interface CuttingProxy {
  readonly port: number;
  /** The next bytes from the server are dropped, and the client's connection with them. */
  loseNextAnswer(): void;
  readonly lost: number;
  /** The connections that are open now deliver nothing more, either way and without a reset; new ones work. */
  silence(): void;
  /** From now on a connection is silenced when its client sends what the predicate finds. */
  silenceWhere(predicate: (sent: string) => boolean): void;
  close(): Promise<void>;
}

/**
 * A proxy to the given port of this machine.
 *
 * @param ownPort any free one by default; that of a proxy that was closed brings it back
 */
export async function startCuttingProxy(targetPort: number, ownPort = 0): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  const silent = new WeakSet<Socket>();
  let silences: (sent: string) => boolean = () => false;
  let losesNext = false;
  let lost = 0;
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    const end = (): void => {
      client.destroy();
      upstream.destroy();
      open.delete(client);
    };
    open.add(client);
    const isSilent = (): boolean => silent.has(client);
    client.on('error', end).on('close', end);
    upstream.on('error', end).on('close', end);
    client.on('data', (bytes: Buffer) => {
      if (silences(bytes.toString('latin1'))) silent.add(client);
      if (!isSilent()) upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (isSilent()) return;
      if (losesNext) {
        losesNext = false;
        lost += 1;
        end();
      } else {
        client.write(bytes);
      }
    });
  });
  server.listen(ownPort, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    loseNextAnswer: () => {
      losesNext = true;
    },
    get lost() {
      return lost;
    },
    silence: () => {
      for (const client of open) silent.add(client);
    },
    silenceWhere: (predicate) => {
      silences = predicate;
    },
    close: async () => {
      for (const client of open) client.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
