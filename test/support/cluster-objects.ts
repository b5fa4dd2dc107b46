import type { KubernetesKind } from '../../libs/kubernetes-source/src/model/kinds.js';
import type { ApiserverCaller } from './apiserver-caller.js';
import { collectionPath } from './mirrored-cluster.js';

export interface ClusterObject {
  readonly metadata: { readonly name: string; readonly resourceVersion: string; readonly [member: string]: unknown };
  readonly [member: string]: unknown;
}

const POD_SPEC = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'registry.invalid/main' }] };
const LABELS = { app: 'mirrored' };
const WORKLOAD = {
  selector: { matchLabels: LABELS },
  template: { metadata: { labels: LABELS }, spec: { ...POD_SPEC, restartPolicy: 'Always' } },
};
const BACKEND = { service: { name: 'service-0', port: { number: 80 } } };

/** What an object of each kind has beside its metadata, as far as an apiserver wants it. */
const CONTENTS: Readonly<Record<KubernetesKind, object>> = {
  Namespace: {},
  Node: {},
  Pod: { spec: POD_SPEC },
  Deployment: { spec: WORKLOAD },
  StatefulSet: { spec: { ...WORKLOAD, serviceName: 'service-0' } },
  DaemonSet: { spec: WORKLOAD },
  Job: { spec: { template: { spec: POD_SPEC } } },
  CronJob: { spec: { schedule: '0 * * * *', jobTemplate: { spec: { template: { spec: POD_SPEC } } } } },
  Service: { spec: { ports: [{ port: 80 }] } },
  Ingress: { spec: { defaultBackend: BACKEND } },
  ConfigMap: { data: { key: 'value' } },
};
const WITHOUT_NAMESPACE: readonly KubernetesKind[] = ['Namespace', 'Node'];

/** Objects of one namespace, written over the API as any client would. */
export class ClusterObjects {
  constructor(
    private readonly caller: ApiserverCaller,
    readonly namespace: string,
  ) {}

  async create(kind: KubernetesKind, name: string): Promise<ClusterObject> {
    const body = { metadata: { name, labels: LABELS }, ...CONTENTS[kind] };
    return (await this.caller.ok({ method: 'POST', path: this.place(kind), body })) as ClusterObject;
  }

  async label(kind: KubernetesKind, name: string, value: string): Promise<ClusterObject> {
    const body = { metadata: { labels: { changed: value } } };
    const type = 'application/merge-patch+json';
    return (await this.caller.ok({
      method: 'PATCH',
      path: `${this.place(kind)}/${name}`,
      body,
      type,
    })) as ClusterObject;
  }

  async remove(kind: KubernetesKind, name: string): Promise<void> {
    await this.caller.ok({ method: 'DELETE', path: `${this.place(kind)}/${name}`, body: { gracePeriodSeconds: 0 } });
  }

  /** All of the cluster, in whatever namespace. */
  async all(kind: KubernetesKind): Promise<readonly ClusterObject[]> {
    const { items } = (await this.caller.ok({ path: collectionPath(kind) })) as {
      readonly items: readonly ClusterObject[];
    };
    return items;
  }

  private place(kind: KubernetesKind): string {
    return collectionPath(kind, WITHOUT_NAMESPACE.includes(kind) ? null : this.namespace);
  }
}
