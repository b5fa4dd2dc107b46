import { SeededRandom } from '../world/seeded-random.js';
import type { FaceKind } from './kinds.js';
import type { KubernetesObject } from './stored-object.js';

interface SeededObject {
  readonly kind: FaceKind;
  readonly object: KubernetesObject;
}

const PODS_PER_NAMESPACE = 500;
const PODS_PER_NODE = 100;
const PODS_PER_DEPLOYMENT = 20;
const LONGEST_TEXT = 5_500;
const GPU_MODELS = ['NVIDIA-GeForce-RTX-4090', 'NVIDIA-A100-SXM4-80GB', 'NVIDIA-H100-80GB-HBM3'];

/**
 * A cluster with so many pods, of about 8 kB each as real ones are, and what belongs to them: namespaces, nodes of which every
 * third has GPUs, and some of each other kind. The same seed makes the same cluster.
 */
export function* seededCluster(pods: number, seed: number): Generator<SeededObject> {
  const random = new SeededRandom(seed);
  const namespaces = Math.max(1, Math.ceil(pods / PODS_PER_NAMESPACE));
  const nodes = Math.max(3, Math.ceil(pods / PODS_PER_NODE));
  for (const name of ['default', 'kube-system']) yield namespace(name);
  for (let index = 0; index < namespaces; index++) yield namespace(teamOf(index));
  for (let index = 0; index < nodes; index++) yield { kind: 'Node', object: node(index, random) };
  for (let index = 0; index < namespaces; index++) yield* furniture(teamOf(index), index);
  for (let index = 0; index < pods; index++) {
    const place = teamOf(index % namespaces);
    const app = `app-${Math.floor(index / PODS_PER_DEPLOYMENT)}`;
    yield { kind: 'Pod', object: pod(index, { place, app, nodeName: nodeName(index % nodes) }, random) };
  }
}

const teamOf = (index: number): string => `team-${String(index).padStart(2, '0')}`;
const nodeName = (index: number): string => `node-${String(index).padStart(3, '0')}`;
const hasGpu = (index: number): boolean => index % 3 === 0;

function namespace(name: string): SeededObject {
  return {
    kind: 'Namespace',
    object: {
      metadata: {
        name,
        labels: { 'kubernetes.io/metadata.name': name },
        managedFields: managed('kube-apiserver', 200),
      },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    },
  };
}

function node(index: number, random: SeededRandom): KubernetesObject {
  const name = nodeName(index);
  const gpus = hasGpu(index) ? { 'nvidia.com/gpu': '8' } : {};
  const model = hasGpu(index) ? { 'nvidia.com/gpu.product': random.pick(GPU_MODELS) } : {};
  const capacity = { cpu: '96', memory: '791014968Ki', pods: '110', ...gpus };
  return {
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/arch': 'amd64', 'kubernetes.io/os': 'linux', ...model },
      annotations: { 'node.alpha.kubernetes.io/ttl': '0' },
      managedFields: managed('kubelet', 1_500),
    },
    spec: { podCIDR: `10.${index % 250}.0.0/24`, providerID: `sandbox://${name}` },
    status: {
      capacity,
      allocatable: capacity,
      conditions: [
        { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
      ],
      addresses: [{ type: 'InternalIP', address: `10.0.${Math.floor(index / 250)}.${index % 250}` }],
      nodeInfo: { kubeletVersion: 'v1.35.2', architecture: 'amd64', operatingSystem: 'linux' },
    },
  };
}

