import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { delay, SystemClock } from '@app/platform';
import {
  type KubernetesFace,
  type KubernetesFaceOptions,
  type KubernetesFault,
  startKubernetesFace,
} from '@app/sandbox';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectCluster } from '../src/client/kubernetes-client.js';
import { KINDS } from '../src/model/kinds.js';
import { ClusterAbilities, Reflector } from '../src/reflector/reflector.js';
import { ModelSink } from './support/model-sink.js';

/** Back-offs are so much shorter than they are; the life of a watch is as long as it is. */
const HASTE = 100;
const LONGEST_HURRIED_MS = 90_000;

/** A reflector of the pods of a face, over HTTP. */
class Scene {
  private constructor(
    readonly face: KubernetesFace,
    readonly sink: ModelSink,
    readonly end: () => Promise<void>,
  ) {}

  static async start(options: KubernetesFaceOptions, pods: number): Promise<Scene> {
    const face = await startKubernetesFace({ token: 'secret', bookmarkMs: 200, ...options });
    face.seedCluster(pods);
    const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-reflector-'));
    const kubeconfig = join(folder, 'config');
    await writeFile(kubeconfig, face.kubeconfig());
    const client = await connectCluster({
      kubeconfig,
      context: null,
      serviceHost: null,
      servicePort: null,
      serviceAccountFolder: folder,
      allowsInsecureTls: false,
    });
    const stop = new AbortController();
    const sink = new ModelSink();
    const reflector = new Reflector({
      client,
      row: KINDS.Pod,
      scope: { kind: 'cluster' },
      sink,
      clock: new SystemClock(),
      abilities: new ClusterAbilities(),
      pageSize: 20,
      wait: (ms, signal) => delay(ms > LONGEST_HURRIED_MS ? ms : ms / HASTE, signal),
    });
    const running = reflector.run(stop.signal);
    const end = async (): Promise<void> => {
      stop.abort();
      await running;
      await client.close();
      await face.close();
      await rm(folder, { recursive: true });
    };
    return new Scene(face, sink, end);
  }

  change(round: number): void {
    const [first, second] = this.face.all('Pod');
    if (first === undefined || second === undefined) throw new Error('the face has no pods');
    this.face.apply('Pod', { ...first, metadata: { ...first.metadata, labels: { round: String(round) } } });
    this.face.remove('Pod', second.metadata.namespace ?? null, second.metadata.name);
    this.face.apply('Pod', { ...second, metadata: { name: `new-${round}`, namespace: 'default' } });
  }

  async untilEqual(): Promise<void> {
    await vi.waitFor(() => {
      const pods = this.face.all('Pod').map(({ metadata }) => [metadata.name, metadata.resourceVersion]);
      const differing = pods.filter(([name, version]) => this.sink.objects.get(String(name)) !== version);
      if (differing.length > 0 || this.sink.objects.size !== pods.length)
        throw new Error(`differing: ${differing.join(' ')}`);
    });
  }
}

let scene: Scene;
afterEach(() => scene.end());

describe.each([{ watchList: true }, { watchList: false }])('a reflector of an apiserver with %o', (options) => {
  it.each<[string, KubernetesFault | 'restart', number]>([
    ['cut in mid-line', { effect: 'cut', verb: 'watch', times: 1 }, 1],
    ['a broken line', { effect: 'broken-line', verb: 'watch', times: 1 }, 1],
    ['429', { effect: 'too-many-requests', retryAfterSeconds: 1, times: 1 }, 1],
    ['500', { effect: 'internal-error', times: 2 }, 1],
    ['a version too large', { effect: 'version-too-large', times: 1 }, 1],
    ['401', { effect: 'unauthorized', times: 1 }, 1],
    ['403', { effect: 'forbidden', times: 1 }, 1],
    ['410 to a watch', { effect: 'expired-watch', times: 1 }, 2],
    ['410 as an event', { effect: 'expired-watch-event', times: 1 }, 2],
    ['a restart after which nothing is missed', 'restart', 1],
  ])('heals after %s', async (_what, fault, fullSets) => {
    scene = await Scene.start(options, 100);
    await scene.untilEqual();
    scene.change(1);
    await scene.untilEqual();
    if (fault === 'restart') await scene.face.restart();
    else {
      scene.face.fault(fault);
      const own = fault.effect === 'cut' || fault.effect === 'broken-line' || fault.effect === 'stall';
      if (!own) scene.face.fault({ effect: 'cut', verb: 'watch', times: 1 });
    }
    scene.change(2);
    await scene.untilEqual();
    scene.change(3);
    await scene.untilEqual();
    expect(scene.sink.violations).toEqual([]);
    expect(scene.sink.begun).toBe(fullSets);
  });

  it('begins a list again when its token has expired', async () => {
    scene = await Scene.start({ ...options, pageDelayMs: 20 }, 100);
    const fault = scene.face.fault({ effect: 'expired-continue', times: 1 });
    await scene.untilEqual();
    expect(scene.sink.violations).toEqual([]);
    expect(scene.sink.begun).toBe(1 + fault.strikes);
    const lists = scene.face.calls.filter(({ verb }) => verb === 'list');
    expect(lists.every(({ query }) => query['limit'] === '20')).toBe(true);
  });
});
