import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectCluster, type KubernetesClient } from '../libs/kubernetes-source/src/client/kubernetes-client.js';
import { KINDS, KUBERNETES_KINDS, type KubernetesKind } from '../libs/kubernetes-source/src/model/kinds.js';
import { ClusterAbilities, Reflector } from '../libs/kubernetes-source/src/reflector/reflector.js';
import { ModelSink } from '../libs/kubernetes-source/test/support/model-sink.js';
import { SystemClock } from '../libs/platform/src/kernel/time.js';
import { answersOf } from './support/apiserver-questions.js';
import { ClusterObjects } from './support/cluster-objects.js';
import { FaceCluster, type MirroredCluster, RealCluster } from './support/mirrored-cluster.js';
import { MirroringProcess } from './support/mirroring-process.js';
import { KUBE_APISERVER_DIR } from './support/real-apiserver.js';
import {
  type AnswererName,
  type Answers,
  DIFFERENCES,
  IS_RECORDED_ANEW,
  recordAnswers,
  recordedAnswers,
} from './support/recorded-answers.js';
import { type ResourceReader, resourceLine } from './support/resource-reader.js';
import { until } from './support/until.js';

/** What is proved with the sandbox's cluster is worth as much as that is like a real one: both are put to the same tests. */
const CLUSTERS = [
  { title: "the sandbox's cluster", isThere: true, start: () => FaceCluster.start() },
  { title: 'a cluster of a real kube-apiserver', isThere: KUBE_APISERVER_DIR !== '', start: () => RealCluster.start() },
];
const NAMESPACE = { kind: 'namespace', namespace: 'mirrored' } as const;
const MAPS = 60;
const PAGE = 20;

const answered = new Map<AnswererName, Answers>();
afterAll(async () => {
  const [apiserver, sandbox] = [answered.get('apiserver'), answered.get('sandbox')];
  if (IS_RECORDED_ANEW && apiserver !== undefined && sandbox !== undefined) await recordAnswers(apiserver, sandbox);
});

it('their answers differ only where the reason is written down', async () => {
  const [apiserver, sandbox] = [await recordedAnswers('apiserver'), await recordedAnswers('sandbox')];
  const differing = Object.keys(apiserver).filter((title) => !isDeepStrictEqual(apiserver[title], sandbox[title]));
  expect(differing.toSorted()).toEqual(Object.keys(DIFFERENCES).toSorted());
});

