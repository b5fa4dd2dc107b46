import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startKubernetesFace } from '@app/sandbox';

/**
 * A stand-in for a cluster in a process of its own; `kubernetes-writer` changes its pods.
 *
 * `GET /state`: address, kubeconfig, and since `POST /forget` how many requests it had for full sets, and by how much it was late
 * at worst, but for one in a hundred times. `POST /end-watches` ends all watches in order, as time does.
 *
 * Arguments: port, pods, `watch-list` or `list`.
 */
const [port, pods = '0', offers = 'watch-list'] = process.argv.slice(2);
const BOOKMARK_MS = 5_000;
const NANOSECONDS_PER_MS = 1e6;

const face = await startKubernetesFace({ bookmarkMs: BOOKMARK_MS, watchList: offers === 'watch-list' });
face.seedCluster(Number(pods));
const late = monitorEventLoopDelay({ resolution: 5 });
late.enable();

const isFullSet = ({ verb, query }: (typeof face.calls)[number]): boolean =>
  // A list of one object asks who the cluster is.
  (verb === 'list' && query['limit'] !== '1') || query['sendInitialEvents'] === 'true';

function answer(method: string, { pathname }: URL): unknown {
  switch (`${method} ${pathname}`) {
    case 'POST /end-watches':
      face.endWatches();
      return {};
    case 'POST /forget':
      face.forgetCalls();
      late.reset();
      return {};
    default:
      return {
        url: face.url,
        kubeconfig: face.kubeconfig(),
        fullSets: face.calls.filter(isFullSet).length,
        watches: face.openWatches(),
        lateMs: late.percentile(99) / NANOSECONDS_PER_MS,
      };
  }
}

const server = createServer((request, response) => {
  response.end(JSON.stringify(answer(request.method ?? 'GET', new URL(request.url ?? '/', 'http://127.0.0.1'))));
}).listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  void face.close().then(() => process.exit(0));
});
