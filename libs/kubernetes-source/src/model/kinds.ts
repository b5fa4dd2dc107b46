/** The kinds of resources that are mirrored from a cluster, in the order in which the status lists them. Secrets never are. */
export const KUBERNETES_KINDS = [
  'Namespace',
  'Node',
  'Pod',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'Service',
  'Ingress',
  'ConfigMap',
] as const;
export type KubernetesKind = (typeof KUBERNETES_KINDS)[number];

export interface KindRow {
  readonly kind: KubernetesKind;
  /** In the paths of the apiserver and in ours. */
  readonly plural: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly isNamespaced: boolean;
}

const core = (kind: KubernetesKind, plural: string, isNamespaced = true): KindRow => ({
  kind,
  plural,
  group: '',
  version: 'v1',
  isNamespaced,
});
const grouped = (kind: KubernetesKind, plural: string, group: string): KindRow => ({
  kind,
  plural,
  group,
  version: 'v1',
  isNamespaced: true,
});

export const KINDS: Readonly<Record<KubernetesKind, KindRow>> = {
  Namespace: core('Namespace', 'namespaces', false),
  Node: core('Node', 'nodes', false),
  Pod: core('Pod', 'pods'),
  Deployment: grouped('Deployment', 'deployments', 'apps'),
  StatefulSet: grouped('StatefulSet', 'statefulsets', 'apps'),
  DaemonSet: grouped('DaemonSet', 'daemonsets', 'apps'),
  Job: grouped('Job', 'jobs', 'batch'),
  CronJob: grouped('CronJob', 'cronjobs', 'batch'),
  Service: core('Service', 'services'),
  Ingress: grouped('Ingress', 'ingresses', 'networking.k8s.io'),
  ConfigMap: core('ConfigMap', 'configmaps'),
};
