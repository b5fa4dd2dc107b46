import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type KubernetesFace, startKubernetesFace } from '@app/sandbox';
import { parseAllDocuments } from 'yaml';
import { KINDS, KUBERNETES_KINDS, type KubernetesKind } from '../../libs/kubernetes-source/src/model/kinds.js';
import { type ApiserverCall, ApiserverCaller } from './apiserver-caller.js';
import type { QuestionedServer } from './apiserver-question.js';
import { ROOT } from './built-process.js';
import { RealApiserver } from './real-apiserver.js';
import type { AnswererName } from './recorded-answers.js';
import { until } from './until.js';

/** A cluster that is mirrored. Whatever its server is, its objects are read and written over the API. */
export interface MirroredCluster extends QuestionedServer {
  readonly name: AnswererName;
  readonly caller: ApiserverCaller;
  /** Kinds that a server of its age does not have. */
  readonly lacks: readonly KubernetesKind[];
  readonly offersWatchList: boolean;
  /** Text of one that signs in as who follows the cluster. */
  followerKubeconfig(): Promise<string>;
  /** Of its kubeconfig, and whether one that signs in by it may read. */
  readonly contexts: Readonly<Record<string, 'may read' | 'has no right'>>;
  /** The server anew, over the same objects: connections break. */
  restart(): Promise<void>;
  /** Text of the kubeconfig of its administrator. */
  kubeconfig(): Promise<string>;
  /** How often who follows it has got all of a kind, since `forgetReads`; kinds of which that never was are left out. */
  fullReads(): Promise<Readonly<Partial<Record<KubernetesKind, number>>>>;
  /** How often it has asked for a WatchList since then. */
  watchListsAsked(): Promise<number>;
  forgetReads(): Promise<void>;
  stop(): Promise<void>;
}

const TOKEN = 'token-of-the-administrator';
/** By which its own calls are told from those of who follows it. */
const OWN_AGENT = 'the-test-itself';

/** The sandbox's. */
export class FaceCluster implements MirroredCluster {
  readonly name = 'sandbox';
  readonly contexts = { sandbox: 'may read' } as const;
  readonly caller: ApiserverCaller;
  readonly lacks = [];
  readonly offersWatchList = true;

  private constructor(private readonly face: KubernetesFace) {
    this.caller = new ApiserverCaller(face.url, TOKEN, null);
  }

  static async start(): Promise<FaceCluster> {
    return new FaceCluster(await startKubernetesFace({ token: TOKEN }));
  }

  async kubeconfig(): Promise<string> {
    return this.face.kubeconfig();
  }

  async followerKubeconfig(): Promise<string> {
    await this.forgetReads();
    return this.face.kubeconfig();
  }

  async compact(): Promise<void> {
    this.face.compact();
  }

  async restart(): Promise<void> {
    await this.face.restart();
    await this.caller.reconnect();
  }

  /** It knows no rights; who has none is played by a fault. */
  async asNobody(call: ApiserverCall): ReturnType<ApiserverCaller['call']> {
    this.face.fault({ effect: 'forbidden', times: 1 });
    return this.caller.call(call);
  }

  async fullReads(): ReturnType<MirroredCluster['fullReads']> {
    return counted(
      this.followerCalls().flatMap(({ verb, kind, query }) =>
        (verb === 'list' && isOfAll((name) => query[name] !== undefined)) || query['sendInitialEvents'] !== undefined
          ? [kind]
          : [],
      ),
    );
  }

  async watchListsAsked(): Promise<number> {
    return this.followerCalls().filter(({ query }) => query['sendInitialEvents'] !== undefined).length;
  }

  async forgetReads(): Promise<void> {
    this.face.forgetCalls();
  }

  async stop(): Promise<void> {
    await this.caller.close();
    await this.face.close();
  }

  private followerCalls(): KubernetesFace['calls'] {
    return this.face.calls.filter(({ userAgent }) => userAgent !== OWN_AGENT);
  }
}

/** Of a kube-apiserver, with the account that the documentation says to make. */
export class RealCluster implements MirroredCluster {
  readonly name = 'apiserver';
  readonly contexts = { admin: 'may read', certificate: 'may read', nobody: 'has no right' } as const;
  /** It is older than the first version of it that lasts. */
  readonly lacks: readonly KubernetesKind[] = ['CronJob'];
  readonly offersWatchList = false;
  private forgotten = 0;

  private constructor(readonly server: RealApiserver) {}

