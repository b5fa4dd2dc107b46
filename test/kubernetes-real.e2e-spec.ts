import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ApiObject,
  ApiserverError,
  ClusterAbilities,
  connectCluster,
  KINDS,
  KUBERNETES_KINDS,
  type KubernetesClient,
  type KubernetesKind,
  Reflector,
  type ReflectorSink,
} from '@app/kubernetes-source';
import { SystemClock } from '@app/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersOf } from './support/apiserver-questions.js';
import { ClusterObjects } from './support/cluster-objects.js';
import { FaceCluster, type MirroredCluster, RealCluster } from './support/mirrored-cluster.js';
import { MirroringProcess } from './support/mirroring-process.js';
import { KUBE_APISERVER_DIR } from './support/real-apiserver.js';
import { recordedAnswers } from './support/recorded-answers.js';
import { type ResourceReader, resourceLine } from './support/resource-reader.js';
import { until } from './support/until.js';

/** What is proved of the sandbox's cluster is worth as much as that is like a real one: both are put to the same tests. */
const CLUSTERS = [
  { name: "the sandbox's cluster", isThere: true, start: () => FaceCluster.start() },
  { name: 'the cluster of a real kube-apiserver', isThere: KUBE_APISERVER_DIR !== '', start: () => RealCluster.start() },
];
const NAMESPACE = { kind: 'namespace', namespace: 'mirrored' } as const;
const PAGED = 60;
const PAGE = 20;

for (const { name, isThere, start } of CLUSTERS) {
  describe.skipIf(!isThere)(name, () => {
    let cluster: MirroredCluster;
    let folder: string;
    let objects: ClusterObjects;
    let maps: readonly string[];
    const signal = new AbortController().signal;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'novita-fleet-cluster-'));
      cluster = await start();
      objects = new ClusterObjects(cluster.caller, NAMESPACE.namespace);
      await objects.create('Namespace', NAMESPACE.namespace);
      maps = await Promise.all(
        Array.from({ length: PAGED }, async (_, n) => {
          const { metadata } = await objects.create('ConfigMap', `map-${n}`);
          return metadata.name;
        }),
      );
    });
    afterAll(async () => {
      await cluster?.stop();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    });

    /** A client that signs in by a kubeconfig. */
    async function client(kubeconfig: string, context: string | null = null): Promise<KubernetesClient> {
      const file = join(folder, `kubeconfig-${context}`);
      await writeFile(file, kubeconfig);
      return connectCluster({
        kubeconfig: file,
        context,
        serviceHost: null,
        servicePort: null,
        serviceAccountFolder: folder,
        allowsInsecureTls: false,
      });
    }

    it('answers every question as a kube-apiserver does', async () => {
      const answers = await answersOf(cluster);
      expect(answers).toEqual(await recordedAnswers(cluster.kind, answers));
    });

    it('is signed in to by each way that its kubeconfig has, and tells who has no right', async () => {
      for (const [context, outcome] of Object.entries(cluster.contexts)) {
        const signedIn = await client(await cluster.kubeconfig(), context);
        const list = signedIn.list(KINDS.ConfigMap, NAMESPACE, { limit: 1, continueToken: null }, signal);
        if (outcome === 'may read') expect((await list).objects).toHaveLength(1);
        else await expect(list).rejects.toMatchObject({ kind: 'forbidden', message: expect.stringMatching(/^403 configmaps is forbidden/) });
        await signedIn.close();
      }
    });

    it('is listed in pages that say how many are still to come', async () => {
      const reader = await client(await cluster.kubeconfig());
      const pages: (number | null)[] = [];
      const names: string[] = [];
      for (let continueToken: string | null = null; ; ) {
        const page = await reader.list(KINDS.ConfigMap, NAMESPACE, { limit: PAGE, continueToken }, signal);
        pages.push(page.remaining);
        names.push(...page.objects.map(({ metadata }) => metadata.name));
        continueToken = page.continueToken;
        if (continueToken === null) break;
      }
      expect(pages).toEqual([PAGED - PAGE, PAGED - 2 * PAGE, null]);
      expect(names).toEqual(maps.toSorted());
      await reader.close();
    });

    it('is listed once more when it forgets the list in its middle, and then followed', async () => {
      const reader = await client(await cluster.kubeconfig());
      const stop = new AbortController();
      const sink = new CompactingSink(async () => {
        await objects.label('ConfigMap', 'map-0', 'before');
        await cluster.compact();
      });
      const reflector = new Reflector({
        client: reader,
        row: KINDS.ConfigMap,
        scope: NAMESPACE,
        sink,
        clock: new SystemClock(),
        abilities: withoutWatchList(),
        pageSize: PAGE / 2,
      });
      const running = reflector.run(stop.signal);
      await until('the list is complete', async () => sink.completed);
      expect(sink.begun).toBe(2);
      const { metadata } = await objects.label('ConfigMap', 'map-0', 'after');
      await until('the change is seen', async () => sink.versions.get('map-0') === metadata.resourceVersion);
      expect(sink.versions.size).toBe(PAGED);
      stop.abort();
      await running;
      await reader.close();
    });
  });
}
