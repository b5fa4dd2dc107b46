import { timestampFromMs } from '@app/platform';
import { type FirstPage, type Sandbox, type SandboxOptions, startSandbox } from '@app/sandbox';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type NovitaErrorKind,
  NovitaInsufficientBalanceError,
  NovitaInsufficientResourceError,
  NovitaInvalidStateError,
  NovitaNotFoundError,
  NovitaUnauthorizedError,
} from '../src/novita.errors.js';
import type { ListingVerdict, Page } from '../src/novita.js';
import type { NovitaClient, NovitaClientOptions } from '../src/novita-client.js';
import type { CreateInstanceInput, NovitaInstance, NovitaInstanceId } from '../src/novita-types.js';
import { clientOf, ObservedCalls, TEST_KEY } from './fake-novita.js';

interface Pages<Item> {
  readonly items: readonly Item[];
  readonly verdict: ListingVerdict | null;
}

async function collect<Item>(pages: AsyncIterable<Page<Item>>): Promise<Pages<Item>> {
  const items: Item[] = [];
  let verdict: ListingVerdict | null = null;
  for await (const page of pages) {
    items.push(...page.items);
    verdict = page.verdict;
  }
  return { items, verdict };
}

async function kindOf(call: Promise<unknown>): Promise<NovitaErrorKind | 'none'> {
  try {
    await call;
    return 'none';
  } catch (error) {
    return (error as { kind: NovitaErrorKind }).kind;
  }
}

