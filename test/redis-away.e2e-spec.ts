import { type CuttingProxy, startCuttingProxy } from '@app/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisLosesItsData } from './suites/redis-data-loss.js';
import type { ApiClient, InstanceView } from './support/api-client.js';
import { closePages, openBrowser } from './support/browser.js';
import { Fleet } from './support/fleet.js';
import { FleetPage } from './support/fleet-page.js';
import { killRedis } from './support/redis-outage.js';
import { until } from './support/until.js';

let fleet: Fleet;
/** Before the second API. */
let proxy: CuttingProxy;

const path = (id: string, rest = ''): string => `/api/v1/instances/${id}${rest}`;
const KEEPS_DATA = ['--appendonly', 'yes', '--appendfsync', 'always'];

async function create(client: ApiClient, names: readonly string[]): Promise<readonly InstanceView[]> {
  await until('the catalogue is read', async () => {
    const answer = await client.request('POST', '/api/v1/instances', { ...WANTED, name: `probe-${Date.now()}` });
    return answer.status === 201;
  });
  const made = await Promise.all(names.map((name) => client.create({ ...WANTED, name })));
  return Promise.all(made.map(({ id }) => hasStatus(client, id, 'ready')));
}

const WANTED = { productName: 'RTX 4090 24GB', image: 'nginx:1.27' };

async function hasStatus(client: ApiClient, id: string, status: string): Promise<InstanceView> {
  return until(`${id} is ${status}`, async () => {
    const view = await client.get(id);
    return view.status === status && view;
  });
}

async function readsFrom(client: ApiClient, source: 'memory' | 'redis'): Promise<void> {
  await until(`its reads are from ${source}`, async () => {
    const { headers } = await client.request('GET', '/api/v1/instances?limit=1');
    return headers.get('x-data-source') === source;
  });
}

/** Each API has taken the end of Redis in. */
const areAway = async (): Promise<void> => {
  for (const client of fleet.clients) await readsFrom(client, 'memory');
};

const areBack = async (): Promise<void> => {
  for (const client of fleet.clients) await readsFrom(client, 'redis');
};

const hasEmptyJournal = (client: ApiClient): Promise<boolean> =>
  until('its journal is empty', async () => (await metric(client, 'novita_fleet_journal_entries')) === 0);

async function listed(client: ApiClient): Promise<{ readonly instances: readonly InstanceView[] }> {
  return (await client.request<{ instances: readonly InstanceView[] }>('GET', '/api/v1/instances?limit=50')).body;
}

/** What the sandbox holds, which no process of ours shows. */
function atNovita(novitaId: string | undefined): string {
  return fleet.sandbox.world.instances().find(({ id }) => id === novitaId)?.status ?? 'none';
}

