import type { InstanceSpec } from '@app/instance-store';
import { anInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { createInputOf } from './bounded-calls.js';

describe('createInputOf', () => {
  const spec: InstanceSpec = {
    ...anInstance().spec,
    tools: [{ name: 'Jupyter', port: 8888, protocol: 'http' }],
    envs: [{ key: 'A', value: '1' }],
    imageAuthId: 'auth',
    command: 'go',
    entrypoint: 'bash',
    networkStorages: [{ id: 's', mountPoint: '/data' }],
    minCudaVersion: '12.4',
    billingMode: 'monthly',
  };

  it('adds the token of the machine to its variables', () => {
    const { envs } = createInputOf(anInstance({ spec }), 'the-token');
    expect(envs).toEqual([...spec.envs, { key: 'NOVITA_FLEET_TOKEN', value: 'the-token' }]);
  });

  it('passes all of the spec on, under the marked name', () => {
    const record = anInstance({ name: 'train', marker: '-nff1a20123456789', spec });
    expect(createInputOf(record)).toEqual({
      name: 'train-nff1a20123456789',
      kind: 'gpu',
      productId: spec.productId,
      gpuNum: 1,
      rootfsSize: 60,
      imageUrl: spec.image,
      imageAuthId: 'auth',
      billingMode: 'monthly',
      months: 1,
      ports: [{ port: 8080, type: 'http' }],
      tools: [{ name: 'Jupyter', port: 8888, type: 'http' }],
      envs: [{ key: 'A', value: '1' }],
      networkStorages: [{ id: 's', mountPoint: '/data' }],
      command: 'go',
      entrypoint: 'bash',
      clusterId: spec.clusterId,
      minCudaVersion: '12.4',
    });
  });
});
