import { createServer, get } from 'node:http';

/**
 * Many readers of one stream of server-sent events, each over a connection of its own, as pages are. `GET /open` answers 200
 * once all of them read; `GET /count` how many events came to them, `GET /arrivals` when each came to each of them,
 * `DELETE /arrivals` forgets it.
 *
 * Arguments: port, address of the stream, how many, API key, and an expression whose two groups name an event, when it is not
 * one of an instance.
 */
const [port, url = '', readers = '0', key = '', names = '"instanceId":"([^"]+)","revision":(\\d+)'] =
  process.argv.slice(2);
const wanted = Number(readers);
const EVENT = new RegExp(names, 'g');

let open = 0;
/** Of all events at all readers. */
let count = 0;
/** By what names the event, of every reader; epoch milliseconds with their fraction. */
const times = new Map<string, number[]>();

function read(): void {
  const request = get(url, { agent: false, headers: { authorization: `Bearer ${key}` } }, (answer) => {
    if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`);
    let isFirst = true;
    let rest = '';
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => {
      // A reader counts once anything has come.
      if (isFirst) open += 1;
      isFirst = false;
      const nowMs = performance.timeOrigin + performance.now();
      const whole = rest + text;
      const end = whole.lastIndexOf('\n\n') + 1;
      rest = whole.slice(end);
      for (const [, subject, revision] of whole.slice(0, end).matchAll(EVENT)) {
        count += 1;
        const name = `${subject} ${revision}`;
        const kept = times.get(name);
        if (kept === undefined) times.set(name, [nowMs]);
        else kept.push(nowMs);
      }
    });
  });
  request.on('error', (error) => process.stderr.write(`${error.message}\n`));
}

for (let i = 0; i < wanted; i++) {
  read();
  // The backlog of a listening socket is short.
  if (i % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 50));
}

const server = createServer((request, response) => {
  if (request.method === 'DELETE') {
    count = 0;
    times.clear();
  }
  const isThere = request.url !== '/open' || open >= wanted;
  response
    .writeHead(isThere ? 200 : 503)
    .end(JSON.stringify(request.url === '/arrivals' ? { count, times: [...times] } : { count }));
}).listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  process.exit(0);
});
