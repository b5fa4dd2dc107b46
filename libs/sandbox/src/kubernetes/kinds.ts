/** The kinds that the apiserver's face serves: those that a fleet mirrors, and Secret, so that a test can prove that nobody reads it. */
export const FACE_KINDS = [
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
  'Secret',
] as const;
export type FaceKind = (typeof FACE_KINDS)[number];

export interface FaceKindRow {
  readonly kind: FaceKind;
  readonly plural: string;
  readonly shortNames: readonly string[];
  /** Empty for the core group. */
  readonly group: string;
  readonly version: 'v1';
  readonly isNamespaced: boolean;
  /** Whether `kubectl get all` shows it. */
  readonly isInAll: boolean;
  /** Whether its status is written by a path of its own, and left alone by writes of the whole object. */
  readonly hasStatus: boolean;
  /** Whether a change of its spec counts up `metadata.generation`. */
  readonly hasGeneration: boolean;
}

const row = (
  kind: FaceKind,
  plural: string,
  group: string,
  shortNames: readonly string[],
  traits: Partial<FaceKindRow> = {},
): FaceKindRow => ({
  kind,
  plural,
  shortNames,
  group,
  version: 'v1',
  isNamespaced: true,
  isInAll: false,
  hasStatus: true,
  hasGeneration: false,
  ...traits,
});

const WORKLOAD = { isInAll: true, hasGeneration: true } as const;

export const FACE_ROWS: Readonly<Record<FaceKind, FaceKindRow>> = {
  Namespace: row('Namespace', 'namespaces', '', ['ns'], { isNamespaced: false }),
  Node: row('Node', 'nodes', '', ['no'], { isNamespaced: false }),
  Pod: row('Pod', 'pods', '', ['po'], { isInAll: true }),
  Deployment: row('Deployment', 'deployments', 'apps', ['deploy'], WORKLOAD),
  StatefulSet: row('StatefulSet', 'statefulsets', 'apps', ['sts'], WORKLOAD),
  DaemonSet: row('DaemonSet', 'daemonsets', 'apps', ['ds'], WORKLOAD),
  Job: row('Job', 'jobs', 'batch', [], WORKLOAD),
  CronJob: row('CronJob', 'cronjobs', 'batch', ['cj'], WORKLOAD),
  Service: row('Service', 'services', '', ['svc'], { isInAll: true }),
  Ingress: row('Ingress', 'ingresses', 'networking.k8s.io', ['ing'], { hasGeneration: true }),
  ConfigMap: row('ConfigMap', 'configmaps', '', ['cm'], { hasStatus: false }),
  Secret: row('Secret', 'secrets', '', [], { hasStatus: false }),
};

export function apiVersionOf({ group, version }: FaceKindRow): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Null when the group has no such resource. */
export function rowOfPlural(group: string, plural: string): FaceKindRow | null {
  return FACE_KINDS.map((kind) => FACE_ROWS[kind]).find((one) => one.group === group && one.plural === plural) ?? null;
}
