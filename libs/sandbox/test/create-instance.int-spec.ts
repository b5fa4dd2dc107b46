import { type Sandbox, startSandbox } from '@app/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Body, CheckedClient, ORDER } from './checked-client.js';

let sandbox: Sandbox;
let client: CheckedClient;

beforeAll(async () => {
  sandbox = await startSandbox({ speed: 0 });
  client = new CheckedClient(sandbox);
});
afterAll(() => sandbox.close());

const refusal = (changes: Body): Promise<string> =>
  client.refusal('createInstance', { body: { ...ORDER, ...changes } });
const text = (length: number): string => 'x'.repeat(length);
const ports = (count: number): string => Array.from({ length: count }, (_, index) => `${8000 + index}/http`).join(',');

describe('a create call', () => {
  it('is refused before anything is made', async () => {
    const before = sandbox.world.instances().length;
    await refusal({ gpuNum: 0 });
    expect(sandbox.world.instances()).toHaveLength(before);
  });

  it.each<[string, Body]>([
    ['no product', { productId: '' }],
    ['no image', { imageUrl: '' }],
    ['an image of 501 characters', { imageUrl: text(501) }],
    ['a name of 256 characters', { name: text(256) }],
    ['no kind', { kind: undefined }],
    ['a kind that does not exist', { kind: 'tpu' }],
    ['no GPU', { gpuNum: 0 }],
    ['nine GPUs', { gpuNum: 9 }],
    ['a number of GPUs as a string', { gpuNum: '1' }],
    ['half a GPU', { gpuNum: 0.5 }],
    ['no root disk size', { rootfsSize: undefined }],
    ['a root disk above 6144 GB', { rootfsSize: 6145 }],
    ['a root disk above what the product has', { productId: '3090.8c30g', rootfsSize: 51 }],
    ['ports as objects', { ports: [{ port: 80, type: 'http' }] }],
    ['a port without a type', { ports: '80' }],
    ['a udp port', { ports: '80/udp' }],
    ['port 0', { ports: '0/http' }],
    ['port 65536', { ports: '65536/tcp' }],
    ['port 2222', { ports: '2222/tcp' }],
    ['port 2224', { ports: '80/http,2224/http' }],
    ['one port twice', { ports: '80/http,80/tcp' }],
    ['a 16th port', { ports: ports(16) }],
    ['15 ports and a tool', { ports: ports(15), tools: [{ name: 'Jupyter', port: '8888', type: 'http' }] }],
    ['the port of a tool as a number', { tools: [{ name: 'Jupyter', port: 8888, type: 'http' }] }],
    ['a tool that does not exist', { tools: [{ name: 'Emacs', port: '8888', type: 'http' }] }],
    ['101 envs', { envs: Array.from({ length: 101 }, (_, index) => ({ key: `K${index}`, value: '' })) }],
    ['an env with a key of 512 characters', { envs: [{ key: text(512), value: '' }] }],
    ['an env with a value of 4096 characters', { envs: [{ key: 'K', value: text(4096) }] }],
    ['a command of 2048 characters', { command: text(2048) }],
    ['an entrypoint of 2048 characters', { entrypoint: text(2048) }],
    ['31 network storages', { networkStorages: Array.from({ length: 31 }, () => ({ Id: 'x' })) }],
    ['a billing mode that does not exist', { billingMode: 'prepaid' }],
    ['a cluster where the product is not offered', { clusterId: '7' }],
    ['13 months of renewal', { autoRenewMonth: 13 }],
  ])('with %s is refused as a bad parameter', async (_, changes) => {
    expect(await refusal(changes)).toMatch(/^400 VALIDATOR_PARAM ./);
  });

  it.each<[string, Body, string]>([
    ['a product that does not exist', { productId: 'nope' }, '400 RESOURCE_NOT_FOUND product not found'],
    ['a cluster that does not exist', { clusterId: '99' }, '400 RESOURCE_NOT_FOUND cluster not found'],
    ['an image login that does not exist', { imageAuthId: 'nope' }, '400 RESOURCE_NOT_FOUND image auth not found'],
    [
      'a network storage that does not exist',
      { networkStorages: [{ Id: 'nope' }] },
      '400 NETWORK_STORAGE_NOT_FOUND network storage not found',
    ],
    ['a network that does not exist', { networkId: 'nope' }, '400 NETWORK_NOT_FOUND network not found'],
    [
      'a sold-out cluster',
      { productId: '5090.16c64g', clusterId: '7' },
      '400 INSUFFICIENT_RESOURCE insufficient resource',
    ],
    [
      'a product that is sold out everywhere',
      { productId: 'h200.sxm.24c260g', clusterId: '' },
      '400 INSUFFICIENT_RESOURCE insufficient resource',
    ],
    [
      'a billing mode that the product does not offer',
      { productId: 'h100.sxm.20c240g', billingMode: 'spot' },
      '400 UNSUPPORTED_BILLING_MODE billing mode spot is not offered for this product',
    ],
  ])('with %s is refused by its own reason', async (_, changes, expected) => {
    expect(await refusal(changes)).toBe(expected);
  });

  it('ignores keys that it does not know', async () => {
    const id = await client.create({ env: [{ key: 'A', value: 'b' }], wishes: 3 });
    expect((await client.ok('getInstance', { query: { instanceId: id } }))['envs']).toEqual([]);
  });

  it('refuses a body that is not JSON', async () => {
    const response = await fetch(`${sandbox.url}/gpu-instance/openapi/v1/gpu/instance/create`, {
      method: 'POST',
      headers: { authorization: 'Bearer k' },
      body: '{"name":',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 400, reason: 'REQUEST' });
  });

  it('keeps what was ordered, with numbers as strings where they come so', async () => {
    const { data } = await client.ok('listNetworkStorages', { query: { storageName: 'us-01' } });
    const [storage] = data as readonly Body[];
    const id = await client.create({
      name: 'full',
      gpuNum: 2,
      rootfsSize: 5,
      imageAuthId: 'k3v9x2m7q1w8e5r4t6y0u2i3o9p1a7s5',
      command: 'serve "now"',
      entrypoint: '/bin/sh',
      envs: [{ key: 'A', value: 'b' }],
      tools: [{ name: 'Jupyter', port: '8888', type: 'http' }],
      networkStorages: [{ Id: storage?.['storageId'], mountPoint: '/data' }],
      billingMode: 'spot',
    });
    sandbox.world.advance(80);
    const body = await client.ok('getInstance', { query: { instanceId: id } });
    expect(body).toMatchObject({
      id,
      name: 'full',
      status: 'running',
      gpuNum: '2',
      cpuNum: '32',
      memory: '124',
      rootfsSize: 10,
      clusterId: '1',
      clusterName: 'US-01 (Dallas)',
      command: 'serve "now"',
      entrypoint: '/bin/sh',
      envs: [{ key: 'A', value: 'b' }],
      billingMode: 'spot',
      spotStatus: 'running',
      spotReclaimTime: '0',
      endTime: '-1',
      lastStoppedAt: '0',
      connectComponentJupyter: { port: 8888, isRunning: true },
    });
    expect(body['volumeMounts']).toContainEqual({
      type: 'network',
      size: '100',
      id: storage?.['storageId'],
      mountPath: '/data',
    });
    expect(body['createdAt']).toMatch(/^\d{10}$/);
    expect(body['lastStartedAt']).toMatch(/^\d{10}$/);
  });

  it('may use a name twice', async () => {
    const ids = [await client.create({ name: 'twin' }), await client.create({ name: 'twin' })];
    expect((await client.listed({ name: 'twin' })).ids.toSorted()).toEqual(ids.toSorted());
  });

  it('without a cluster chooses one that has room', async () => {
    const id = await client.create({ productId: '5090.16c64g', clusterId: '' });
    expect(['5', '9']).toContain(sandbox.world.instance(id)?.clusterId);
  });

  it('takes from the stock, and a stop gives back', async () => {
    sandbox.world.restock('l40s.16c96g', 2);
    const order = { productId: 'l40s.16c96g', gpuNum: 2 };
    const id = await client.create(order);
    expect(await refusal(order)).toContain('INSUFFICIENT_RESOURCE');
    sandbox.world.advance(80);
    await client.ok('stopInstance', { body: { instanceId: id } });
    sandbox.world.advance(40);
    const other = await client.create(order);
    expect(await client.refusal('startInstance', { body: { instanceId: id } })).toContain('INSUFFICIENT_RESOURCE');
    await client.ok('deleteInstance', { body: { instanceId: other } });
    sandbox.world.advance(40);
    await client.ok('startInstance', { body: { instanceId: id } });
  });

  it('with months is a subscription, whatever the billing mode says', async () => {
    const id = await client.create({ month: 2, billingMode: 'spot', autoRenew: true });
    const body = await client.ok('getInstance', { query: { instanceId: id } });
    expect(body['billingMode']).toBe('monthly');
    const days = (Number(body['endTime']) - Date.now() / 1_000) / 86_400;
    expect(days).toBeGreaterThan(59.9);
    expect(days).toBeLessThan(60.1);
  });

  it('can ask for a CPU instance', async () => {
    const id = await client.create({ kind: 'cpu', productId: 'cpu.4c8g', gpuNum: undefined, rootfsSize: undefined });
    expect(sandbox.world.instance(id)?.spec).toMatchObject({ kind: 'cpu', cpuNum: 4, memoryGb: 8, rootfsSize: 20 });
  });
});
