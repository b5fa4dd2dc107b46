import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type FirstPage, type Sandbox, startSandbox } from '@app/sandbox';
import { afterEach, describe, expect, it } from 'vitest';
import { type Body, CheckedClient } from './checked-client.js';

let sandbox: Sandbox;
let client: CheckedClient;

async function start(firstPage: FirstPage = 'both', instances = 25): Promise<string[]> {
  sandbox = await startSandbox({ instances, firstPage, speed: 0 });
  client = new CheckedClient(sandbox);
  return sandbox.world.instances().map(({ id }) => id);
}
afterEach(() => sandbox.close());

describe('the list of instances', () => {
  it('shows the newest first, all of them over its pages, and the total on each', async () => {
    const ids = await start();
    const pages = await Promise.all([1, 2, 3, 4].map((pageNum) => client.listed({ pageSize: 10, pageNum })));
    expect(pages.flatMap((page) => page.ids)).toEqual(ids);
    expect(pages.map((page) => page.ids.length)).toEqual([10, 10, 5, 0]);
    expect(pages.map(({ total }) => total)).toEqual([25, 25, 25, 25]);
  });

  it.each<[FirstPage, number[]]>([
    ['both', [0, 0, 10]],
    ['zero', [0, 10, 20]],
    ['one', [-1, 0, 10]],
  ])('with the switch on %s begins pages 0, 1 and 2 where it should', async (firstPage, offsets) => {
    const ids = await start(firstPage);
    for (const [pageNum, offset] of offsets.entries()) {
      const page = await client.listed({ pageSize: 10, pageNum });
      expect(page.ids).toEqual(offset === -1 ? [] : ids.slice(offset, offset + 10));
      expect(page.total).toBe(25);
    }
  });

  it('gives ten when no number is given, or one under a wrong name', async () => {
    const ids = await start();
    expect((await client.listed()).ids).toEqual(ids.slice(0, 10));
    expect((await client.listed({ page_size: 100, pageNumber: 2 })).ids).toEqual(ids.slice(0, 10));
    expect((await client.listed({ pageSize: 0 })).ids).toEqual(ids.slice(0, 10));
    expect((await client.listed({ pageSize: 100 })).ids).toEqual(ids);
  });

  it('finds by any part of the name, in any case', async () => {
    await start();
    const id = await client.create({ name: 'Trainer-nff1a20123456789' });
    await client.create({ name: 'Trainer-nff1a29876543210' });
    expect(await client.listed({ name: '-NFF1A20123456789' })).toEqual({ ids: [id], total: 1 });
    expect((await client.listed({ name: 'trainer-nff1a2' })).total).toBe(2);
    expect(await client.listed({ name: 'nobody' })).toEqual({ ids: [], total: 0 });
  });

  it('filters by state and product, by pages of what matches', async () => {
    await start('both', 200);
    const running = sandbox.world.instances().filter(({ status }) => status === 'running');
    const second = await client.listed({ status: 'running', pageSize: 50, pageNum: 2 });
    expect(second).toEqual({ ids: running.slice(50, 100).map(({ id }) => id), total: running.length });
    const h100 = running.filter(({ spec }) => spec.productName === 'H100 SXM 80GB').map(({ id }) => id);
    const found = await client.listed({ status: 'running', productName: 'h100', pageSize: 200 });
    expect(found).toEqual({ ids: h100, total: h100.length });
    expect(h100.length).toBeGreaterThan(0);
  });

  it('forgets the names of what is gone', async () => {
    await start();
    const id = await client.create({ name: 'gone-soon' });
    sandbox.world.vanish(id);
    expect(await client.listed({ name: 'gone-soon' })).toEqual({ ids: [], total: 0 });
  });
});

