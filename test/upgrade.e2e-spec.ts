import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startRedis } from '@app/testing/servers';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, type InstanceView } from './support/api-client.js';
import { type AuditEntry, AutoStopClient } from './support/auto-stop-client.js';
import { ROOT } from './support/built-process.js';
import { Fleet, OPERATOR_KEY, QUICK } from './support/fleet.js';
import { runProgram } from './support/run-program.js';
import { type ShownInstance, StoredFleet } from './support/stored-fleet.js';
import { SyncClient } from './support/sync-client.js';
import { until } from './support/until.js';

const ADMIN_KEY = 'admin-key-for-tests-only-00';
/** What 0.1 kept of lists, which nothing reads any more. */
const OLD_LISTS = /:by-created:(?!all$)/;
/** At rest, and running at Novita. */
const READY = ['leased', 'used', 'never-stopped', 'monthly', 'spot'] as const;
/** As 0.1 said it of each, and as it has to be said of it now. */
const KEPT = ['name', 'marker', 'origin', 'desired', 'desiredBy', 'novitaInstanceId', 'billingMode', 'image'];

/**
 * An API and a worker of today over all that release 0.1 left in Redis when both of its processes were killed: instances of every kind
 * at rest, and others in the middle of a create, a start, a stop and a delete.
 */