/** One of each kind that is neither namespace, node nor pod. */
function* furniture(place: string, index: number): Generator<SeededObject> {
  const labels = { app: 'web', team: place };
  const metadata = (name: string): KubernetesObject['metadata'] => ({
    name,
    namespace: place,
    labels,
    managedFields: managed('kubectl', 600),
  });
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'registry.invalid/web:1' }] } };
  const selector = { matchLabels: labels };
  const replicas = 1 + (index % 3);
  const counts = { replicas, readyReplicas: replicas, updatedReplicas: replicas, availableReplicas: replicas };
  yield {
    kind: 'Deployment',
    object: {
      metadata: metadata('web'),
      spec: { replicas, selector, template },
      status: { observedGeneration: 1, ...counts, conditions: [{ type: 'Available', status: 'True' }] },
    },
  };
  yield {
    kind: 'StatefulSet',
    object: {
      metadata: metadata('db'),
      spec: { replicas: 1, serviceName: 'db', selector, template },
      status: { replicas: 1, readyReplicas: 1 },
    },
  };
  yield {
    kind: 'DaemonSet',
    object: {
      metadata: metadata('agent'),
      spec: { selector, template },
      status: { desiredNumberScheduled: 3, currentNumberScheduled: 3, numberReady: 3 },
    },
  };
  yield {
    kind: 'Job',
    object: {
      metadata: metadata('import'),
      spec: { completions: 1, template },
      status: { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] },
    },
  };
  yield {
    kind: 'CronJob',
    object: {
      metadata: metadata('nightly'),
      spec: { schedule: '0 3 * * *', suspend: false, jobTemplate: { spec: { template } } },
      status: {},
    },
  };
  yield {
    kind: 'Service',
    object: {
      metadata: metadata('web'),
      spec: {
        type: 'ClusterIP',
        clusterIP: `10.96.${index % 250}.1`,
        selector: labels,
        ports: [{ port: 80, protocol: 'TCP', targetPort: 8080 }],
      },
      status: { loadBalancer: {} },
    },
  };
  const backend = { service: { name: 'web', port: { number: 80 } } };
  yield {
    kind: 'Ingress',
    object: {
      metadata: metadata('web'),
      spec: {
        rules: [{ host: `${place}.example.com`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
      },
      status: { loadBalancer: {} },
    },
  };
  yield { kind: 'ConfigMap', object: { metadata: metadata('settings'), data: { LOG_LEVEL: 'info', REGION: 'none' } } };
  yield {
    kind: 'Secret',
    object: {
      metadata: metadata('password'),
      type: 'Opaque',
      data: { password: Buffer.from('sandbox-secret').toString('base64') },
    },
  };
}

function pod(
  index: number,
  { place, app, nodeName }: { readonly place: string; readonly app: string; readonly nodeName: string },
  random: SeededRandom,
): KubernetesObject {
  const isGpu = index % 5 === 0;
  const image = `registry.invalid/${app}@sha256:${random.instanceId().repeat(4)}`;
  const resources = {
    requests: { cpu: '500m', memory: '1Gi', ...(isGpu ? { 'nvidia.com/gpu': '1' } : {}) },
    limits: { memory: '2Gi', ...(isGpu ? { 'nvidia.com/gpu': '1' } : {}) },
  };
  return {
    metadata: {
      name: `${app}-${random.alphanumeric(5)}-${index}`,
      generateName: `${app}-`,
      namespace: place,
      labels: { app, team: place, 'pod-template-hash': random.alphanumeric(10), tier: isGpu ? 'gpu' : 'cpu' },
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ app, padding: 'x'.repeat(600) }),
      },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: app, uid: random.uuid(), controller: true }],
      managedFields: managed('kube-controller-manager', LONGEST_TEXT),
    },
    spec: {
      nodeName,
      restartPolicy: 'Always',
      serviceAccountName: 'default',
      containers: [
        {
          name: 'main',
          image,
          resources,
          ports: [{ containerPort: 8080, protocol: 'TCP' }],
          env: Array.from({ length: 8 }, (_, number) => ({
            name: `VARIABLE_${number}`,
            value: random.alphanumeric(16),
          })),
        },
      ],
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
    },
    status: {
      phase: 'Running',
      podIP: `10.1.${Math.floor(index / 250) % 250}.${index % 250}`,
      qosClass: 'Burstable',
      conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({ type, status: 'True' })),
      containerStatuses: [{ name: 'main', image, ready: true, started: true, restartCount: index % 7 === 0 ? 1 : 0 }],
    },
  };
}

/** Who wrote which field, of about that length: most of what an apiserver sends of a pod. */
function managed(manager: string, length: number): readonly unknown[] {
  const fields: Record<string, unknown> = {};
  const each = '"f:spec.field-0000":{".":{},"v:value":{}},'.length;
  for (let index = 0; index * each < length; index++) {
    fields[`f:spec.field-${String(index).padStart(4, '0')}`] = { '.': {}, 'v:value': {} };
  }
  return [
    {
      manager,
      operation: 'Update',
      apiVersion: 'v1',
      time: '2026-01-01T00:00:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1: fields,
    },
  ];
}
