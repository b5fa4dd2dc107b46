import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readInstance, readMetrics } from './read-instance.js';
import { readItems, UnreadableItemError } from './read-value.js';

const LIST_ITEM = {
  id: '9d1f5d8a0c3b4e2f',
  name: 'train-nfx1ABCDEFGHJK',
  clusterId: '5',
  clusterName: 'US-01 (Dallas)',
  status: 'running',
  imageUrl: 'docker.io/library/nginx:1',
  imageAuthId: '',
  command: '',
  entrypoint: '',
  cpuNum: '16',
  memory: '62',
  gpuNum: '1',
  portMappings: [
    { port: 80, type: 'http', endpoint: 'https://9d1f5d8a0c3b4e2f-80.us.example' },
    { port: '3306', type: 'tcp' },
    { port: 53, type: 'udp' },
    { port: 0, type: 'http' },
    null,
  ],
  productId: '4090.16c62g.os',
  productName: 'RTX 4090 24GB',
  rootfsSize: 60,
  volumeMounts: [
    { type: 'local', size: '30', id: '', mountPath: '/workspace' },
    { type: 'network', size: 50, id: 'f2b1', mountPath: '/network' },
  ],
  statusError: { state: '', message: '' },
  envs: [{ key: 'MODE', value: 'fast' }, { key: 'EMPTY', value: '' }, { value: 'no key' }],
  kind: 'gpu',
  billingMode: 'spot',
  endTime: '-1',
  spotStatus: '',
  spotReclaimTime: '0',
  createdAt: '1785780950',
  lastStartedAt: '1785780954',
  lastStoppedAt: '0',
  gpuIds: [3],
  somethingNew: { deep: true },
};

describe('readInstance', () => {
  it('reads an item of a list, quirks included', () => {
    expect(readInstance(LIST_ITEM)).toEqual({
      id: '9d1f5d8a0c3b4e2f',
      name: 'train-nfx1ABCDEFGHJK',
      status: 'running',
      statusError: null,
      clusterId: '5',
      clusterName: 'US-01 (Dallas)',
      productId: '4090.16c62g.os',
      productName: 'RTX 4090 24GB',
      gpuNum: 1,
      cpuNum: 16,
      memoryGb: 62,
      rootfsSize: 60,
      imageUrl: 'docker.io/library/nginx:1',
      imageAuthId: null,
      command: null,
      entrypoint: null,
      templateId: null,
      envs: [
        { key: 'MODE', value: 'fast' },
        { key: 'EMPTY', value: '' },
      ],
      kind: 'gpu',
      billingMode: 'spot',
      portMappings: [
        { port: 80, type: 'http', endpoint: 'https://9d1f5d8a0c3b4e2f-80.us.example' },
        { port: 3306, type: 'tcp', endpoint: null },
      ],
      volumeMounts: [
        { type: 'local', id: null, mountPath: '/workspace', sizeGb: 30 },
        { type: 'network', id: 'f2b1', mountPath: '/network', sizeGb: 50 },
      ],
      usdPerHour: null,
      createdAt: '2026-08-03T18:15:50.000Z',
      lastStartedAt: '2026-08-03T18:15:54.000Z',
      lastStoppedAt: null,
      endsAt: null,
      spotStatus: null,
      spotReclaimAt: null,
      ssh: null,
      jupyterUrl: null,
      webTerminal: null,
    });
  });

  it('reads the components of a get', () => {
    const instance = readInstance({
      ...LIST_ITEM,
      connectComponentSSH: { sshCommand: 'ssh -p 32787 root@proxy.example', password: 'hidden', isRunning: true },
      connectComponentJupyter: { port: 8888, address: 'https://jupyter.example', isRunning: true },
      connectComponentWebTerminal: { address: 'https://terminal.example', username: 'u', password: 'p' },
      instancePrice: '35000',
      endTime: '1785780950',
      spotStatus: 'notified',
      spotReclaimTime: '1785780954',
      statusError: { state: 'failed', message: 'image cannot be pulled' },
    });
    expect(instance).toMatchObject({
      ssh: { command: 'ssh -p 32787 root@proxy.example', password: 'hidden' },
      jupyterUrl: 'https://jupyter.example',
      webTerminal: { address: 'https://terminal.example', username: 'u', password: 'p' },
      usdPerHour: 0.35,
      endsAt: '2026-08-03T18:15:50.000Z',
      spotStatus: 'notified',
      spotReclaimAt: '2026-08-03T18:15:54.000Z',
      statusError: { state: 'failed', message: 'image cannot be pulled' },
    });
  });

  it('reads the ssh access that older answers have at the top', () => {
    const { ssh } = readInstance({ ...LIST_ITEM, sshCommand: 'ssh root@old.example', sshPassword: 'pw' });
    expect(ssh).toEqual({ command: 'ssh root@old.example', password: 'pw' });
  });

  it('keeps a status that is not documented', () => {
    expect(readInstance({ id: 'a', status: 'hibernating' }).status).toBe('hibernating');
  });

  it('needs an id and a status, and nothing else', () => {
    expect(readInstance({ id: 'a', status: 'pending' })).toMatchObject({
      id: 'a',
      name: '',
      createdAt: null,
      envs: [],
    });
    expect(() => readInstance({ status: 'running' })).toThrow(UnreadableItemError);
    expect(() => readInstance({ id: 'a', status: null })).toThrow(UnreadableItemError);
  });

  it('fails in no other way, whatever the keys hold', () => {
    const keys = Object.keys(LIST_ITEM);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), fc.anything()), (overwritten) => {
        const { items, malformed } = readItems([{ ...LIST_ITEM, ...overwritten }], 'instances', readInstance);
        expect(items.length + malformed.length).toBe(1);
      }),
    );
  });
});

describe('metrics', () => {
  it('reads metrics and leaves out points that say nothing', () => {
    const metrics = readMetrics({
      cpuUtilization: [
        { timestamp: '1785780950', value: 12.5 },
        { timestamp: '0', value: 1 },
        { timestamp: '1785780951' },
      ],
      gpuUtilization: { avg: [{ timestamp: '1785780950', value: '88' }], gpuIds: [] },
    });
    expect(metrics.cpuUtilization).toEqual([{ at: '2026-08-03T18:15:50.000Z', value: 12.5 }]);
    expect(metrics.gpuUtilization).toEqual([{ at: '2026-08-03T18:15:50.000Z', value: 88 }]);
    expect(metrics.memoryUtilization).toEqual([]);
  });
});
