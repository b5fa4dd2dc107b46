import { describe, expect, it } from 'vitest';
import type { CreateInstanceInput } from '../novita-types.js';
import { createBody, secretsOf } from './http-instances.js';

const INPUT: CreateInstanceInput = {
  name: 'train-nfx1ABCDEFGHJK',
  kind: 'gpu',
  productId: '26',
  gpuNum: 1,
  rootfsSize: 60,
  imageUrl: 'nginx:1',
  billingMode: 'onDemand',
};

describe('createBody', () => {
  it('writes everything as the create call wants it', () => {
    const body = createBody({
      ...INPUT,
      imageAuthId: '0f9e',
      ports: [
        { port: 80, type: 'http' },
        { port: 3306, type: 'tcp' },
      ],
      envs: [{ key: 'A', value: '1' }],
      tools: [{ name: 'Jupyter', port: 8888, type: 'http' }],
      command: 'run',
      entrypoint: '/bin/sh',
      clusterId: '5',
      networkStorages: [{ id: 'f2b1', mountPoint: '/network' }],
      billingMode: 'monthly',
      months: 1,
      minCudaVersion: '12.4',
    });
    expect(body).toEqual({
      name: 'train-nfx1ABCDEFGHJK',
      kind: 'gpu',
      productId: '26',
      gpuNum: 1,
      rootfsSize: 60,
      imageUrl: 'nginx:1',
      imageAuthId: '0f9e',
      ports: '80/http,3306/tcp',
      envs: [{ key: 'A', value: '1' }],
      tools: [{ name: 'Jupyter', port: '8888', type: 'http' }],
      command: 'run',
      entrypoint: '/bin/sh',
      clusterId: '5',
      networkStorages: [{ Id: 'f2b1', mountPoint: '/network' }],
      billingMode: 'monthly',
      month: 1,
      minCudaVersion: '12.4',
    });
  });

  it('says nothing of what is absent or empty', () => {
    expect(createBody({ ...INPUT, ports: [], envs: [], tools: [], networkStorages: [] })).toEqual({ ...INPUT });
  });

  it('takes a secret out whole before a shorter one that it contains', () => {
    const envs = [
      { key: 'A', value: 'abcd' },
      { key: 'B', value: 'abcdefgh' },
      { key: 'C', value: '' },
    ];
    expect(secretsOf({ ...INPUT, envs, command: 'serve --token x' })).toEqual(['serve --token x', 'abcdefgh', 'abcd']);
  });
});
