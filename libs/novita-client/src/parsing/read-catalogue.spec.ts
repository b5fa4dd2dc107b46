import { describe, expect, it } from 'vitest';
import {
  readCluster,
  readCpuProduct,
  readGpuProduct,
  readNetworkStorage,
  readRegistryAuth,
  readTemplate,
} from './read-catalogue.js';
import { UnreadableItemError } from './read-value.js';

const PRODUCT = {
  id: '26',
  name: 'RTX 4090 24GB',
  cpuPerGpu: 16,
  memoryPerGpu: 62,
  diskPerGpu: 290,
  availableDeploy: true,
  minRootFS: 10,
  maxRootFS: '240',
  regions: ['US-01 (Dallas)', 'EU-01'],
  price: '35000',
  monthlyPrice: [
    { price: '23000000', month: 1 },
    { price: 60000000, month: 3 },
    { price: 0, month: 0 },
  ],
  billingMethods: ['onDemand', 'monthly', 'spot', 'barter'],
  spotPrice: '18000',
  inventoryState: 'low',
};

describe('products', () => {
  it('reads prices that come as texts', () => {
    expect(readGpuProduct(PRODUCT)).toEqual({
      id: '26',
      name: 'RTX 4090 24GB',
      cpuPerGpu: 16,
      memoryPerGpu: 62,
      diskPerGpu: 290,
      availableDeploy: true,
      minRootfs: 10,
      maxRootfs: 240,
      regions: ['US-01 (Dallas)', 'EU-01'],
      onDemandUsdPerHour: 0.35,
      spotUsdPerHour: 0.18,
      monthly: [
        { months: 1, usd: 230 },
        { months: 3, usd: 600 },
      ],
      billingModes: ['onDemand', 'monthly', 'spot'],
      inventoryState: 'low',
    });
  });

  it('reads prices that come as numbers', () => {
    expect(readGpuProduct({ ...PRODUCT, price: 35000 }).onDemandUsdPerHour).toBe(0.35);
  });

  it('has no price where there is no offer', () => {
    expect(readGpuProduct({ ...PRODUCT, spotPrice: '0' }).spotUsdPerHour).toBeNull();
    expect(readGpuProduct({ ...PRODUCT, billingMethods: ['monthly'] })).toMatchObject({
      onDemandUsdPerHour: null,
      spotUsdPerHour: null,
    });
  });

  it('counts a product without a word on its stock as out of stock', () => {
    expect(readGpuProduct({ ...PRODUCT, availableDeploy: undefined }).availableDeploy).toBe(false);
  });

  it('reads CPU products and clusters', () => {
    const cpu = { id: 'c', name: 'cpu', cpuNum: 8, memorySize: 32, rootfsSize: 50, availableDeploy: true, price: 9000 };
    expect(readCpuProduct(cpu)).toMatchObject({ cpuNum: 8, memoryGb: 32, rootfsGb: 50, usdPerHour: 0.09 });
    expect(
      readCluster({ id: '5', name: 'EU-01', availableGpuType: ['RTX 4090'], supportNetworkStorage: true }),
    ).toEqual({
      id: '5',
      name: 'EU-01',
      availableGpuTypes: ['RTX 4090'],
      supportsNetworkStorage: true,
      supportsInstanceNetwork: false,
    });
    expect(() => readCluster({ name: 'EU-01' })).toThrow(UnreadableItemError);
  });
});

describe('templates', () => {
  it('reads the whole of it', () => {
    const template = readTemplate({
      Id: '212',
      name: 'comfy',
      channel: 'private',
      image: 'registry.example/comfy:1',
      imageAuth: '0f9e',
      startCommand: 'python main.py',
      entrypoint: '/bin/sh',
      rootfsSize: 80,
      ports: [
        { type: 'http', ports: [80, 8080, 'x'] },
        { type: 'tcp', ports: ['22'] },
        { type: 'udp', ports: [53] },
      ],
      envs: [{ key: 'A', value: '1' }],
      tools: [
        { name: 'Jupyter', describe: 'notebooks', port: 8888, type: 'http' },
        { name: 'Broken', port: 0, type: 'http' },
      ],
      volumes: [{ type: 'network', size: 50, mountPath: '/network' }],
      minCudaVersion: '12.4',
    });
    expect(template).toEqual({
      id: '212',
      name: 'comfy',
      channel: 'private',
      image: 'registry.example/comfy:1',
      imageAuthId: '0f9e',
      startCommand: 'python main.py',
      entrypoint: '/bin/sh',
      rootfsSize: 80,
      ports: [
        { port: 80, type: 'http' },
        { port: 8080, type: 'http' },
        { port: 22, type: 'tcp' },
      ],
      envs: [{ key: 'A', value: '1' }],
      tools: [{ name: 'Jupyter', port: 8888, type: 'http' }],
      volumes: [{ type: 'network', sizeGb: 50, mountPath: '/network' }],
      minCudaVersion: '12.4',
    });
  });
});

describe('what the account keeps for its instances', () => {
  it('leaves the password of a registry login behind', () => {
    const auth = readRegistryAuth({ id: 'r', name: 'hub', username: 'me', password: 'clear text' });
    expect(auth).toEqual({ id: 'r', name: 'hub', username: 'me' });
  });

  it('reads storages', () => {
    const storage = { storageId: 's', storageName: 'data', storageSize: '50', clusterId: '5', price: '100' };
    expect(readNetworkStorage(storage)).toEqual({
      id: 's',
      name: 'data',
      sizeGb: 50,
      clusterId: '5',
      clusterName: null,
    });
  });
});
