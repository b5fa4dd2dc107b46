import { createServer } from 'node:http';
import { Worker } from 'bullmq';
import { Agent, request } from 'undici';

/**
 * The limit that webhook deliveries are measured against: a worker of BullMQ whose jobs are requests, with nothing in
 * between. A request that fails is lost: nothing is kept, signed or tried again.
 *
 * Arguments: port of the probe, Redis port, name of the queue, requests at a time.
 */
const [port, redisPort, queue = '', concurrency] = process.argv.slice(2);

interface BareJob {
  readonly url: string;
  readonly body: string;
}

const dispatcher = new Agent({ pipelining: 1 });
const worker = new Worker<BareJob>(
  queue,
  async ({ data: { url, body } }) => {
    const answer = await request(url, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'bare' },
      body,
    });
    await answer.body.dump();
    if (answer.statusCode >= 300) throw new Error(`the receiver answered ${answer.statusCode}`);
  },
  {
    connection: { host: '127.0.0.1', port: Number(redisPort), maxRetriesPerRequest: null },
    concurrency: Number(concurrency),
  },
);
worker.on('error', (error) => process.stderr.write(`${error.message}\n`));
await worker.waitUntilReady();

const probe = createServer((_request, response) => response.end('ready\n')).listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => {
  probe.close();
  probe.closeAllConnections();
  void worker.close(true).then(() => dispatcher.destroy());
});
