import { type Fault, type FaultKind, type Sandbox, startSandbox } from '@app/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Body, CheckedClient, ORDER } from './checked-client.js';

let sandbox: Sandbox;
let client: CheckedClient;

beforeEach(async () => {
  sandbox = await startSandbox({ instances: 25, speed: 0 });
  client = new CheckedClient(sandbox);
});
afterEach(() => sandbox.close());

const add = (fault: Fault): string => sandbox.faults.add(fault);
const ids = (): string[] => sandbox.world.instances().map(({ id }) => id);
const page = (pageNum: number) => client.listed({ pageSize: 10, pageNum });
const pages = () => Promise.all([1, 2, 3].map(page));
const anyRunning = (): string => sandbox.world.instances().find(({ status }) => status === 'running')?.id ?? '';
const running = async (changes = {}): Promise<string> => {
  const id = await client.create(changes);
  sandbox.world.advance(100);
  return id;
};
/** Whether the call has no answer after a while. */
const hangs = async (operation: string, body: unknown = {}): Promise<boolean> => {
  const outcome = client.send(operation, { body, signal: AbortSignal.timeout(150) });
  return outcome.then(
    () => false,
    (error: unknown) => (error as Error).name === 'TimeoutError',
  );
};
/** Of the days that are over: they do not grow meanwhile. */
const bills = async (): Promise<Body[]> => {
  const endTime = Math.floor(Date.now() / 86_400_000) * 86_400 - 1;
  const query = { cycleType: 'Day', productCategory: 'gpu', startTime: endTime - 3 * 86_400 + 1, endTime };
  return (await client.ok('listUsageBills', { query }))['bills'] as Body[];
};
const made = (): number => sandbox.world.instances().length - 25;
const endpointOf = async (id: string): Promise<string> => {
  const body = await client.ok('getInstance', { query: { instanceId: id } });
  return (body['portMappings'] as readonly { endpoint: string }[])[0]?.endpoint ?? '';
};