  /** Changes of jobs are asked of etcd each time: that is how a version is refused that etcd has forgotten. */
  static async start(): Promise<RealCluster> {
    return new RealCluster(await RealApiserver.start('--watch-cache-sizes=jobs.batch#0'));
  }

  get caller(): ApiserverCaller {
    return this.server.caller;
  }

  async kubeconfig(): Promise<string> {
    return readFile(this.server.ready.kubeconfig, 'utf8');
  }

  async followerKubeconfig(): Promise<string> {
    const config = JSON.parse(await this.kubeconfig()) as Record<string, unknown>;
    const token = await this.makeDocumentedAccount();
    const users = [{ name: 'admin', user: { token } }];
    await this.forgetReads();
    return JSON.stringify({ ...config, users });
  }

  async compact(): Promise<void> {
    await this.server.compact();
  }

  async restart(): Promise<void> {
    await this.server.restart();
    await this.caller.reconnect();
  }

  async asNobody(call: ApiserverCall): ReturnType<ApiserverCaller['call']> {
    return this.caller.call({ ...call, token: this.server.ready.tokens.nobody });
  }

  async fullReads(): ReturnType<MirroredCluster['fullReads']> {
    const requests = (await this.server.audited()).slice(this.forgotten);
    return counted(
      requests.flatMap(({ verb, resource, query, code }) =>
        verb === 'list' && code === 200 && isOfAll((name) => query.has(name)) ? [kindOf(resource)] : [],
      ),
    );
  }

  async watchListsAsked(): Promise<number> {
    const requests = (await this.server.audited()).slice(this.forgotten);
    return requests.filter(({ query }) => query.has('sendInitialEvents')).length;
  }

  async forgetReads(): Promise<void> {
    this.forgotten = (await this.server.audited()).length;
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }

  /** @returns its token */
  private async makeDocumentedAccount(): Promise<string> {
    const { caller } = this;
    const guide = await readFile(join(ROOT, 'docs', 'kubernetes.md'), 'utf8');
    const [, block = ''] = /```yaml\n([\s\S]*?)```/.exec(guide) ?? [];
    await caller.ok({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'novita-fleet' } } });
    for (const document of parseAllDocuments(block.replaceAll(/^ {3}/gm, ''))) {
      const object = document.toJS() as { readonly kind: string };
      const path = PATHS[object.kind];
      if (path === undefined) throw new Error(`the guide has a ${object.kind}, which nobody makes here`);
      await caller.ok({ method: 'POST', path, body: object });
    }
    const path = `${PATHS['ServiceAccount']}/novita-fleet/token`;
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const { status } = (await caller.ok({ method: 'POST', path, body })) as {
      readonly status: { readonly token: string };
    };
    // The server learns of new rights by a watch of its own.
    await until('the account has its rights', async () => {
      const kinds = KUBERNETES_KINDS.filter((kind) => !this.lacks.includes(kind));
      const answers = await Promise.all(
        kinds.map((kind) => caller.call({ path: `${collectionPath(kind)}?limit=1`, token: status.token })),
      );
      return answers.every((answer) => answer.status === 200);
    });
    return status.token;
  }
}

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const PATHS: Readonly<Record<string, string>> = {
  ServiceAccount: '/api/v1/namespaces/novita-fleet/serviceaccounts',
  ClusterRole: `${RBAC}/clusterroles`,
  ClusterRoleBinding: `${RBAC}/clusterrolebindings`,
};

/** Where objects of a kind are made and read. @param namespace null for all */
export function collectionPath(kind: KubernetesKind, namespace: string | null = null): string {
  const { group, version, plural } = KINDS[kind];
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}${namespace === null ? '' : `/namespaces/${namespace}`}/${plural}`;
}

const kindOf = (plural: string): KubernetesKind | null =>
  KUBERNETES_KINDS.find((kind) => KINDS[kind].plural === plural) ?? null;

/** Whether a list begins a reading of all: it goes on with none, and selects nothing, as the question who the cluster is does. */
const isOfAll = (has: (parameter: string) => boolean): boolean => !has('continue') && !has('fieldSelector');

function counted(kinds: readonly (string | null)[]): Readonly<Partial<Record<KubernetesKind, number>>> {
  const counts: Partial<Record<KubernetesKind, number>> = {};
  for (const kind of KUBERNETES_KINDS) {
    const count = kinds.filter((one) => one === kind).length;
    if (count > 0) counts[kind] = count;
  }
  return counts;
}
