import { createServer } from 'node:http';
import { type KubernetesObject, startKubernetesFace } from '@app/sandbox';

/**
 * A stand-in for a cluster in a process of its own, and the one who changes its pods.
 *
 * `GET /state`: address, kubeconfig and how many requests it had for full sets since `POST /forget`. `POST
 * /changes?count=&perSecond=` changes pods one after the other and answers when each change was begun. `POST /end-watches`
 * ends all watches in order, as time does.
 *
 * Arguments: port, pods, `watch-list` or `list`.
 */
const [port, pods = '0', offers = 'watch-list'] = process.argv.slice(2);
const BOOKMARK_MS = 5_000;

const face = await startKubernetesFace({ bookmarkMs: BOOKMARK_MS, watchList: offers === 'watch-list' });
face.seedCluster(Number(pods));
const all: KubernetesObject[] = [...face.all('Pod')];
let changed = 0;

const nowMs = (): number => performance.timeOrigin + performance.now();

/** @returns when it was begun, by the uid and version that the pod has then */
function changeOne(): readonly [string, number] {
  const place = changed % all.length;
  const pod = all[place];
  if (pod === undefined) throw new Error('there are no pods');
  const annotations = { change: String(++changed) };
  const beganMs = nowMs();
  const after = face.apply('Pod', { ...pod, metadata: { ...pod.metadata, annotations } });
  all[place] = after;
  return [`${String(after.metadata['uid'])} ${String(after.metadata['resourceVersion'])}`, beganMs];
}

/** Each change has its time from the first one on: one that came late moves none of those after it. */
async function change(count: number, perSecond: number): Promise<readonly (readonly [string, number])[]> {
  const begun: (readonly [string, number])[] = [];
  const startMs = performance.now();
  while (begun.length < count) {
    const due = Math.min(count, Math.ceil(((performance.now() - startMs) * perSecond) / 1_000));
    while (begun.length < due) begun.push(changeOne());
    await new Promise((resolve) => setTimeout(resolve, 1_000 / perSecond));
  }
  return begun;
}

const isFullSet = ({ verb, query }: (typeof face.calls)[number]): boolean =>
  verb === 'list' || query['sendInitialEvents'] === 'true';

async function answer(method: string, { pathname, searchParams }: URL): Promise<unknown> {
  switch (`${method} ${pathname}`) {
    case 'POST /changes':
      return change(Number(searchParams.get('count')), Number(searchParams.get('perSecond')));
    case 'POST /end-watches':
      face.endWatches();
      return {};
    case 'POST /forget':
      face.forgetCalls();
      return {};
    default:
      return {
        url: face.url,
        kubeconfig: face.kubeconfig(),
        fullSets: face.calls.filter(isFullSet).length,
        watches: face.openWatches(),
      };
  }
}

const server = createServer((request, response) => {
  answer(request.method ?? 'GET', new URL(request.url ?? '/', 'http://127.0.0.1')).then(
    (body) => response.end(JSON.stringify(body)),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
}).listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  void face.close().then(() => process.exit(0));
});
