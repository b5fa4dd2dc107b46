import { isObject } from '@app/platform';
import { KINDS, type KubernetesKind } from '../model/kinds.js';
import { type Resource, resourceKey } from '../model/resource.js';
import {
  type Cut,
  flag,
  type Json,
  list,
  map,
  members,
  namesOf,
  number,
  type Shape,
  text,
  textOrNumber,
} from './shape.js';
import {
  conditions,
  cronJob,
  daemonSet,
  deployment,
  job,
  podSpec,
  podStatus,
  quantities,
  statefulSet,
} from './workload-shapes.js';

/**
 * Grows with every change of what is shown. It is a part of the version by which stored projections are compared, so that
 * the first full set after an update writes those that the release before made otherwise.
 */
export const PROJECTION_FORM = 2;

/** Names of keys that a ConfigMap may have at most in its projection. */
const KEY_NAMES_LIMIT = 1_000;
const ANNOTATIONS_LIMIT = 64;
/** Under such names tools keep what they have applied: the whole object, values of environment variables and all. */
const OF_WHOLE_OBJECT = /last-applied|\/(applied|original(-.+)?)$/;

const metadata: Shape = members({
  name: text,
  generateName: text,
  namespace: text,
  uid: text,
  resourceVersion: text,
  generation: number,
  creationTimestamp: text,
  deletionTimestamp: text,
  deletionGracePeriodSeconds: number,
  labels: map(text),
  annotations: map(text, ANNOTATIONS_LIMIT, (name, value) => OF_WHOLE_OBJECT.test(name) || isJsonLike(value)),
  ownerReferences: list(members({ apiVersion: text, kind: text, name: text, uid: text, controller: flag })),
  finalizers: list(text),
});

const node = {
  spec: members({
    podCIDR: text,
    providerID: text,
    unschedulable: flag,
    taints: list(members({ key: text, value: text, effect: text, timeAdded: text })),
  }),
  status: members({
    capacity: quantities,
    allocatable: quantities,
    conditions,
    addresses: list(members({ type: text, address: text })),
    nodeInfo: members({
      architecture: text,
      operatingSystem: text,
      osImage: text,
      kernelVersion: text,
      containerRuntimeVersion: text,
      kubeletVersion: text,
      kubeProxyVersion: text,
    }),
  }),
};

const service = {
  spec: members({
    type: text,
    clusterIP: text,
    clusterIPs: list(text),
    externalIPs: list(text),
    externalName: text,
    loadBalancerIP: text,
    loadBalancerClass: text,
    ipFamilies: list(text),
    sessionAffinity: text,
    externalTrafficPolicy: text,
    internalTrafficPolicy: text,
    selector: map(text),
    ports: list(
      members({
        name: text,
        protocol: text,
        appProtocol: text,
        port: number,
        targetPort: textOrNumber,
        nodePort: number,
      }),
    ),
  }),
  status: members({
    loadBalancer: members({ ingress: list(members({ ip: text, hostname: text })) }),
    conditions,
  }),
};

const ingressBackend: Shape = members({
  service: members({ name: text, port: members({ name: text, number }) }),
  resource: members({ apiGroup: text, kind: text, name: text }),
});

const ingress = {
  spec: members({
    ingressClassName: text,
    defaultBackend: ingressBackend,
    tls: list(members({ hosts: list(text), secretName: text })),
    rules: list(
      members({
        host: text,
        http: members({ paths: list(members({ path: text, pathType: text, backend: ingressBackend })) }),
      }),
    ),
  }),
  status: members({ loadBalancer: members({ ingress: list(members({ ip: text, hostname: text })) }) }),
};

interface Shown {
  /** Members beside `kind`, `apiVersion` and `metadata`: the name, and by which member of the object it is made. */
  readonly [member: string]: Shape | { readonly from: string; readonly shape: Shape };
}

/** What is shown of each kind. What stands in no shape is never kept. */
const SHOWN: Readonly<Record<KubernetesKind, Shown>> = {
  Namespace: { status: members({ phase: text, conditions }) },
  Node: node,
  Pod: { spec: podSpec, status: podStatus },
  Deployment: deployment,
  StatefulSet: statefulSet,
  DaemonSet: daemonSet,
  Job: job,
  CronJob: cronJob,
  Service: service,
  Ingress: ingress,
  // Its values are often secrets in all but name.
  ConfigMap: {
    immutable: flag,
    dataKeys: { from: 'data', shape: namesOf(KEY_NAMES_LIMIT) },
    binaryDataKeys: { from: 'binaryData', shape: namesOf(KEY_NAMES_LIMIT) },
  },
};

/** Names, uids and versions are short and hold no blank; a name holds no slash. */
const NAME = /^[^\s/\p{Cc}]{1,253}$/u;
const TOKEN = /^[\x21-\x7e]{1,128}$/;

/** By what an object is known: enough to tell whether it has changed. */
export type Identity = Pick<Resource, 'kind' | 'key' | 'namespace' | 'name' | 'uid' | 'resourceVersion'>;

/**
 * Pure.
 *
 * @returns null for what has no proper name, uid or version, and so cannot be kept at all
 */
export function identify(kind: KubernetesKind, object: unknown): Identity | null {
  const given = isObject(object) ? object['metadata'] : undefined;
  if (!isObject(given)) return null;
  const { name, uid, resourceVersion } = given;
  const namespace = KINDS[kind].isNamespaced ? given['namespace'] : null;
  if (!isMatch(NAME, name) || !isMatch(TOKEN, uid) || !isMatch(TOKEN, resourceVersion)) return null;
  if (namespace !== null && !isMatch(NAME, namespace)) return null;
  return { kind, key: resourceKey(namespace, name), namespace, name, uid, resourceVersion };
}

/**
 * What is kept of an object, by the table of its kind. Malformed members are left out. What is too long is cut, and
 * the projection says so by `"truncated": true`. Pure.
 */
export function project(identity: Identity, object: Readonly<Record<string, unknown>>): Resource {
  const { kind } = identity;
  const { group, version } = KINDS[kind];
  const cut: Cut = { happened: false };
  const shown: Record<string, Json> = {
    kind,
    apiVersion: group === '' ? version : `${group}/${version}`,
    metadata: metadata(object['metadata'], cut) ?? {},
  };
  for (const [member, how] of Object.entries(SHOWN[kind])) {
    const [from, shape] = typeof how === 'function' ? [member, how] : [how.from, how.shape];
    const value = object[from] === undefined ? undefined : shape(object[from], cut);
    if (value !== undefined) shown[member] = value;
  }
  if (cut.happened) shown['truncated'] = true;
  return { ...identity, labels: labelsOf(shown['metadata']), json: JSON.stringify(shown) };
}

/** Whether it may be a JSON object or array: that is how tools write down what nobody else is to read. */
function isJsonLike(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const inner = value.trim();
  return (inner.startsWith('{') && inner.endsWith('}')) || (inner.startsWith('[') && inner.endsWith(']'));
}

function isMatch(pattern: RegExp, value: unknown): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function labelsOf(shown: Json | undefined): Readonly<Record<string, string>> {
  const labels = isObject(shown) ? shown['labels'] : undefined;
  // `map(text)` made it.
  return isObject(labels) ? (labels as Record<string, string>) : {};
}
