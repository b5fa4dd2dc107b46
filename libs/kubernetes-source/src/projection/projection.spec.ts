import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KUBERNETES_KINDS, type KubernetesKind } from '../model/kinds.js';
import { identify, project as projectKnown } from './projection.js';

const metadata = (more: object = {}) => ({
  name: 'web-0',
  namespace: 'shop',
  uid: 'u-1',
  resourceVersion: '7',
  ...more,
});

const project = (kind: KubernetesKind, object: unknown) => {
  const identity = identify(kind, object);
  return identity === null ? null : projectKnown(identity, object as Record<string, unknown>);
};
const shown = (kind: KubernetesKind, object: object): unknown => JSON.parse(project(kind, object)?.json ?? 'null');

describe('the projection of an object', () => {
  it('shows of a pod what a reader of the API asks for', () => {
    const pod = {
      metadata: metadata({
        creationTimestamp: '2026-01-01T00:00:00Z',
        labels: { app: 'web' },
        annotations: { note: 'kept', 'kubectl.kubernetes.io/last-applied-configuration': '{"x":1}' },
        managedFields: [{ manager: 'kubelet' }],
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'u-0', controller: true }],
      }),
      spec: {
        nodeName: 'gpu-1',
        volumes: [{ name: 'v', secret: { secretName: 's' } }],
        containers: [
          {
            name: 'main',
            image: 'repo/web:1',
            command: ['sh'],
            env: [{ name: 'TOKEN', value: 'secret' }],
            resources: { limits: { 'nvidia.com/gpu': 2, memory: '1Gi' } },
          },
        ],
      },
      status: {
        phase: 'Running',
        podIP: '10.0.0.7',
        conditions: [{ type: 'Ready', status: 'True', lastProbeTime: null }],
        containerStatuses: [
          { name: 'main', ready: true, restartCount: 3, state: { running: {} }, lastState: {}, imageID: 'sha256:1' },
        ],
      },
    };
    const resource = project('Pod', pod);
    expect(resource).toMatchObject({
      kind: 'Pod',
      key: 'shop/web-0',
      namespace: 'shop',
      name: 'web-0',
      uid: 'u-1',
      resourceVersion: '7',
      labels: { app: 'web' },
    });
    expect(JSON.parse(resource?.json ?? '')).toEqual({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: {
        name: 'web-0',
        namespace: 'shop',
        uid: 'u-1',
        resourceVersion: '7',
        creationTimestamp: '2026-01-01T00:00:00Z',
        labels: { app: 'web' },
        annotations: { note: 'kept' },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'u-0', controller: true }],
      },
      spec: {
        nodeName: 'gpu-1',
        containers: [
          {
            name: 'main',
            image: 'repo/web:1',
            env: [{ name: 'TOKEN' }],
            resources: { limits: { 'nvidia.com/gpu': 2, memory: '1Gi' } },
          },
        ],
      },
      status: {
        phase: 'Running',
        podIP: '10.0.0.7',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [{ name: 'main', ready: true, restartCount: 3, state: { running: {} } }],
      },
    });
  });

  it('shows of a config map the names of its keys only', () => {
    const object = {
      metadata: metadata(),
      data: { 'app.conf': 'secret' },
      binaryData: { blob: 'c2VjcmV0' },
      immutable: true,
    };
    expect(shown('ConfigMap', object)).toEqual({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: metadata(),
      immutable: true,
      dataKeys: ['app.conf'],
      binaryDataKeys: ['blob'],
    });
  });

  it.each<[KubernetesKind, object, unknown]>([
    [
      'Node',
      {
        spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] },
        status: {
          allocatable: { 'nvidia.com/gpu': '8' },
          nodeInfo: { kubeletVersion: 'v1.35.0' },
          images: [{ names: ['x'] }],
        },
      },
      {
        spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] },
        status: { allocatable: { 'nvidia.com/gpu': '8' }, nodeInfo: { kubeletVersion: 'v1.35.0' } },
      },
    ],
    [
      'Deployment',
      {
        spec: { replicas: 0, selector: { matchLabels: { a: 'b' } }, strategy: { type: 'Recreate' } },
        status: { readyReplicas: 0 },
      },
      {
        spec: { replicas: 0, selector: { matchLabels: { a: 'b' } }, strategy: { type: 'Recreate' } },
        status: { readyReplicas: 0 },
      },
    ],
    [
      'CronJob',
      {
        spec: {
          schedule: '* * * * *',
          jobTemplate: { spec: { template: { spec: { containers: [{ image: 'i' }] } } } },
        },
      },
      {
        spec: {
          schedule: '* * * * *',
          jobTemplate: { spec: { template: { spec: { containers: [{ image: 'i' }] } } } },
        },
      },
    ],
    [
      'Service',
      { spec: { type: 'NodePort', ports: [{ port: 80, targetPort: 'http', nodePort: 30_080 }], clusterIP: 'None' } },
      { spec: { type: 'NodePort', ports: [{ port: 80, targetPort: 'http', nodePort: 30_080 }], clusterIP: 'None' } },
    ],
    [
      'Ingress',
      { spec: { tls: [{ hosts: ['a.example'] }], rules: [{ host: 'a.example', http: { paths: [{ path: '/' }] } }] } },
      { spec: { tls: [{ hosts: ['a.example'] }], rules: [{ host: 'a.example', http: { paths: [{ path: '/' }] } }] } },
    ],
  ])('shows the parts of a %s', (kind, given, expected) => {
    expect(shown(kind, { metadata: metadata(), ...given })).toMatchObject(expected as object);
  });

  it('names the group of a kind, and no namespace of what stands in none', () => {
    expect(shown('Job', { metadata: metadata() })).toMatchObject({ kind: 'Job', apiVersion: 'batch/v1' });
    expect(project('Node', { metadata: metadata() })).toMatchObject({ key: 'web-0', namespace: null });
  });

  it('cuts what is too long, and says so', () => {
    const annotations = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`a${n}`, 'x'.repeat(5_000)]));
    const cut = project('Pod', { metadata: metadata({ annotations }) });
    expect(cut?.json.length).toBeLessThan(70_000);
    expect(JSON.parse(cut?.json ?? '')).toMatchObject({ truncated: true });
    expect(shown('Pod', { metadata: metadata() })).not.toHaveProperty('truncated');
  });

  it.each([
    ['no metadata', {}],
    ['no name', { metadata: metadata({ name: undefined }) }],
    ['a name with a slash', { metadata: metadata({ name: 'a/b' }) }],
    ['no namespace', { metadata: metadata({ namespace: '' }) }],
    ['a uid with a line break', { metadata: metadata({ uid: 'a\nb' }) }],
    ['a version that is a number', { metadata: metadata({ resourceVersion: 7 }) }],
    ['what is no object', 'x'],
  ])('is none for %s', (_what, object) => {
    expect(project('Pod', object)).toBeNull();
  });

  const SECRET = 'DO-NOT-KEEP';
  const anyJson = fc.jsonValue({ maxDepth: 4 });
  const anyKind = fc.constantFrom(...KUBERNETES_KINDS);

  it('takes anything for the other members, and leaves out what it does not understand', () => {
    const container = fc.record(
      { name: anyJson, image: anyJson, env: anyJson, resources: anyJson },
      { requiredKeys: [] },
    );
    const wild = fc.record(
      {
        spec: fc.oneof(anyJson, fc.record({ containers: fc.oneof(anyJson, fc.array(container)), template: anyJson })),
        status: fc.oneof(anyJson, fc.record({ conditions: anyJson, containerStatuses: fc.array(anyJson) })),
        data: anyJson,
        labels: anyJson,
        annotations: anyJson,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anyKind, wild, (kind, { spec, status, data, labels, annotations }) => {
        const given = { metadata: metadata({ labels, annotations }), spec, status, data };
        const resource = project(kind, given);
        expect(resource).not.toBeNull();
        const { metadata: kept, ...rest } = JSON.parse(resource?.json ?? '') as Record<string, unknown>;
        expect(kept).toMatchObject(metadata());
        expect(
          Object.keys(rest).every((name) => /^(kind|apiVersion|spec|status|\w+Keys|immutable|truncated)$/.test(name)),
        ).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['kapp.k14s.io/original', 'x'],
    ['kapp.k14s.io/original-diff-full', 'x'],
    ['objectset.rio.cattle.io/applied', 'H4sIAAAA'],
    ['banzaicloud.com/last-applied', 'UEsDBBQ'],
    ['example.com/original-configuration', 'x'],
    ['whatever', '{"spec":{"env":[{"name":"TOKEN","value":"x"}]}}'],
    ['whatever', ' [{"op":"add","value":"x"}]\n'],
  ])('keeps no annotation %s of %j, which may hold the whole object', (name, value) => {
    const annotations = { note: 'kept', 'example.com/original.name': '[draft] kept', [name]: value };
    expect(shown('ConfigMap', { metadata: metadata({ annotations }) })).toMatchObject({
      metadata: { annotations: expect.toSatisfy((kept: object) => !(name in kept)) },
    });
    expect(
      shown('ConfigMap', { metadata: metadata({ annotations: { ...annotations, [name]: 'plain' } }) }),
    ).toMatchObject({ metadata: { annotations: { note: 'kept', 'example.com/original.name': '[draft] kept' } } });
  });

  it('keeps no value of an environment variable or a config map, no command, and nothing that was last applied', () => {
    const secrets = {
      env: [
        { name: 'A', value: SECRET },
        { name: 'B', valueFrom: { secretKeyRef: { name: SECRET } } },
      ],
      command: [SECRET],
      args: [SECRET],
      lifecycle: { preStop: { exec: { command: [SECRET] } } },
    };
    const pod = { containers: [{ name: 'c', ...secrets }], initContainers: [{ name: 'i', ...secrets }] };
    const template = { metadata: { annotations: { a: SECRET } }, spec: pod };
    const object = {
      metadata: metadata({
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': SECRET },
        managedFields: [{ fieldsV1: { [SECRET]: {} } }],
      }),
      spec: { ...pod, template, jobTemplate: { spec: { template } } },
      data: { key: SECRET },
      binaryData: { key: SECRET },
    };
    for (const kind of KUBERNETES_KINDS) expect(project(kind, object)?.json).not.toContain(SECRET);
  });
});
