import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Agent, request } from 'undici';

/**
 * Changes the pods of a cluster over its API, as everybody does, in a process of its own: what is measured of the cluster and of
 * the fleet waits for nothing that is done here. `POST /changes?count=&perSecond=` answers, of each change, when it was sent and
 * when the apiserver had answered, by the uid and version that the pod has then. The write lies between the two.
 *
 * Arguments: port, address of the apiserver.
 */
const [port, cluster = ''] = process.argv.slice(2);
/** So many may wait for their answer at a time, so that one that is late delays none of those after it. */
const CONNECTIONS = 32;
const PODS = 500;
const NANOSECONDS_PER_MS = 1e6;

const nowMs = (): number => performance.timeOrigin + performance.now();

interface Change {
  readonly name: string;
  readonly sentMs: number;
  readonly answeredMs: number;
}

export interface ChangesMade {
  readonly changes: readonly Change[];
  /** Milliseconds by which the process that writes was late at worst, but for one in a hundred times. */
  readonly lateMs: number;
}

const agent = new Agent({ connections: CONNECTIONS, pipelining: 1 });
const paths = await podPaths();
let made = 0;

/** Of as many pods as a page holds: enough that each is changed seldom. */
async function podPaths(): Promise<readonly string[]> {
  const { body } = await request(`${cluster}/api/v1/pods?limit=${PODS}`, { dispatcher: agent });
  const list = (await body.json()) as { items: readonly { metadata: { namespace: string; name: string } }[] };
  return list.items.map(({ metadata: { namespace, name } }) => `/api/v1/namespaces/${namespace}/pods/${name}`);
}

async function changeOne(): Promise<Change> {
  const number = ++made;
  const path = paths[number % paths.length] ?? '';
  const body = JSON.stringify({ metadata: { annotations: { change: String(number) } } });
  const sentMs = nowMs();
  const answer = await request(`${cluster}${path}`, {
    dispatcher: agent,
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    body,
  });
  const answeredMs = nowMs();
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${path} answered ${answer.statusCode}: ${text.slice(0, 200)}`);
  const { metadata } = JSON.parse(text) as { metadata: { uid: string; resourceVersion: string } };
  return { name: `${metadata.uid} ${metadata.resourceVersion}`, sentMs, answeredMs };
}

/** Each change has its time from the first one on: one that came late moves none of those after it. */
async function change(count: number, perSecond: number): Promise<ChangesMade> {
  const late = monitorEventLoopDelay({ resolution: 5 });
  late.enable();
  const changes: Promise<Change>[] = [];
  const startMs = performance.now();
  while (changes.length < count) {
    const due = Math.min(count, Math.ceil(((performance.now() - startMs) * perSecond) / 1_000));
    while (changes.length < due) changes.push(changeOne());
    await new Promise((resolve) => setTimeout(resolve, 1_000 / perSecond));
  }
  const all = await Promise.all(changes);
  late.disable();
  return { changes: all, lateMs: late.percentile(99) / NANOSECONDS_PER_MS };
}

const server = createServer((incoming, response) => {
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  if (pathname !== '/changes') {
    response.end('{}');
    return;
  }
  change(Number(searchParams.get('count')), Number(searchParams.get('perSecond'))).then(
    (body) => response.end(JSON.stringify(body)),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
}).listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  void agent.close().then(() => process.exit(0));
});