for (const { title: clusterTitle, isThere, start } of CLUSTERS) {
  describe.skipIf(!isThere)(clusterTitle, () => {
    let folder: string;
    let cluster: MirroredCluster;
    let objects: ClusterObjects;
    const { signal } = new AbortController();

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'novita-fleet-cluster-'));
      cluster = await start();
      objects = new ClusterObjects(cluster.caller, NAMESPACE.namespace);
      await objects.create('Namespace', NAMESPACE.namespace);
      await Promise.all(Array.from({ length: MAPS }, (_, n) => objects.create('ConfigMap', `map-${n}`)));
    });
    afterAll(async () => {
      await cluster?.stop();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    });

    async function signIn(context: string): Promise<KubernetesClient> {
      const kubeconfig = join(folder, 'kubeconfig');
      await writeFile(kubeconfig, await cluster.kubeconfig());
      return connectCluster({
        kubeconfig,
        context,
        serviceHost: null,
        servicePort: null,
        serviceAccountFolder: folder,
        allowsInsecureTls: false,
      });
    }
    async function asReader<Result>(work: (reader: KubernetesClient) => Promise<Result>): Promise<Result> {
      const [context = ''] = Object.keys(cluster.contexts);
      const reader = await signIn(context);
      try {
        return await work(reader);
      } finally {
        await reader.close();
      }
    }

    it('answers each question as it was written down', async () => {
      const answers = await answersOf(cluster);
      answered.set(cluster.name, answers);
      expect(answers).toEqual(IS_RECORDED_ANEW ? answers : await recordedAnswers(cluster.name));
    });

    it('lets in who signs in by its kubeconfig, and says who has no right', async () => {
      for (const [context, outcome] of Object.entries(cluster.contexts)) {
        const reader = await signIn(context);
        const list = reader.list(KINDS.ConfigMap, NAMESPACE, { limit: 1, continueToken: null }, signal);
        if (outcome === 'may read') expect((await list).objects).toHaveLength(1);
        else
          await expect(list).rejects.toMatchObject({
            kind: 'forbidden',
            message: expect.stringContaining('403') as string,
          });
        await reader.close();
      }
    });

    it('is listed in pages that say how many objects are still to come', () =>
      asReader(async (reader) => {
        const remaining: (number | null)[] = [];
        const names = new Set<string>();
        let continueToken: string | null = null;
        do {
          const page = await reader.list(KINDS.ConfigMap, NAMESPACE, { limit: PAGE, continueToken }, signal);
          remaining.push(page.remaining);
          for (const { metadata } of page.objects) names.add(metadata.name);
          continueToken = page.continueToken;
        } while (continueToken !== null);
        expect([remaining, names.size]).toEqual([[MAPS - PAGE, MAPS - 2 * PAGE, null], MAPS]);
      }));

    it('is listed once more when it forgets the list in its middle, and then followed', () =>
      asReader(async (reader) => {
        const sink = new CompactedSink(async () => {
          await objects.label('ConfigMap', 'map-0', 'in-mid-list');
          await cluster.compact();
        });
        const abilities = new ClusterAbilities();
        abilities.watchListRefused(Date.now());
        const options = { client: reader, row: KINDS.ConfigMap, scope: NAMESPACE, pageSize: PAGE / 2 };
        const reflector = new Reflector({ ...options, sink, clock: new SystemClock(), abilities });
        const stop = new AbortController();
        const running = reflector.run(stop.signal);
        const isSeen = async ({ metadata }: { readonly metadata: { readonly resourceVersion: string } }) =>
          until('it is seen', async () => sink.objects.get('map-0') === metadata.resourceVersion);
        await until('the list is complete', async () => sink.objects.size === MAPS);
        await isSeen(await objects.label('ConfigMap', 'map-0', 'after-the-list'));
        stop.abort();
        await running;
        expect([sink.begun, sink.violations]).toEqual([2, []]);
      }));

    describe('its mirror', () => {
      let mirror: MirroringProcess;
      let reader: ResourceReader;
      let present: readonly KubernetesKind[];
      const written: string[] = [];

      beforeAll(async () => {
        present = KUBERNETES_KINDS.filter((kind) => !cluster.lacks.includes(kind));
        for (const kind of present) {
          if (kind !== 'Namespace' && kind !== 'ConfigMap') await objects.create(kind, `${kind.toLowerCase()}-0`);
        }
        mirror = await MirroringProcess.start(cluster);
      });
      afterAll(async () => {
        reader?.close();
        await mirror?.stop();
      });

      const inCluster = async (kind: KubernetesKind): Promise<readonly string[]> =>
        (await objects.all(kind)).map(resourceLine).toSorted();

      /** What it shows, and what its events led to, is the cluster, object by object. */
      async function isMirrored(): Promise<void> {
        for (const kind of present) {
          const expected = await inCluster(kind);
          const text = expected.join('\n');
          await until(`${kind} is shown as it is`, async () => (await mirror.shown(kind))?.join('\n') === text).catch(
            async (error) => {
              expect(await mirror.shown(kind)).toEqual(expected);
              throw error;
            },
          );
          if (reader !== undefined) {
            await until(`events led to ${kind}`, async () => reader.lines(kind).join('\n') === text);
          }
        }
        expect(reader?.violations ?? []).toEqual([]);
      }

      async function change(round: string): Promise<void> {
        for (const kind of present) {
          const name =
            kind === 'Namespace' ? NAMESPACE.namespace : kind === 'ConfigMap' ? 'map-1' : `${kind.toLowerCase()}-0`;
          written.push((await objects.label(kind, name, round)).metadata.resourceVersion);
        }
        written.push((await objects.create('Pod', `pod-${round}`)).metadata.resourceVersion);
        await objects.remove('ConfigMap', `map-${MAPS - 1 - written.length}`);
      }

      it('has every object of each kind, and takes a kind that is not there for an empty one', async () => {
        await isMirrored();
        for (const kind of cluster.lacks) {
          await until(`${kind} is known to be absent`, async () => (await mirror.shown(kind))?.length === 0);
          const { body } = await mirror.api.request('GET', '/api/v1/sync/status?source=kubernetes');
          expect(JSON.stringify(body)).toContain('the cluster has no such kind');
        }
      });

      it('has read each kind once, by a list where no WatchList is offered', async () => {
        const once = Object.fromEntries(present.map((kind) => [kind, 1]));
        expect(await cluster.fullReads()).toEqual(once);
        expect(await cluster.watchListsAsked()).toBeGreaterThan(0);
      });

      it('tells each change, and each once', async () => {
        reader = await mirror.reader(KUBERNETES_KINDS);
        for (const kind of present) reader.know(kind, await objects.all(kind));
        await change('first');
        await isMirrored();
        expect(written.filter((version) => !reader.versions.has(version))).toEqual([]);
      });

      it('reads each kind once more after a restart of a server that has forgotten the past, and loses nothing', async () => {
        await cluster.forgetReads();
        await change('second');
        await cluster.compact();
        await cluster.restart();
        await change('third');
        await isMirrored();
        // What was changed after the restart was read anew: what comes now, only a watch can tell.
        await change('fourth');
        await isMirrored();
        const reads = await cluster.fullReads();
        expect(Object.values(reads).every((count) => count === 1)).toBe(true);
        expect(reads).toHaveProperty('Job');
        // That it is refused is remembered.
        expect((await cluster.watchListsAsked()) > 0).toBe(cluster.offersWatchList);
      });
    });
  });
}

/** Has something done as soon as the first page of a list is there. */
class CompactedSink extends ModelSink {
  private isDone = false;

  constructor(private readonly onFirstPage: () => Promise<void>) {
    super();
  }

  override async add(...page: Parameters<ModelSink['add']>): Promise<void> {
    await super.add(...page);
    if (this.isDone) return;
    this.isDone = true;
    await this.onFirstPage();
  }
}