describe('against the sandbox', () => {
  let sandbox: Sandbox;
  let client: NovitaClient;
  let observed: ObservedCalls;

  const start = async (options: SandboxOptions = {}, clientOptions: Partial<NovitaClientOptions> = {}) => {
    sandbox = await startSandbox({ apiKey: TEST_KEY, ...options });
    observed = new ObservedCalls();
    client = clientOf(sandbox.url, clientOptions, { observer: observed });
    return client.novita;
  };
  afterEach(async () => {
    await client.close(0);
    await sandbox.close();
    // The two know the same members, statuses and reasons.
    if (observed.surprises.length > 0) throw new Error(`not known: ${observed.surprises.join(', ')}`);
  });

  /** Something that can be had. */
  const order = async (): Promise<CreateInstanceInput> => {
    const products = await client.novita.catalogue.gpuProducts({ billingMode: 'onDemand' });
    const product = products.find((each) => each.availableDeploy && each.onDemandUsdPerHour !== null);
    if (product === undefined) throw new Error('nothing in stock');
    return {
      name: 'train-nfx1ABCDEFGHJK',
      kind: 'gpu',
      productId: product.id,
      gpuNum: 1,
      rootfsSize: 60,
      imageUrl: 'nginx:1',
      ports: [{ port: 8080, type: 'http' }],
      envs: [{ key: 'MODE', value: 'fast' }],
      billingMode: 'onDemand',
    };
  };
  const reaches = async (id: NovitaInstanceId, status: string): Promise<NovitaInstance> => {
    await expect.poll(async () => (await client.novita.instances.get(id)).status, { timeout: 10_000 }).toBe(status);
    return client.novita.instances.get(id);
  };

  it('knows that it is one, also with a key that is refused', async () => {
    await start({}, { apiKey: 'another' });
    expect(await kindOf(client.novita.catalogue.clusters())).toBe('unauthorized');
    expect(client.health.sandbox()).toBe(true);
  });

  it('takes an instance through its whole life', async () => {
    const api = await start();
    const { id } = await api.instances.create(await order());
    const running = await reaches(id, 'running');
    expect(running).toMatchObject({
      id,
      name: 'train-nfx1ABCDEFGHJK',
      gpuNum: 1,
      rootfsSize: 60,
      billingMode: 'onDemand',
      envs: [{ key: 'MODE', value: 'fast' }],
      endsAt: null,
      spotStatus: null,
      spotReclaimAt: null,
    });
    expect(running.portMappings.map(({ port, type }) => ({ port, type }))).toEqual([{ port: 8080, type: 'http' }]);
    expect(running.createdAt).not.toBeNull();

    await expect(api.instances.start(id)).rejects.toBeInstanceOf(NovitaInvalidStateError);
    await api.instances.edit(id, { ports: [{ port: 9090, type: 'http' }], expandRootDisk: 10 });
    await api.instances.restart(id);
    await reaches(id, 'running');
    await api.instances.stop(id);
    await reaches(id, 'exited');
    await api.instances.start(id);
    await reaches(id, 'running');
    await api.instances.delete(id);
    await expect.poll(() => kindOf(api.instances.get(id)), { timeout: 10_000 }).toBe('not-found');
    await expect(api.instances.stop(id)).rejects.toBeInstanceOf(NovitaNotFoundError);
  });

  it.each(['both', 'zero', 'one'] satisfies FirstPage[])(
    'lists everything when the first page is %s',
    async (firstPage) => {
      const api = await start({ instances: 57, firstPage }, { pageSize: 10 });
      const { items, verdict } = await collect(api.instances.list({ concurrency: 3 }));
      expect(verdict).toMatchObject({ clean: true, reason: null, total: 57, distinct: 57 });
      const truth = sandbox.world.instances().map((instance) => instance.id);
      expect(new Set(items.map((instance) => instance.id))).toEqual(new Set(truth));
      for (const pages of [
        api.account.jobs(),
        api.catalogue.templates(),
        api.catalogue.networkStorages(),
        api.account.endpoints(),
      ]) {
        expect((await collect<unknown>(pages)).verdict).toMatchObject({ clean: true });
      }
    },
  );

  it.each([
    { kind: 'duplicates' },
    { kind: 'page-drift', direction: 'removed' },
    { kind: 'page-drift', direction: 'inserted' },
    { kind: 'malformed', body: 'item' },
  ] as const)('does not call a list clean with %j', async (fault) => {
    const api = await start({ instances: 35 }, { pageSize: 10 });
    sandbox.faults.add({ ...fault, operation: 'listInstances' });
    const { verdict } = await collect(api.instances.list());
    expect(verdict?.clean).toBe(false);
    expect(verdict?.reason).toEqual(expect.any(String));
  });

  it('finds an instance by the marker in its name', async () => {
    const api = await start({ instances: 30 });
    const { id } = await api.instances.create(await order());
    const { items, verdict } = await collect(api.instances.list({ name: '-nfx1ABCDEFGHJK' }));
    expect(items.map((instance) => instance.id)).toEqual([id]);
    expect(verdict).toMatchObject({ clean: true, total: 1 });
  });

  it('reads the catalogue', async () => {
    const api = await start();
    const clusters = await api.catalogue.clusters();
    expect(clusters.length).toBeGreaterThan(1);
    const products = await api.catalogue.gpuProducts();
    expect(products.some((product) => (product.onDemandUsdPerHour ?? 0) > 0)).toBe(true);
    expect(products.every((product) => (product.onDemandUsdPerHour ?? 0) < 100)).toBe(true);
    expect((await api.catalogue.cpuProducts()).length).toBeGreaterThan(0);
    expect((await api.catalogue.registryAuths()).every((auth) => !('password' in auth))).toBe(true);
    const { items: templates } = await collect(api.catalogue.templates());
    const [template] = templates;
    if (template === undefined) throw new Error('no template');
    expect(await api.catalogue.template(template.id)).toMatchObject({ id: template.id, image: template.image });
    await expect(api.catalogue.template('0&templateId=1')).rejects.toBeInstanceOf(NovitaNotFoundError);
    expect((await api.account.balance()).availableUsd).toBeGreaterThan(0);
  });

  it('reads how busy an instance was', async () => {
    const api = await start();
    const { id } = await api.instances.create(await order());
    await reaches(id, 'running');
    const now = Date.now();
    const metrics = await api.instances.metrics(id, {
      from: timestampFromMs(now - 120_000),
      to: timestampFromMs(now),
      intervalSeconds: 30,
    });
    expect(Object.keys(metrics)).toHaveLength(5);
  });

  it('distinguishes the kinds of errors', async () => {
    const api = await start();
    const wanted = await order();
    await expect(api.instances.get('0000000000000000' as NovitaInstanceId)).rejects.toBeInstanceOf(NovitaNotFoundError);
    expect(await kindOf(api.instances.create({ ...wanted, productId: 'no-such-product' }))).not.toBe('none');
    expect(await kindOf(api.instances.create({ ...wanted, gpuNum: 9 }))).toBe('invalid-request');
    sandbox.faults.add({ kind: 'out-of-stock', times: 1 });
    await expect(api.instances.create(wanted)).rejects.toBeInstanceOf(NovitaInsufficientResourceError);
    sandbox.faults.clear();
    sandbox.faults.add({ kind: 'out-of-balance', times: 1 });
    await expect(api.instances.create(wanted)).rejects.toBeInstanceOf(NovitaInsufficientBalanceError);
    const stranger = clientOf(sandbox.url, { apiKey: 'sk_wrong' });
    await expect(stranger.novita.catalogue.clusters()).rejects.toBeInstanceOf(NovitaUnauthorizedError);
    await stranger.close(0);
  });

  it.each([
    { kind: 'succeed-then-500' },
    { kind: 'succeed-then-hang' },
    { kind: 'reset', afterEffect: true },
    { kind: 'malformed', body: 'truncated' },
  ] as const)('creates one instance and no second with %j', async (fault) => {
    const api = await start({}, { timeoutMs: 300 });
    const wanted = await order();
    sandbox.faults.add({ ...fault, operation: 'createInstance', times: 1 });
    await expect(api.instances.create(wanted)).rejects.toMatchObject({ effectUnknown: true });
    expect(sandbox.world.calls('createInstance')).toBe(1);
    const { items } = await collect(api.instances.list({ name: wanted.name }));
    expect(items).toHaveLength(1);
  });

  it('waits when it asks too often', async () => {
    const api = await start({}, { policies: { deadlineMs: 10_000 } });
    sandbox.faults.add({ kind: 'rate-limit', perSecond: 5, retryAfterSeconds: 1 });
    await Promise.all(Array.from({ length: 12 }, () => api.catalogue.clusters()));
    const refused = sandbox.world.callLog().filter((call) => call.status === 429).length;
    expect(refused).toBeGreaterThan(0);
  });
});