/** Bytes in use after a garbage collection. */
function liveHeap(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

describe('a fleet of 100,000', () => {
  it('is made in seconds, fits in little memory, and is listed and searched to its end', async () => {
    const before = liveHeap();
    const begun = process.cpuUsage();
    sandbox = await startSandbox({ instances: 100_000, speed: 0 });
    client = new CheckedClient(sandbox);
    // Time of the processor, so that a busy machine does not matter.
    expect(process.cpuUsage(begun).user / 1_000).toBeLessThan(20_000);
    expect((liveHeap() - before) / 1_048_576).toBeLessThan(150);
    const ids = sandbox.world.instances().map(({ id }) => id);
    const last = await client.listed({ pageSize: 100, pageNum: 1_000 });
    expect(last).toEqual({ ids: ids.slice(-100), total: 100_000 });
    const { name = '' } = sandbox.world.instance(ids.at(-1) ?? '') ?? {};
    expect(await client.listed({ name })).toEqual({ ids: [ids.at(-1)], total: 1 });
  });
});

describe('other lists', () => {
  it('have page names of their own', async () => {
    await start();
    const all = (await client.ok('listNetworkStorages', { query: { pageSize: 100 } }))['data'] as readonly unknown[];
    const second = await client.ok('listNetworkStorages', { query: { pageSize: 2, pageNo: 2, pageNum: 9 } });
    expect(second).toEqual({ data: all.slice(2, 4), total: all.length });
    const templates = await client.ok('listTemplates', { query: { pageSize: 2, pageNum: 2, channel: 'official' } });
    expect(templates).toMatchObject({ total: 3, pageSize: 2, pageNum: 2, template: [{ Id: '231' }] });
  });

  it('give a bare id or the storage when one is created, as the switch says', async () => {
    await start();
    const order = { body: { clusterId: '1', storageName: 's', storageSize: 10 } };
    expect(await client.ok('createNetworkStorage', order)).toEqual(expect.any(String));
    await sandbox.close();
    sandbox = await startSandbox({ storageCreateAnswer: 'object' });
    expect(await new CheckedClient(sandbox).ok('createNetworkStorage', order)).toMatchObject({ storageName: 's' });
  });

  it('show registry passwords in clear, and a new login only there', async () => {
    await start();
    const added = { name: 'n', username: 'u', password: 'open sesame' };
    expect(await client.ok('createRegistryAuth', { body: added })).toEqual({});
    expect((await client.ok('listRegistryAuths'))['data']).toContainEqual({ ...added, id: expect.any(String) });
  });
});

/** One field of every product that is listed. */
async function products(field: string, query: Record<string, string>): Promise<unknown[]> {
  const { data } = await client.ok('listProducts', { query });
  return (data as readonly Body[]).map((product) => product[field]);
}

describe('the product list', () => {
  it('gives prices as decimal strings, and regions by name', async () => {
    await start();
    const { data } = await client.ok('listProducts', { query: { productName: 'h100' } });
    expect(data).toMatchObject([
      { price: '256000', spotPrice: '0', regions: expect.arrayContaining(['US-01 (Dallas)']), availableDeploy: true },
    ]);
  });

  it('holds only what can be billed as asked, on demand when nothing is asked', async () => {
    await start();
    expect(await products('id', { billingMethod: 'spot' })).not.toContain('h100.sxm.20c240g');
    expect(await products('id', {})).toContain('h100.sxm.20c240g');
    expect(await products('id', { clusterId: '13' })).toEqual(['3090.8c30g', 'l40s.16c96g']);
    expect(await products('id', { minRootFSSize: '4000' })).toEqual(['h100.sxm.20c240g', 'h200.sxm.24c260g']);
  });

  it('says what is sold out, by cluster when asked, and what is in stock again', async () => {
    await start();
    expect(await products('availableDeploy', { productName: '5090' })).toEqual([true]);
    expect(await products('availableDeploy', { productName: '5090', clusterId: '7' })).toEqual([false]);
    expect(await products('availableDeploy', { productName: 'H200' })).toEqual([false]);
    sandbox.world.restock('h200.sxm.24c260g', 4);
    expect(await products('availableDeploy', { productName: 'H200' })).toEqual([true]);
    expect(await products('availableDeploy', { productName: 'H200', gpuNum: '8' })).toEqual([false]);
  });
});