describe('a Redis of release 0.1', () => {
  let stored: StoredFleet;
  let shown: ReadonlyMap<string, ShownInstance>;
  let fleet: Fleet;
  let redis: Redis;
  let admin: ApiClient;

  const old = (name: string): ShownInstance => {
    const instance = shown.get(name);
    if (instance === undefined) throw new Error(`0.1 showed no ${name}`);
    return instance;
  };
  const now = (name: string): Promise<InstanceView> => fleet.api.get(old(name).id);
  const becomes = (name: string, status: string): Promise<InstanceView> =>
    until(`${name} is ${status}`, async () => {
      const instance = await now(name);
      return instance.status === status && instance;
    });
  const atNovita = (name: string) => fleet.sandbox.world.instances().filter((one) => one.name.startsWith(`${name}-nf`));

  beforeAll(async () => {
    stored = await StoredFleet.read('redis-of-0.1.json');
    ({ shown } = stored);
    fleet = await Fleet.start({
      apis: 0,
      workers: 0,
      // A copy is asked for as by a replica, and other replicas are not waited for.
      redis: ['--repl-diskless-sync-delay', '0'],
      env: {
        API_KEYS: `${QUICK['API_KEYS']},root:admin:${ADMIN_KEY}`,
        AUTO_STOP_INTERVAL: '5s',
        SPEND_DAILY_LIMIT_USD: '250',
        SYNC_MISSING_GRACE: '0',
      },
    });
    redis = new Redis(fleet.redis.url);
    stored.putInto(fleet.sandbox);
    await stored.load(redis);
    // In the order in which the upgrade is described.
    await fleet.addApi();
    await fleet.addWorker();
    admin = new ApiClient(fleet.api.url, ADMIN_KEY);
    await new SyncClient(fleet.api).becomes('completed');
  });
  afterAll(async () => {
    redis?.disconnect();
    await fleet?.stop();
  });

  it('is read whole: every instance as it was shown, and nothing set aside', async () => {
    for (const [name, before] of shown) {
      const after = await now(name);
      // One that had no id at Novita yet may have it by now.
      const known = KEPT.filter((member) => before[member] !== undefined);
      for (const member of known) expect([name, member, after[member]]).toEqual([name, member, before[member]]);
      // Novita states it in whole seconds: once it was listed anew, an instance that was made elsewhere has it so.
      expect(
        Math.abs(Date.parse(String(after['createdAt'])) - Date.parse(String(before['createdAt']))),
      ).toBeLessThanOrEqual(1_000);
    }
    const { body } = await admin.request<{ entries: unknown[] }>('GET', '/api/v1/admin/quarantine');
    expect(body.entries).toEqual([]);
    const list = await fleet.api.request('GET', '/api/v1/instances?limit=200&status=all');
    expect(list.headers.get('x-unreadable-instances')).toBeNull();
    expect((list.body['instances'] as InstanceView[]).map(({ id }) => id)).toEqual(
      expect.arrayContaining([...shown.values()].map(({ id }) => id)),
    );
    expect((await fleet.api.request('GET', '/health')).body['status']).not.toBe('error');
  });

  it('keeps leases, uses, settings, addresses and who asked for what', async () => {
    for (const name of READY) expect(await becomes(name, 'ready')).toMatchObject({ desired: 'running' });
    const leased = await now('leased');
    expect(leased['autoStop']).toMatchObject({ lease: { reason: 'training run 42', until: leaseOf(old('leased')) } });
    expect(leased['lastUsedAt']).toBe(old('leased')['lastUsedAt']);
    expect(leased['envs']).toEqual([{ key: 'MODEL', value: 'llama' }]);
    const used = await now('used');
    expect([used['lastUsedAt'], used['autoStopAt']]).toEqual([old('used')['lastUsedAt'], old('used')['autoStopAt']]);
    expect(used['webhookUrl']).toBe('https://hooks.example.com/used');
    expect((await now('never-stopped'))['autoStop']).toMatchObject({ enabled: false });
    expect(await now('stopped-by-hand')).toMatchObject({ status: 'stopped', desiredBy: 'user:ops' });
    expect(await now('stopped-as-idle')).toMatchObject({ status: 'stopped', desiredBy: 'auto-stop' });
    expect(await now('deleted')).toMatchObject({ status: 'terminated' });
    expect(await now('failed')).toMatchObject({ status: old('failed').status });
  });

  it('keeps audit logs, what was spent, past syncs, and the answer to a request that is repeated', async () => {
    const client = new AutoStopClient(fleet.api);
    for (const [name, kind] of [
      ['leased', 'lease'],
      ['stopped-as-idle', 'wish'],
      ['stopped-by-hand', 'status'],
    ] as const) {
      const entries = await client.auditLog(old(name).id);
      expect(entries.map((entry: AuditEntry) => entry.kind)).toContain(kind);
      expect(Math.min(...entries.map(({ at }) => Date.parse(at)))).toBeLessThan(
        Date.parse(String(old(name)['observedAt'])),
      );
    }
    const { body } = await fleet.api.request<Spend>('GET', '/api/v1/spend?limit=200');
    // By the month, which seldom ends while a test runs.
    const spent = new Map(body.month.instances.map(({ instanceId, usd }) => [instanceId, usd]));
    expect(stored.spentToday.size).toBeGreaterThan(5);
    for (const [id, usd] of stored.spentToday) expect([id, spent.get(id) ?? 0]).toEqual([id, atLeast(usd)]);
    expect(body.limit).toMatchObject({ dailyUsd: 250 });
    const history = await fleet.api.request<{ runs: { trigger: string }[] }>('GET', '/api/v1/sync/history');
    expect(history.body.runs.map(({ trigger }) => trigger)).toEqual(expect.arrayContaining(['manual', 'startup']));
    const again = await fleet.api.request<InstanceView>(
      'POST',
      '/api/v1/instances',
      { name: 'repeated', productName: 'RTX 4090', image: 'nginx:latest', ports: ['80/http'] },
      { 'idempotency-key': 'once-in-the-first-release' },
    );
    expect([again.status, again.body.id]).toEqual([201, old('repeated').id]);
    expect(atNovita('repeated')).toHaveLength(1);
  });

  it('keeps what was made elsewhere apart: adopted, ignored, or left alone', async () => {
    const orphans = async (query: string): Promise<readonly string[]> => {
      const { body } = await fleet.api.request<{ orphans: { id: string }[] }>(
        'GET',
        `/api/v1/orphans?limit=100${query}`,
      );
      return body.orphans.map(({ id }) => id);
    };
    const elsewhere = [...shown.values()].filter(({ origin }) => origin === 'discovered').map(({ id }) => id);
    const [left, ignored] = [await orphans(''), await orphans('&ignored=true')];
    expect(ignored).toHaveLength(1);
    expect([...left, ...ignored].toSorted()).toEqual(elsewhere.toSorted());
    const adopted = [...shown.values()].filter(({ origin }) => origin === 'adopted');
    expect(adopted).toHaveLength(1);
  });

  it('goes on with what was under way, and buys nothing twice', async () => {
    const { world } = fleet.sandbox;
    // Its answer was lost in 0.1: the instance is found by its marker of the old form.
    expect(await becomes('answer-lost', 'ready')).toMatchObject({ novitaInstanceId: atNovita('answer-lost')[0]?.id });
    expect(atNovita('answer-lost')).toHaveLength(1);
    // Only asked for in 0.1.
    await becomes('not-begun', 'ready');
    expect(atNovita('not-begun')).toHaveLength(1);
    // Stopped by a request that no worker of 0.1 saw.
    await becomes('repeated', 'stopped');
    expect(atNovita('repeated')[0]?.status).toBe('exited');

    expect(await now('starting')).toMatchObject({ status: 'starting', novitaStatus: 'pulling' });
    world.setStatus(atNovita('starting')[0]?.id ?? '', 'running');
    await becomes('starting', 'ready');
    expect((await now('being-stopped')).status).toBe('stopping');
    world.setStatus(atNovita('being-stopped')[0]?.id ?? '', 'exited');
    await becomes('being-stopped', 'stopped');
    expect((await now('being-deleted')).status).toBe('deleting');
    world.vanish(atNovita('being-deleted')[0]?.id ?? '');
    await becomes('being-deleted', 'terminated');
    expect(world.calls('createInstance')).toBe(1);
  });

  it('has stopped nothing that was not to be stopped', async () => {
    const stopped = ['stopped-by-hand', 'stopped-as-idle', 'repeated', 'being-stopped'];
    for (const name of READY) expect([name, atNovita(name)[0]?.status]).toEqual([name, 'running']);
    for (const name of stopped) expect([name, atNovita(name)[0]?.status]).toEqual([name, 'exited']);
    const elsewhere = [...shown.values()].filter(({ origin }) => origin !== 'managed');
    for (const { novitaInstanceId, novitaStatus } of elsewhere) {
      expect(fleet.sandbox.world.instance(String(novitaInstanceId))?.status).toBe(novitaStatus);
    }
  });

  it('leaves no key of the old lists behind, and no job that fails', async () => {
    const keys = await redis.keys('*');
    expect(keys.filter((key) => OLD_LISTS.test(key))).toEqual([]);
    expect(stored.keys.filter((key) => OLD_LISTS.test(key)).length).toBeGreaterThan(3);
    const texts = await Promise.all(
      fleet.workerUrls.map(async (url) =>
        (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${OPERATOR_KEY}` } })).text(),
      ),
    );
    const failures = texts.join('\n').match(/^novita_fleet_job_runs_total\{[^}]*outcome="failed"[^}]*\} [1-9].*$/gm);
    expect(failures).toBeNull();
  });

  it('is copied by the command of docs/operations.md, and read from the copy', async () => {
    const page = await readFile(join(ROOT, 'docs', 'operations.md'), 'utf8');
    const [, command = ''] = /<!-- run by test\/upgrade\.e2e-spec\.ts -->\n```bash\n(.*?)^```$/ms.exec(page) ?? [];
    expect(command).toContain('redis-cli');
    const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-backup-'));
    // redis-cli stands beside the server, wherever that is.
    const PATH = `${dirname(process.env['REDIS_SERVER_BIN'] ?? '')}:${process.env['PATH']}`;
    const made = await runProgram('bash', ['-ec', command], { cwd: folder, env: { PATH, REDIS_URL: fleet.redis.url } });
    expect([made.code, (await stat(join(folder, 'fleet.rdb'))).size]).toEqual([0, atLeast(10_000)]);
    const copy = await startRedis(['--dir', folder, '--dbfilename', 'fleet.rdb', '--appendonly', 'no']);
    const copied = new Redis(copy.url);
    try {
      for (const { id, name } of shown.values()) {
        const document = await copied.hget(`{novita-fleet}:instance:${id}`, 'doc');
        expect(JSON.parse(document ?? 'null')).toMatchObject({ id, name });
      }
      expect(await copied.config('SET', 'appendonly', 'yes')).toBe('OK');
      // Until it is written, the server refuses to end in order.
      await until('the append-only file is there', async () =>
        /aof_rewrite_in_progress:0[^]*aof_last_bgrewrite_status:ok/.test(await copied.info('persistence')),
      );
    } finally {
      copied.disconnect();
      await copy.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

interface Spend {
  readonly month: { readonly instances: readonly { readonly instanceId: string; readonly usd: number }[] };
  readonly limit?: { readonly dailyUsd: number };
}

const leaseOf = (instance: ShownInstance): unknown =>
  (instance['autoStop'] as { readonly lease?: { readonly until: string } }).lease?.until;

/** For `toEqual`: a number that is no less. */
const atLeast = (least: number): unknown => ({
  asymmetricMatch: (value: unknown) => typeof value === 'number' && value >= least - 1e-6,
  toString: () => `at least ${least}`,
});
