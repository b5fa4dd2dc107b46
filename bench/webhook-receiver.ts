import { createServer } from 'node:http';

/**
 * A receiver of webhooks that takes everything: `POST /count` counts, `POST /time` keeps when each event came.
 * `GET /arrivals` shows them, `GET /count` without their times, `DELETE /arrivals` forgets them.
 *
 * Argument: port.
 */
const port = Number(process.argv[2]);
const EVENT = /"instanceId":"([^"]+)","revision":(\d+)/;

let count = 0;
let firstMs = 0;
let lastMs = 0;
/** When each event came first, by instance and revision; epoch milliseconds with their fraction. */
const times = new Map<string, number>();

const nowMs = (): number => performance.timeOrigin + performance.now();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (request.method === 'POST') {
      lastMs = nowMs();
      if (count === 0) firstMs = lastMs;
      count += 1;
      if (request.url === '/time') keepTime(Buffer.concat(chunks).toString());
      response.writeHead(204).end();
      return;
    }
    if (request.method === 'DELETE') {
      count = 0;
      times.clear();
    }
    response.end(JSON.stringify({ count, firstMs, lastMs, times: request.url === '/arrivals' ? [...times] : [] }));
  });
});

function keepTime(body: string): void {
  const [, instanceId, revision] = EVENT.exec(body) ?? [];
  const key = `${instanceId} ${revision}`;
  if (!times.has(key)) times.set(key, lastMs);
}

server.listen(port, '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
