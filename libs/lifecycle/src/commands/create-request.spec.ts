import type { NovitaTemplate } from '@app/novita-client';
import type { FieldError } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { mergeTemplate, violationsOfMerged, violationsOfRequest } from './create-request.js';
import type { CreateInstanceRequest } from './instance-commands.js';

const REQUEST: CreateInstanceRequest = { name: 'train-1', productName: 'RTX 4090 24GB', image: 'nginx' };
const DEFAULTS = { billingMode: 'onDemand', region: 'CN-HK-01' } as const;
const TEMPLATE: NovitaTemplate = {
  id: '212',
  name: 'PyTorch',
  channel: 'official',
  image: 'pytorch:2',
  imageAuthId: 'auth',
  startCommand: 'start.sh',
  entrypoint: 'bash',
  rootfsSize: 80,
  ports: [{ port: 80, type: 'http' }],
  envs: [
    { key: 'A', value: '1' },
    { key: 'B', value: '1' },
  ],
  tools: [
    { name: 'Jupyter', port: 8888, type: 'http' },
    { name: 'Other', port: 80, type: 'tcp' },
  ],
  volumes: [{ type: 'local', sizeGb: 10, mountPath: '/data' }],
  minCudaVersion: '12.4',
};
const manyPorts = (count: number) =>
  Array.from({ length: count }, (_, port) => ({ port: port + 1, protocol: 'tcp' as const }));

describe('violationsOfRequest', () => {
  it('finds nothing wrong with a plain request', () => {
    expect(violationsOfRequest(REQUEST)).toEqual([]);
  });

  it.each([
    ['/name', { name: '' }],
    ['/name', { name: 'a'.repeat(201) }],
    ['/name', { name: 'under_score' }],
    ['/productId', { productId: 'p' }],
    ['/gpuNum', { gpuNum: 0 }],
    ['/gpuNum', { gpuNum: 9 }],
    ['/gpuNum', { gpuNum: 1.5 }],
    ['/rootfsSize', { rootfsSize: 9 }],
    ['/rootfsSize', { rootfsSize: 6145 }],
    ['/image', { image: ' ' }],
    ['/image', { image: 'a'.repeat(501) }],
    ['/command', { command: 'a'.repeat(2048) }],
    ['/ports/0', { ports: [{ port: 2222, protocol: 'tcp' }] }],
    ['/ports/0', { ports: [{ port: 65_536, protocol: 'tcp' }] }],
    ['/ports/15', { ports: manyPorts(16) }],
    ['/ports/1', { ports: [...manyPorts(1), ...manyPorts(1)] }],
    ['/envs/0/key', { envs: [{ key: '', value: '' }] }],
    ['/envs/0/value', { envs: [{ key: 'A', value: 'a'.repeat(4096) }] }],
    ['/envs/0/key', { reportTo: 'https://f.example', envs: [{ key: 'NOVITA_FLEET_TOKEN', value: '' }] }],
    ['/envs/0/key', { reportTo: 'https://f.example', envs: [{ key: 'NOVITA_FLEET_URL', value: '' }] }],
    ['/networkStorages/0/mountPoint', { networkStorages: [{ id: 's', mountPoint: 'data' }] }],
    ['/minCudaVersion', { minCudaVersion: 'new' }],
    ['/autoStop/thresholdMinutes', { autoStop: { thresholdMinutes: 0 } }],
  ] satisfies [string, Partial<CreateInstanceRequest>][])('names %s', (pointer, overrides) => {
    expect(violationsOfRequest({ ...REQUEST, ...overrides }).map((fault) => fault.pointer)).toEqual([pointer]);
  });

  it('wants a product and a source', () => {
    expect(violationsOfRequest({ name: 'x' }).map(({ pointer }) => pointer)).toEqual(['/productName', '/image']);
  });
});

describe('mergeTemplate', () => {
  it('takes all of the template', () => {
    const merged = mergeTemplate({ name: 'x', templateId: '212' }, TEMPLATE, DEFAULTS);
    expect(merged).toEqual({
      image: 'pytorch:2',
      imageAuthId: 'auth',
      gpuNum: 1,
      rootfsSize: 80,
      billingMode: 'onDemand',
      ports: [{ port: 80, protocol: 'http' }],
      tools: [{ name: 'Jupyter', port: 8888, protocol: 'http' }],
      envs: TEMPLATE.envs,
      command: 'start.sh',
      entrypoint: 'bash',
      networkStorages: [],
      minCudaVersion: '12.4',
    });
  });

  it('lets the request win, variable by variable', () => {
    const request: CreateInstanceRequest = {
      name: 'x',
      templateId: '212',
      image: 'mine',
      rootfsSize: 20,
      command: 'go',
      ports: [{ port: 8888, protocol: 'http' }],
      envs: [
        { key: 'B', value: '2' },
        { key: 'C', value: '2' },
      ],
    };
    const merged = mergeTemplate(request, TEMPLATE, DEFAULTS);
    expect(merged).toMatchObject({
      image: 'mine',
      imageAuthId: null,
      rootfsSize: 20,
      command: 'go',
      entrypoint: 'bash',
    });
    expect(merged.tools.map(({ name }) => name)).toEqual(['Other']);
    expect(merged.envs.map(({ key, value }) => `${key}=${value}`)).toEqual(['A=1', 'B=2', 'C=2']);
  });

  it('falls back to the defaults without a template', () => {
    const merged = mergeTemplate(REQUEST, null, DEFAULTS);
    expect(merged).toMatchObject({ ports: [{ port: 8080, protocol: 'http' }], rootfsSize: null, tools: [] });
  });

  it('counts the tools of the template among the ports', () => {
    const template = { ...TEMPLATE, tools: TEMPLATE.tools.slice(0, 1) };
    const violationsWith = (ports: number): readonly FieldError[] => {
      const request = { name: 'x', ports: manyPorts(ports) };
      return violationsOfMerged(mergeTemplate(request, template, DEFAULTS), request);
    };
    expect(violationsWith(15)).toEqual([
      { pointer: '/ports/14', detail: "is one port too many: at most 14 beside the 1 of the template's tools" },
    ]);
    expect(violationsWith(14)).toEqual([]);
  });

  it('points to the template for what the request does not hold', () => {
    const request = { name: 'x' };
    const template = {
      ...TEMPLATE,
      image: '',
      ports: manyPorts(15).map(({ port }) => ({ port, type: 'http' as const })),
      envs: Array.from({ length: 101 }, (_, index) => ({ key: `K${index}`, value: '' })),
    };
    const faults = violationsOfMerged(mergeTemplate(request, template, DEFAULTS), request);
    expect(faults.map(({ pointer }) => pointer)).toEqual(['/templateId', '/templateId', '/templateId']);
    expect(faults[2]?.detail).toContain('environment variables; at most 100 can be set');
  });
});
