import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@app/testing/servers';
import { KINDS, type KubernetesKind } from '../../libs/kubernetes-source/src/model/kinds.js';
import { type Answer, ApiClient } from './api-client.js';
import { BuiltProcess } from './built-process.js';
import { OPERATOR_KEY } from './fleet.js';
import type { MirroredCluster } from './mirrored-cluster.js';
import { ResourceReader, resourceLine } from './resource-reader.js';

interface Page {
  readonly items: readonly Parameters<typeof resourceLine>[0][];
  readonly nextCursor: string | null;
}

/** One process with everything in its memory, which follows a cluster and shows it. */
export class MirroringProcess {
  private constructor(
    readonly api: ApiClient,
    private readonly process: BuiltProcess,
    private readonly folder: string,
  ) {}

  static async start(cluster: MirroredCluster): Promise<MirroringProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-mirror-'));
    const KUBECONFIG = join(folder, 'kubeconfig');
    await writeFile(KUBECONFIG, await cluster.followerKubeconfig());
    const port = await freePort();
    const process = new BuiltProcess('standalone', {
      DATA_DIR: folder,
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'warn',
      API_KEYS: `ops:operator:${OPERATOR_KEY}`,
      KUBERNETES_SOURCE: 'true',
      KUBECONFIG,
    });
    await process.says(/curl/);
    return new MirroringProcess(new ApiClient(`http://127.0.0.1:${port}`, OPERATOR_KEY), process, folder);
  }

  /** What it shows of a kind, page by page; null while it knows nothing of it. */
  async shown(kind: KubernetesKind): Promise<readonly string[] | null> {
    const lines: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = new URLSearchParams({ limit: '500', ...(cursor === '' ? {} : { cursor }) }).toString();
      const { status, body }: Answer<Page> = await this.api.request('GET', `/api/v1/${KINDS[kind].plural}?${query}`);
      if (status === 503) return null;
      if (status !== 200) throw new Error(`${kind} was answered ${status}: ${JSON.stringify(body)}`);
      lines.push(...body.items.map(resourceLine));
      cursor = body.nextCursor;
    }
    return lines.toSorted();
  }

  async reader(kinds: readonly KubernetesKind[]): Promise<ResourceReader> {
    return ResourceReader.open(this.api.url, OPERATOR_KEY, kinds);
  }

  async stop(): Promise<void> {
    await this.process.end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}