async function metric(client: ApiClient, name: string): Promise<number> {
  const { body } = await client.request<{ text: string }>('GET', '/metrics');
  const line = body.text.split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

/** Two APIs, of which the first is the worker too and the second can be cut off alone. */
beforeAll(async () => {
  fleet = await Fleet.start({ apis: 0, workers: 0, standalones: 1, redis: KEEPS_DATA });
  proxy = await startCuttingProxy(fleet.redis.port);
  await fleet.addApi({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
});
afterAll(async () => {
  await fleet?.stop();
  await proxy?.close();
});

describe('an API that alone is cut off from Redis', () => {
  it('does not carry out a stop that Novita refused until somebody had started the instance elsewhere', async () => {
    const [well, cutOff] = fleet.clients as [ApiClient, ApiClient];
    const [made] = (await create(well, ['training'])) as [InstanceView];
    await until('the other API knows it', async () => (await cutOff.get(made.id)).status === 'ready');
    proxy.silenceWhere(() => true);
    proxy.silence();
    await readsFrom(cutOff, 'memory');

    const fault = fleet.sandbox.faults.add({
      operation: 'stopInstance',
      kind: 'error',
      status: 500,
      reason: 'UNKNOWN',
      message: 'no',
    });
    const stop = await cutOff.request<InstanceView>('POST', path(made.id, '/stop'));
    expect([stop.status, stop.body.status]).toEqual([202, 'stopping']);
    await until('the stop was refused', async () => fleet.sandbox.world.calls('stopInstance') > 0);
    expect((await well.request('POST', path(made.id, '/restart'))).status).toBe(202);
    await until('the cut-off API sees that it was started again', async () => {
      const { desired, status } = await cutOff.get(made.id);
      return desired === 'running' && ['starting', 'running'].includes(status);
    });
    const stops = fleet.sandbox.world.calls('stopInstance');
    fleet.sandbox.faults.clear(fault);
    await hasStatus(well, made.id, 'ready');

    proxy.silenceWhere(() => false);
    await readsFrom(cutOff, 'redis');
    await hasEmptyJournal(cutOff);
    const auditLog = await well.request<{ entries: readonly { reason: string }[] }>('GET', path(made.id, '/events'));
    expect(auditLog.body.entries.map(({ reason }) => reason)).toContainEqual(
      expect.stringMatching(/^stop was asked for while Redis was away: (?:something newer|not carried out)/),
    );
    for (const client of [well, cutOff]) {
      expect(await client.get(made.id)).toMatchObject({ status: 'ready', desired: 'running' });
    }
    expect(fleet.sandbox.world.calls('stopInstance')).toBe(stops);
    // A stop that is asked for now is newer than that start.
    expect((await cutOff.request('POST', path(made.id, '/stop'))).status).toBe(202);
    await hasStatus(well, made.id, 'stopped');
  });
});

redisLosesItsData(() => fleet);

/** Each test leaves Redis and the fleet well, but for the last. */
describe('while Redis is away', () => {
  it('ends what is to be ended straight at Novita, refuses what begins a bill, and all agrees when Redis is back', async () => {
    const [one, two] = fleet.clients as [ApiClient, ApiClient];
    for (const client of fleet.clients) await hasEmptyJournal(client);
    const [toStop, toDelete, used, leased] = (await create(one, ['to-stop', 'to-delete', 'used', 'leased'])) as [
      InstanceView,
      InstanceView,
      InstanceView,
      InstanceView,
    ];
    await until('the other API knows them', async () => (await two.get(leased.id)).status === 'ready');
    const bought = fleet.sandbox.world.instances().length;
    await killRedis(fleet);
    await areAway();
    const askedAt = new Date().toISOString();

    const stop = await one.request<InstanceView>('POST', path(toStop.id, '/stop'), undefined, {
      'idempotency-key': 'stop-while-away',
    });
    const takenBy = Date.now();
    expect([stop.status, stop.body.status, stop.body.desired]).toEqual([202, 'stopping', 'stopped']);
    expect(stop.headers.get('x-data-source')).toBe('memory');
    const remove = await two.request<InstanceView>('POST', '/api/v1/instances/delete', { instanceName: 'to-delete' });
    expect([remove.status, remove.body.status, remove.body.desired]).toEqual([202, 'deleting', 'deleted']);
    const usedAt = new Date().toISOString();
    const use = await one.request('PUT', path(used.id, '/last-used'), { lastUsedAt: usedAt });
    expect([use.status, use.body['lastUsedAt']]).toEqual([202, usedAt]);
    const until9 = new Date(Date.now() + 3_600_000).toISOString();
    const lease = await one.request<InstanceView>('PUT', path(leased.id, '/lease'), {
      until: until9,
      reason: 'training',
    });
    expect([lease.status, lease.body['autoStop']]).toEqual([
      202,
      expect.objectContaining({ lease: expect.anything() }),
    ]);

    const waits: number[] = [];
    for (const [method, where, body] of [
      ['POST', '/api/v1/instances', { ...WANTED, name: 'not-now' }],
      ['POST', path(toStop.id, '/start'), undefined],
      ['PATCH', path(used.id), { autoStop: { enabled: false } }],
      ['POST', '/api/v1/instances/sync', undefined],
    ] as const) {
      const begun = performance.now();
      const refused = await one.request(method, where, body, { 'if-match': '*', 'idempotency-key': `k${where}` });
      expect([method, where, refused.status, refused.body['code'], refused.body['retryable']]).toEqual([
        method,
        where,
        503,
        'degraded',
        true,
      ]);
      expect(refused.headers.get('retry-after')).toBe('5');
      waits.push(performance.now() - begun);
    }
    // None waits for Redis, which the quickest of them shows whatever else the machine does.
    expect(Math.min(...waits)).toBeLessThan(1_000);
    const unknown = await one.request('POST', path('ins_00000000000000000000000000', '/stop'));
    expect([unknown.status, unknown.body['retryable']]).toEqual([503, true]);

    await hasStatus(one, toStop.id, 'stopped');
    await hasStatus(two, toDelete.id, 'terminated');
    expect(atNovita(toStop.novitaInstanceId)).toBe('exited');
    expect(['removed', 'none']).toContain(atNovita(toDelete.novitaInstanceId));
    // What is known here may be old: somebody may have started it since. It is looked at, and nothing is sent.
    const again = await one.request<InstanceView>('POST', path(toStop.id, '/stop'));
    expect(again.status).toBe(202);
    expect(await metric(one, 'novita_fleet_journal_entries')).toBe(4);

    await fleet.redis.start();
    await areBack();
    for (const client of fleet.clients) {
      await until('it is as asked for, and confirmed', async () => {
        const [stopped, gone] = await Promise.all([client.get(toStop.id), client.get(toDelete.id)]);
        return (
          stopped.status === 'stopped' &&
          stopped.confirmedAt !== null &&
          gone.status === 'terminated' && [stopped, gone]
        );
      });
      await hasEmptyJournal(client);
      expect((await client.get(used.id))['lastUsedAt']).toBe(usedAt);
      expect((await client.get(leased.id))['autoStop']).toMatchObject({ lease: { reason: 'training' } });
    }
    const auditLog = await one.request<{ entries: readonly { at: string; reason: string; by: string }[] }>(
      'GET',
      path(toStop.id, '/events'),
    );
    const lines = auditLog.body.entries.filter(({ reason }) =>
      reason.startsWith('stop was asked for while Redis was away:'),
    );
    expect(lines).toHaveLength(2);
    expect(lines.at(-1)?.by).toBe('user:ops');
    expect(Date.parse(lines.at(-1)?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(askedAt));
    expect(Date.parse(lines.at(-1)?.at ?? '')).toBeLessThanOrEqual(takenBy);
    expect(fleet.sandbox.world.instances().length).toBe(bought);
    // What nobody asked about runs on.
    for (const { novitaInstanceId } of [used, leased]) expect(atNovita(novitaInstanceId)).toBe('running');
  });

  it('shows on the page that a stop and a delete are taken and carried out, and says why a start is not', async () => {
    const [, , idle] = (await create(fleet.api, ['page-stop', 'page-delete', 'idle'])) as InstanceView[];
    await fleet.api.request('POST', path(idle?.id ?? '', '/stop'));
    await hasStatus(fleet.api, idle?.id ?? '', 'stopped');
    const browser = await openBrowser();
    try {
      const view = await FleetPage.open(browser, fleet.api.url);
      await view.hasStatus('idle', 'Stopped');
      await killRedis(fleet);
      await areAway();
      const statuses = await view.watchStatus('page-stop');
      await view.command('page-stop', 'Stop');
      await view.toast(/page-stop: Stop accepted/).waitFor();
      const dialog = view.dialog('Delete page-delete?');
      const deleted = await view.watchStatus('page-delete');
      await view.command('page-delete', 'Delete…');
      await dialog.getByLabel('Type page-delete to confirm').fill('page-delete');
      await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
      await view.command('idle', 'Start');
      await view.warned(/idle: Redis is away, so this cannot be done/).waitFor();
      await view.hasStatus('idle', 'Stopped');
      // By what was seen at Novita.
      await view.hasStatus('page-stop', 'Stopped');
      // Each for a moment or longer, as fast as Novita was.
      expect((await statuses()).some((words) => words.startsWith('Stopping'))).toBe(true);
      await until('the delete is under way', async () =>
        (await deleted()).some((words) => words.startsWith('Deleting')),
      );
      await fleet.redis.start();
      await areBack();
      await view.command('page-stop', 'Start');
      await view.hasStatus('page-stop', 'Ready');
      await view.isGone('page-delete');
      const { instances } = await listed(fleet.api);
      expect(instances.filter(({ desired }) => desired === 'running').map(({ name }) => name)).toContain('page-stop');
    } finally {
      await closePages(browser);
    }
  });

  it('is carried out by the next API when the one that took it was killed', async () => {
    // Another one would take its journal over.
    fleet.clients.splice(1);
    await Promise.all(fleet.apis.splice(1).map((other) => other.end('SIGTERM')));
    const [victim] = (await create(fleet.api, ['victim'])) as [InstanceView];
    await killRedis(fleet);
    await areAway();
    // Novita does not answer, so that nothing is done about it before the end.
    fleet.sandbox.faults.add({ kind: 'reset', operation: '*' });
    expect((await fleet.api.request('POST', path(victim.id, '/stop'))).status).toBe(202);
    await fleet.apis[0]?.end('SIGKILL');
    fleet.sandbox.faults.clear();
    expect(atNovita(victim.novitaInstanceId)).toBe('running');
    await fleet.redis.start();
    await fleet.addStandalone({ PORT: new URL(fleet.api.url).port });
    const stopped = await hasStatus(fleet.api, victim.id, 'stopped');
    expect(stopped['desiredBy']).toBe('user:ops');
    expect(atNovita(victim.novitaInstanceId)).toBe('exited');
    await hasEmptyJournal(fleet.api);
  });
});