/** One behaviour per kind at least; the type makes sure that no kind is forgotten. */
const CASES: Readonly<Record<FaultKind, () => Promise<void>>> = {
  latency: async () => {
    add({ kind: 'latency', ms: 120, operation: 'getBalance' });
    const begun = performance.now();
    await client.ok('getBalance');
    expect(performance.now() - begun).toBeGreaterThan(110);
  },

  error: async () => {
    add({ kind: 'error', status: 503, reason: 'BUSY', message: 'later', retryAfterSeconds: 7, times: 2 });
    const response = await client.send('createInstance', { body: ORDER });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toEqual({ code: 503, reason: 'BUSY', message: 'later', metadata: {} });
    expect((await client.send('createInstance', { body: ORDER })).status).toBe(503);
    expect(made()).toBe(0);
    await client.create();
    expect(made()).toBe(1);
  },

  'succeed-then-500': async () => {
    add({ kind: 'succeed-then-500', operation: 'createInstance', times: 1 });
    const { status, body } = await client.call('createInstance', { body: ORDER });
    expect({ status, reason: body['reason'] }).toEqual({ status: 500, reason: 'UNKNOWN' });
    expect(made()).toBe(1);
    expect(sandbox.world.callLog().at(-1)).toMatchObject({ status: 500, instanceId: ids()[0] });
  },

  'succeed-then-hang': async () => {
    add({ kind: 'succeed-then-hang', operation: 'createInstance', times: 1 });
    expect(await hangs('createInstance', ORDER)).toBe(true);
    await expect.poll(made).toBe(1);
    expect(sandbox.world.callLog().at(-1)).toMatchObject({ status: null, instanceId: ids()[0] });
  },

  hang: async () => {
    add({ kind: 'hang', operation: 'createInstance', times: 1 });
    expect(await hangs('createInstance', ORDER)).toBe(true);
    await expect.poll(() => sandbox.world.calls('createInstance')).toBe(1);
    expect(made()).toBe(0);
  },

  reset: async () => {
    add({ kind: 'reset', operation: 'createInstance', times: 1 });
    await expect(client.send('createInstance', { body: ORDER })).rejects.toThrow('fetch failed');
    expect(made()).toBe(0);
    add({ kind: 'reset', operation: 'createInstance', times: 1, afterEffect: true });
    await expect(client.send('createInstance', { body: ORDER })).rejects.toThrow('fetch failed');
    expect(made()).toBe(1);
  },

  malformed: async () => {
    add({ kind: 'malformed', operation: 'createInstance', times: 1 });
    const html = await client.send('createInstance', { body: ORDER });
    expect([html.status, html.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(made()).toBe(1);
    add({ kind: 'malformed', body: 'truncated', operation: 'listInstances', times: 1 });
    await expect((await client.send('listInstances')).json()).rejects.toThrow('JSON');
    add({ kind: 'malformed', body: 'item', times: 1 });
    await expect(client.call('listInstances')).rejects.toThrow('/instances/5');
    expect((await client.listed()).ids).toHaveLength(10);
  },

  'list-lag': async () => {
    sandbox.world.setSpeed(1);
    const before = ids();
    const old = anyRunning();
    add({ kind: 'list-lag', ms: 60_000 });
    const id = await client.create({ name: 'lagging' });
    await client.ok('deleteInstance', { body: { instanceId: old } });
    await expect.poll(() => sandbox.world.instance(old)).toBeUndefined();
    const listed = await client.listed({ pageSize: 100 });
    expect(listed).toEqual({ ids: before, total: 25 });
    expect((await client.listed({ name: 'lagging' })).ids).toEqual([]);
    expect((await client.listed({ pageSize: 100, status: 'running' })).ids).toContain(old);
    expect(await client.status(id)).toBeTypeOf('string');
    sandbox.faults.clear();
    expect((await client.listed({ name: 'lagging' })).ids).toEqual([id]);
  },

  'page-drift': async () => {
    const all = ids();
    add({ kind: 'page-drift' });
    const gone = await pages();
    expect(gone.flatMap((part) => part.ids)).toEqual([...all.slice(0, 10), ...all.slice(11, 21), ...all.slice(21)]);
    expect(gone.map(({ total }) => total)).toEqual([25, 24, 24]);
    sandbox.faults.clear();
    add({ kind: 'page-drift', direction: 'inserted', times: 1 });
    const come = await page(2);
    expect(come).toEqual({ ids: all.slice(9, 19), total: 26 });
    expect(await page(2)).toEqual({ ids: all.slice(10, 20), total: 25 });
  },

  duplicates: async () => {
    const all = ids();
    add({ kind: 'duplicates' });
    const [first, second] = await pages();
    expect(first).toEqual({ ids: all.slice(0, 10), total: 25 });
    expect(second).toEqual({ ids: [all[9], ...all.slice(11, 20)], total: 25 });
  },

  'empty-list': async () => {
    add({ kind: 'empty-list', times: 1 });
    expect(await page(1)).toEqual({ ids: [], total: 0 });
    expect((await page(1)).total).toBe(25);
    add({ kind: 'empty-list', total: 25 });
    expect(await page(1)).toEqual({ ids: [], total: 25 });
    expect((await client.ok('listClusters'))['data']).not.toEqual([]);
  },

  vanish: async () => {
    const all = ids();
    const [victim = ''] = all;
    add({ kind: 'vanish', ids: [victim] });
    expect(await client.listed({ pageSize: 100 })).toEqual({ ids: all.slice(1), total: 24 });
    expect(await client.refusal('getInstance', { query: { instanceId: victim } })).toContain('RESOURCE_NOT_FOUND');
    expect(await client.refusal('stopInstance', { body: { instanceId: victim } })).toContain('RESOURCE_NOT_FOUND');
    sandbox.faults.clear();
    add({ kind: 'vanish', percent: 40, from: 'lists' });
    expect((await client.listed({ pageSize: 100 })).total).toBe(15);
    for (const id of all) expect(await client.status(id)).toBeTypeOf('string');
    const id = await client.create({ name: 'later' });
    expect((await client.listed({ name: 'later' })).ids).toEqual([id]);
    sandbox.faults.clear();
    expect((await client.listed({ pageSize: 100 })).total).toBe(26);
  },

  late: async () => {
    add({ kind: 'late', listsMs: 3_600_000 });
    const id = await client.create({ name: 'new' });
    expect((await client.listed({ name: 'new' })).ids).toEqual([]);
    expect(await client.status(id)).toBeTypeOf('string');
    expect((await client.listed({ pageSize: 100 })).total).toBe(25);
    sandbox.faults.clear();
    add({ kind: 'late', readsMs: 3_600_000 });
    expect((await client.listed({ name: 'new' })).ids).toEqual([id]);
    expect(await client.refusal('getInstance', { query: { instanceId: id } })).toContain('RESOURCE_NOT_FOUND');
    sandbox.faults.clear();
    expect(await client.status(id)).toBeTypeOf('string');
  },

  stuck: async () => {
    const fault = add({ kind: 'stuck', status: 'pulling', nameContains: 'slow' });
    const slow = await running({ name: 'a-slow-one' });
    const quick = await running({ name: 'quick' });
    sandbox.world.advance(3_600_000);
    expect([await client.status(slow), await client.status(quick)]).toEqual(['pulling', 'running']);
    sandbox.faults.clear(fault);
    expect(await client.status(slow)).toBe('running');
    add({ kind: 'stuck', status: 'running', instanceId: slow });
    await client.ok('stopInstance', { body: { instanceId: slow } });
    sandbox.world.advance(3_600_000);
    expect(await client.status(slow)).toBe('running');
    sandbox.faults.clear();
    sandbox.world.advance(100);
    expect(await client.status(slow)).toBe('exited');
  },

  'fail-start': async () => {
    add({ kind: 'fail-start', message: 'manifest unknown', nameContains: 'bad', times: 1 });
    const bad = await running({ name: 'bad-image' });
    const body = await client.ok('getInstance', { query: { instanceId: bad } });
    expect(body).toMatchObject({ status: 'exited', statusError: { state: 'failed', message: 'manifest unknown' } });
    await client.ok('startInstance', { body: { instanceId: bad } });
    sandbox.world.advance(100);
    const again = await client.ok('getInstance', { query: { instanceId: bad } });
    expect(again).toMatchObject({ status: 'running', statusError: { state: '', message: '' } });
  },

  'spot-reclaim': async () => {
    const id = await running({ billingMode: 'spot' });
    const spot = async (): Promise<unknown[]> => {
      const { status, spotStatus, spotReclaimTime } = await client.ok('getInstance', { query: { instanceId: id } });
      return [status, spotStatus, spotReclaimTime !== '0'];
    };
    expect(await spot()).toEqual(['running', 'running', false]);
    add({ kind: 'spot-reclaim', instanceId: id });
    expect(await spot()).toEqual(['running', 'notified', true]);
    sandbox.world.advance(60);
    expect(await spot()).toEqual(['running', 'reclaiming', true]);
    sandbox.world.advance(20);
    expect(await spot()).toEqual(['exited', 'terminated', true]);
    await client.ok('startInstance', { body: { instanceId: id } });
    sandbox.world.advance(100);
    expect(await spot()).toEqual(['running', 'running', false]);
  },

  'out-of-stock': async () => {
    add({ kind: 'out-of-stock', productId: ORDER.productId });
    expect(await client.refusal('createInstance', { body: ORDER })).toBe(
      '400 INSUFFICIENT_RESOURCE insufficient resource',
    );
    await client.create({ productId: 'l40s.16c96g' });
    const { data } = await client.ok('listProducts', { query: { productName: '4090', clusterId: '1' } });
    expect(data).toMatchObject([{ availableDeploy: true }]);
    sandbox.faults.clear();
    const id = await running();
    await client.ok('stopInstance', { body: { instanceId: id } });
    sandbox.world.advance(100);
    add({ kind: 'out-of-stock', times: 2 });
    const body = { instanceId: id };
    expect(await client.refusal('startInstance', { body })).toContain('400 INSUFFICIENT_RESOURCE');
    expect(await client.refusal('migrateInstance', { body })).toContain('400 MIGRATE_INSUFFICIENT_RESOURCE');
    await client.ok('startInstance', { body });
  },

  'migrate-elsewhere': async () => {
    const id = await running({ billingMode: 'spot' });
    add({ kind: 'spot-reclaim', instanceId: id });
    sandbox.world.advance(100);
    add({ kind: 'migrate-elsewhere', times: 1 });
    const { newInstanceId } = await client.ok('migrateInstance', { body: { instanceId: id } });
    expect(newInstanceId).not.toBe(id);
    expect(sandbox.world.instance(id)?.status).toBe('exited');
    expect(sandbox.world.instance(String(newInstanceId))).toMatchObject({
      status: 'migrating',
      name: sandbox.world.instance(id)?.name,
    });
    sandbox.world.advance(100);
    expect(sandbox.world.instance(String(newInstanceId))?.status).toBe('running');
    const { jobs } = await client.ok('listJobs');
    expect(jobs).toMatchObject([{ type: 'instanceMigrate', instanceId: id, state: { state: 'success' } }]);
  },

  'out-of-balance': async () => {
    const fault = add({ kind: 'out-of-balance' });
    expect(await client.refusal('createInstance', { body: ORDER })).toBe('400 BALANCE_NOT_ENOUGH balance not enough');
    expect(await client.ok('getBalance')).toMatchObject({ availableBalance: '0' });
    sandbox.faults.clear(fault);
    await client.create();
    expect(made()).toBe(1);
  },

  'rate-limit': async () => {
    add({ kind: 'rate-limit', perSecond: 3, retryAfterSeconds: 1 });
    const begun = Math.floor(Date.now() / 1_000);
    const answers = await Promise.all(Array.from({ length: 40 }, () => client.call('getBalance')));
    // Three for every second of the clock that they took.
    const seconds = Math.floor(Date.now() / 1_000) - begun + 1;
    const passed = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 429);
    expect(passed.length).toBeGreaterThanOrEqual(3);
    expect(passed.length).toBeLessThanOrEqual(3 * seconds);
    expect(refused[0]?.body).toMatchObject({ reason: 'RATE_LIMIT_EXCEEDED' });
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    await expect.poll(async () => (await client.call('getBalance')).status, { timeout: 5_000 }).toBe(200);
  },

  'unknown-member': async () => {
    add({ kind: 'unknown-member', member: 'newest', operation: 'listClusters', times: 1 });
    const more = (await (await client.send('listClusters')).json()) as { data: Record<string, unknown>[] };
    expect(more.data.every((cluster) => cluster['newest'] === 'new')).toBe(true);
    expect((await client.ok('listClusters'))['data']).not.toEqual(more.data);
    add({ kind: 'unknown-member', member: 'newest', operation: 'getBalance' });
    expect(await client.ok('getBalance')).toMatchObject({ newest: 'new' });
  },

  'bill-late': async () => {
    const before = await bills();
    expect(before.length).toBeGreaterThan(0);
    add({ kind: 'bill-late', hours: 48 });
    expect((await bills()).length).toBeLessThan(before.length);
  },

  'bill-missing-day': async () => {
    const day = (startTime: unknown): string => new Date(Number(startTime) * 1_000).toISOString().slice(0, 10);
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const before = (await bills()).length;
    add({ kind: 'bill-missing-day', day: yesterday });
    const after = await bills();
    expect(after.length).toBeLessThan(before);
    expect(after.every(({ startTime }) => day(startTime) !== yesterday)).toBe(true);
  },

  'bill-unit': async () => {
    const [before] = await bills();
    add({ kind: 'bill-unit', factor: 100 });
    const [after] = await bills();
    expect(Number(after?.['amount']) / Number(before?.['amount'])).toBeCloseTo(100, 0);
    expect(after?.['payAmountDisplay']).toBe(before?.['payAmountDisplay']);
  },

  'bill-charges': async () => {
    const [before] = await bills();
    add({ kind: 'bill-charges', percent: 150 });
    const [after] = await bills();
    expect(Number(after?.['amount']) / Number(before?.['amount'])).toBeCloseTo(1.5, 2);
    expect(Number(after?.['payAmountDisplay'])).toBeGreaterThan(Number(before?.['payAmountDisplay']));
  },

  'port-silent': async () => {
    const id = await running();
    const url = await endpointOf(id);
    expect((await fetch(url)).status).toBe(200);
    const fault = add({ kind: 'port-silent', instanceId: id, port: 8080 });
    expect((await fetch(url)).status).toBe(503);
    expect(await client.status(id)).toBe('running');
    sandbox.faults.clear(fault);
    add({ kind: 'port-silent', instanceId: id, answer: 'nothing' });
    await expect(fetch(url, { signal: AbortSignal.timeout(150) })).rejects.toThrow('timeout');
    const other = await endpointOf(await running());
    expect((await fetch(other)).status).toBe(200);
  },
};

describe('a fault of kind', () => {
  it.each(Object.entries(CASES))('%s does what it says', async (_, behaves) => {
    expect.hasAssertions();
    await behaves();
  });
});

describe('faults', () => {
  it('strike only what they name', async () => {
    const error = { kind: 'error', status: 500, reason: 'UNKNOWN', message: 'm' } as const;
    const [one = '', other = ''] = ids();
    add({ ...error, operation: 'getInstance', instanceId: one });
    expect((await client.call('getInstance', { query: { instanceId: one } })).status).toBe(500);
    expect((await client.call('getInstance', { query: { instanceId: other } })).status).toBe(200);
    add({ ...error, operation: 'createInstance', nameContains: 'doomed' });
    expect((await client.call('createInstance', { body: { ...ORDER, name: 'so-doomed-it-is' } })).status).toBe(500);
    await client.create({ name: 'blessed' });
    add({ ...error, operation: 'listInstances', page: 3 });
    const query = (pageNum: number) => ({ query: { pageSize: '10', pageNum: String(pageNum) } });
    expect((await client.call('listInstances', query(3))).status).toBe(500);
    expect((await client.call('listInstances', query(2))).status).toBe(200);
    expect((await client.call('listInstances')).status).toBe(200);
  });

  it('are used up after so many strikes, and count them', async () => {
    const id = add({ kind: 'latency', ms: 0, times: 2, operation: 'getBalance' });
    await client.ok('listClusters');
    await client.ok('getBalance');
    expect(sandbox.faults.list()).toMatchObject([{ id, strikes: 1 }]);
    await client.ok('getBalance');
    expect(sandbox.faults.list()).toEqual([]);
  });

  it('are all cleared at once, or one by its id', () => {
    const first = add({ kind: 'hang' });
    add({ kind: 'hang' });
    expect(sandbox.faults.clear(first)).toBe(1);
    expect(sandbox.faults.clear(first)).toBe(0);
    expect(sandbox.faults.clear()).toBe(1);
  });

  it('do not keep the sandbox from closing', async () => {
    add({ kind: 'hang', operation: 'getBalance' });
    add({ kind: 'latency', ms: 600_000, operation: 'listClusters' });
    const open = ['getBalance', 'listClusters'].map((operation) => client.send(operation));
    const ended = Promise.allSettled(open);
    await expect.poll(() => sandbox.world.calls()).toBe(2);
    await sandbox.close();
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('show a failed migration in its job', async () => {
    const id = await running();
    await client.ok('stopInstance', { body: { instanceId: id } });
    sandbox.world.advance(100);
    add({ kind: 'fail-start', operation: 'migrateInstance', message: 'node is gone' });
    await client.ok('migrateInstance', { body: { instanceId: id } });
    sandbox.world.advance(100);
    expect(await client.status(id)).toBe('exited');
    expect((await client.ok('listJobs'))['jobs']).toMatchObject([
      { instanceId: id, state: { state: 'fail', errorMessage: 'node is gone' } },
    ]);
  });

  it('let a reclaimed instance migrate by itself when it is set so', async () => {
    const id = await running({ billingMode: 'spot' });
    const setting = { instanceId: id, autoMigrateOpen: true, autoMigrateSystemDisk: false };
    await client.ok('setAutoMigrate', { body: setting });
    add({ kind: 'spot-reclaim', instanceId: id });
    sandbox.world.advance(80);
    expect(await client.status(id)).toBe('migrating');
    expect((await client.ok('listJobs', { query: { type: 'autoInstanceMigrate' } }))['total']).toBe(1);
    sandbox.world.advance(100);
    expect(await client.status(id)).toBe('running');
  });
});
