import { createServer, type ServerResponse } from 'node:http';
import { Redis } from 'ioredis';

/**
 * The limit that server-sent events are measured against: what is added to a stream of Redis is written to every reader as
 * it is. No keys, no filters, no resuming, no back-pressure.
 *
 * Arguments: port, Redis port, name of the stream.
 */
const [port, redisPort, stream = ''] = process.argv.slice(2);
const redis = new Redis({ host: '127.0.0.1', port: Number(redisPort), maxRetriesPerRequest: null });
const readers = new Set<ServerResponse>();

createServer((request, response) => {
  if (request.url !== '/events') {
    response.end('ready\n');
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(':\n\n');
  readers.add(response);
  response.once('close', () => readers.delete(response));
}).listen(Number(port), '127.0.0.1');

async function follow(): Promise<void> {
  for (let position = '$'; ; ) {
    const [entries] = (await redis.xread('BLOCK', 0, 'STREAMS', stream, position)) ?? [];
    for (const [id, [, text = '']] of entries?.[1] ?? []) {
      position = id;
      const bytes = Buffer.from(`id: ${id}\ndata: ${text}\n\n`);
      for (const reader of readers) reader.write(bytes);
    }
  }
}

process.once('SIGTERM', () => process.exit(0));
await follow();
