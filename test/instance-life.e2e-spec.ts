import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, type InstanceView } from './support/api-client.js';
import { Fleet, VIEWER_KEY } from './support/fleet.js';
import { until } from './support/until.js';

/**
 * Of the workers that take over: nothing hangs for them. A create is sent within a quarter of the grace or not at all, for
 * which a busy machine needs its time.
 */
const SHORT = { NOVITA_TIMEOUT: '5s', CREATE_RETRY_GRACE: '8s' };
const REQUEST = { productName: 'RTX 4090', image: 'nginx' };

let fleet: Fleet;
let first: ApiClient;
let second: ApiClient;

beforeAll(async () => {
  // A call that hangs does so until its worker is killed.
  fleet = await Fleet.start({ apis: 2, workers: 2, env: { NOVITA_TIMEOUT: '15s', CREATE_RETRY_GRACE: '16s' } });
  fleet.sandbox.world.restock();
  [first, second] = fleet.clients as [ApiClient, ApiClient];
});
afterAll(async () => {
  await fleet?.stop();
});

/** Reads until the status is the wanted one; `onRead` sees every read. */
async function reaches(
  id: string,
  status: string,
  onRead: (view: InstanceView) => void = () => undefined,
  client = second,
): Promise<InstanceView> {
  return until(`${id} is ${status}`, async () => {
    const view = await client.get(id);
    onRead(view);
    return view.status === status && view;
  });
}

/** Two APIs and two workers on one Redis: what one accepts, the other shows. */
describe('the life of an instance', () => {
  function truth(view: InstanceView): string | undefined {
    return fleet.sandbox.world.instance(view.novitaInstanceId ?? '')?.status;
  }

  it('goes from creating to ready, stopped, ready again and terminated, and never claims more than Novita said', async () => {
    const created = await first.create({ name: 'whole-life', productName: 'RTX 4090', image: 'nginx:latest' });
    expect(created.status).toBe('creating');
    expect(created.desired).toBe('running');

    const seen = new Set<string>();
    const ready = await reaches(created.id, 'ready', (view) => seen.add(view.status));
    expect(ready.novitaStatus).toBe('running');
    expect(ready.confirmedAt).not.toBeNull();
    expect(truth(ready)).toBe('running');
    expect(
      [...seen].every((status) =>
        ['creating', 'created', 'starting', 'running', 'health_checking', 'ready'].includes(status),
      ),
    ).toBe(true);
    const { body } = await second.request<{ entries: { kind: string }[] }>(
      'GET',
      `/api/v1/instances/${created.id}/events`,
    );
    expect(body.entries.filter(({ kind }) => kind === 'status').length).toBeGreaterThan(2);

    const endpoint = ready.portMappings[0]?.endpoint;
    expect((await fetch(endpoint ?? '')).status).toBe(200);

    const stop = await first.request<InstanceView>('POST', `/api/v1/instances/${created.id}/stop`);
    expect(stop.status).toBe(202);
    expect(stop.body.status).toBe('stopping');
    expect(stop.body.confirmedAt).toBeNull();
    const stopped = await reaches(created.id, 'stopped', (view) => {
      if (view.status === 'stopped') expect(truth(view)).toBe('exited');
      else expect(view.status).toBe('stopping');
    });
    expect(stopped.confirmedAt).not.toBeNull();

    const again = await first.request<InstanceView>('POST', `/api/v1/instances/${created.id}/stop`);
    expect(again.status).toBe(200);

    expect((await second.request('POST', `/api/v1/instances/${created.id}/start`)).status).toBe(202);
    await reaches(created.id, 'ready');

    expect((await first.request('DELETE', `/api/v1/instances/${ready.novitaInstanceId}`)).status).toBe(202);
    const contradiction = await first.request('POST', `/api/v1/instances/${created.id}/start`);
    expect(contradiction.status).toBe(409);
    expect(contradiction.body).toMatchObject({ code: 'instance-busy', instanceStatus: 'deleting' });
    const terminated = await reaches(created.id, 'terminated', (view) => {
      if (view.status === 'terminated') expect(['removed', undefined]).toContain(truth(view));
    });
    expect(terminated['terminatedAt']).toEqual(expect.any(String));
    expect(fleet.sandbox.world.calls('createInstance')).toBe(1);
  });

  it('creates each of many instances exactly once, and by-name commands refuse to guess', async () => {
    const before = fleet.sandbox.world.calls('createInstance');
    const made = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        (i % 2 ? first : second).create({
          name: i < 2 ? 'twin' : `many-${i}`,
          productName: 'RTX 4090',
          image: 'nginx',
        }),
      ),
    );
    await Promise.all(made.map((instance) => reaches(instance.id, 'ready')));
    expect(fleet.sandbox.world.calls('createInstance') - before).toBe(12);

    const byName = await first.request<{ candidates: unknown[] }>('POST', '/api/v1/instances/stop', {
      instanceName: 'twin',
    });
    expect(byName.status).toBe(409);
    expect(byName.body.candidates).toHaveLength(2);

    const dryRun = await first.request<{ data: unknown }>('POST', '/api/instances/stop-all', { dryRun: true });
    expect(dryRun.status).toBe(200);
    expect((await second.get(made[0]?.id ?? '')).status).toBe('ready');

    await first.request('POST', '/api/instances/stop-all', {});
    for (const instance of made) await reaches(instance.id, 'stopped');
    expect(fleet.sandbox.world.instances().filter((instance) => instance.status === 'running')).toHaveLength(0);
  });

  it('shows a viewer the fleet but neither its secrets nor its levers', async () => {
    const secret = 'do-not-show-me';
    const made = await first.create({
      name: 'quiet',
      productName: 'RTX 4090',
      image: 'nginx',
      envs: [{ key: 'TOKEN', value: secret }],
    });
    const viewer = new ApiClient(second.url, VIEWER_KEY);
    const seen = await viewer.request('GET', `/api/v1/instances/${made.id}`);
    expect(seen.status).toBe(200);
    expect(JSON.stringify(seen.body)).not.toContain(secret);
    expect((await viewer.request('DELETE', `/api/v1/instances/${made.id}`)).status).toBe(403);
    expect((await new ApiClient(second.url, null).request('GET', '/api/v1/instances')).status).toBe(401);
    for (const process of [...fleet.apis, ...fleet.workers]) expect(process.output).not.toContain(secret);
    await first.request('DELETE', `/api/v1/instances/${made.id}`);
  });
});

/** Novita says no: each rejection has its own problem, and a later call goes on from where it was left. */
describe('rejections of the provider', () => {
  async function sees(id: string, what: string, holds: (view: InstanceView) => boolean): Promise<InstanceView> {
    return until(`${id}: ${what}`, async () => {
      const view = await fleet.api.get(id);
      return holds(view) && view;
    });
  }

  it.each([
    { fault: 'out-of-stock', status: 400, reason: 'INSUFFICIENT_RESOURCE', code: 'resource-constraints' },
    { fault: 'out of balance', status: 400, reason: 'BALANCE_NOT_ENOUGH', code: 'insufficient-balance' },
    { fault: 'a wrong key', status: 401, reason: 'UNAUTHORIZED', code: 'provider-unauthorized' },
  ])('$fault fails the create by its name, and a later start goes on', async ({ status, reason, code }) => {
    const fault = fleet.sandbox.faults.add({
      operation: 'createInstance',
      kind: 'error',
      status,
      reason,
      message: `no: ${reason}`,
    });
    const made = await fleet.api.create({ name: 'refused', productName: 'RTX 4090', image: 'nginx' });
    const refused = await sees(made.id, `shows ${code}`, (view) => view.lastError?.code === code);
    expect(refused.lastError?.suggestion).toEqual(expect.any(String));
    expect(refused.novitaInstanceId).toBeUndefined();

    fleet.sandbox.faults.clear(fault);
    const start = await fleet.api.request('POST', `/api/v1/instances/${made.id}/start`);
    expect([200, 202]).toContain(start.status);
    const ready = await sees(made.id, 'is ready', (view) => view.status === 'ready');
    expect(ready.lastError).toBeUndefined();
  });

  it('a rate limit is waited out', async () => {
    fleet.sandbox.faults.add({
      operation: 'createInstance',
      kind: 'error',
      status: 429,
      reason: 'RATE_LIMIT_EXCEEDED',
      message: 'slow down',
      retryAfterSeconds: 1,
      times: 2,
    });
    const made = await fleet.api.create({ name: 'patient', productName: 'RTX 4090', image: 'nginx' });
    const ready = await sees(made.id, 'is ready', (view) => view.status === 'ready');
    expect(ready.lastError).toBeUndefined();
  });

  it('an instance that Novita fails to start is failed, says why, and can be deleted', async () => {
    fleet.sandbox.faults.add({ kind: 'fail-start', message: 'image cannot be pulled', nameContains: 'unlucky' });
    const made = await fleet.api.create({ name: 'unlucky', productName: 'RTX 4090', image: 'no/such:image' });
    const failed = await sees(made.id, 'is failed', (view) => view.status === 'failed');
    expect(failed.lastError).toMatchObject({ code: 'startup-failed' });
    expect(failed.lastError?.message).toContain('image cannot be pulled');
    expect((await fleet.api.request('DELETE', `/api/v1/instances/${made.id}`)).status).toBe(202);
    await sees(made.id, 'is terminated', (view) => view.status === 'terminated');
  });

  it('a stop that is refused stays stopping, is retried, and is never shown as stopped', async () => {
    const made = await fleet.api.create({ name: 'stubborn', productName: 'RTX 4090', image: 'nginx' });
    await sees(made.id, 'is ready', (view) => view.status === 'ready');
    const before = fleet.sandbox.world.calls('stopInstance');
    const fault = fleet.sandbox.faults.add({
      operation: 'stopInstance',
      kind: 'error',
      status: 500,
      reason: 'UNKNOWN',
      message: 'no',
    });
    await fleet.api.request('POST', `/api/v1/instances/${made.id}/stop`);
    await until('the stop was tried twice', async () => {
      expect((await fleet.api.get(made.id)).status).toBe('stopping');
      return fleet.sandbox.world.calls('stopInstance') >= before + 2;
    });
    fleet.sandbox.faults.clear(fault);
    await sees(made.id, 'is stopped', (view) => view.status === 'stopped');
  });
});

describe('a worker and an API', () => {
  it('end cleanly on SIGTERM, and the work goes on elsewhere', async () => {
    const made = await first.create({ name: 'handed-over', productName: 'RTX 4090', image: 'nginx' });
    const [leaving] = fleet.workers.splice(0, 1);
    expect(await leaving?.end('SIGTERM')).toBe(0);
    await reaches(made.id, 'ready');
    const [api] = fleet.apis.splice(1, 1);
    expect(await api?.end('SIGTERM')).toBe(0);
  });
});

/**
 * A worker that is killed in the middle of its calls to Novita, and another that takes over: exactly one instance at
 * Novita for each record, and a true record, whatever the calls had done.
 */
describe('a worker killed with SIGKILL', () => {
  const made = new Map<string, InstanceView>();
  /** How many there were before. */
  let creates: number;
  /** The instances that bill, by the names of their records. */
  const living = (name: string) =>
    fleet.sandbox.world.instances().filter((one) => one.status !== 'removed' && one.name.startsWith(`${name}-nf`));
  const shown = (name: string): Promise<InstanceView> => fleet.api.get(made.get(name)?.id ?? '');

  async function create(name: string): Promise<void> {
    made.set(name, await fleet.api.create({ ...REQUEST, name }));
  }

  const becomes = (name: string, status: string): Promise<InstanceView> =>
    reaches(made.get(name)?.id ?? '', status, undefined, first);

  beforeAll(async () => {
    const { faults, world } = fleet.sandbox;
    creates = world.calls('createInstance');
    const stops = world.calls('stopInstance');
    faults.add({ operation: 'createInstance', kind: 'succeed-then-hang', nameContains: 'unanswered', times: 1 });
    faults.add({ operation: 'createInstance', kind: 'succeed-then-hang', nameContains: 'unwanted', times: 1 });
    faults.add({ operation: 'createInstance', kind: 'succeed-then-500', nameContains: 'denied', times: 1 });
    faults.add({ operation: 'createInstance', kind: 'hang', nameContains: 'unsent', times: 1 });
    faults.add({ operation: 'stopInstance', kind: 'succeed-then-hang', times: 1 });
    await create('stopping');
    await becomes('stopping', 'ready');
    await fleet.api.request('POST', `/api/v1/instances/${made.get('stopping')?.id}/stop`);
    await Promise.all(['unanswered', 'unwanted', 'unsent'].map(create));
    await until('the calls are under way', async () => {
      const areMade = living('unanswered').length === 1 && living('unwanted').length === 1;
      return areMade && world.calls('createInstance') === creates + 4 && world.calls('stopInstance') === stops + 1;
    });
    await create('denied');
    await until('Novita has made the instance that it answers with 500', async () => living('denied').length === 1);
    await fleet.killWorkers();
  });

  it('leaves records that claim nothing of what it was about to learn', async () => {
    for (const name of ['unanswered', 'denied', 'unsent', 'unwanted'])
      expect([name, (await shown(name)).novitaInstanceId]).toEqual([name, undefined]);
    await until('Novita has stopped the other', async () => living('stopping')[0]?.status === 'exited');
    expect((await shown('stopping')).status).toBe('stopping');
    const remove = await fleet.api.request('DELETE', `/api/v1/instances/${made.get('unwanted')?.id}`);
    expect(remove.status).toBe(202);
    await fleet.addWorker(SHORT);
  });

  it.each([
    ['that Novita carried out and did not answer', 'unanswered'],
    ['that Novita carried out and answered with 500', 'denied'],
  ])('during a create %s', async (_, name) => {
    const ready = await becomes(name, 'ready');
    expect(living(name).map(({ id }) => id)).toEqual([ready.novitaInstanceId]);
  });

  it('before the create reached Novita', async () => {
    const ready = await becomes('unsent', 'ready');
    expect(living('unsent').map(({ id }) => id)).toEqual([ready.novitaInstanceId]);
  });

  it('in the middle of a stop', async () => {
    const stopped = await becomes('stopping', 'stopped');
    expect(stopped.novitaStatus).toBe('exited');
    expect(living('stopping')).toHaveLength(1);
  });

  it('and a delete asked for while the create is in doubt leaves nothing behind', async () => {
    await becomes('unwanted', 'terminated');
    expect(living('unwanted')).toHaveLength(0);
  });

  it('asks for each instance once, and for the one whose create never arrived once more', () => {
    expect(fleet.sandbox.world.calls('createInstance') - creates).toBe(6);
  });

  it('twice, while five instances are on their way', async () => {
    const { world } = fleet.sandbox;
    const names = Array.from({ length: 5 }, (_, i) => `again-${i}`);
    const spoken = (): number => world.calls('createInstance') + world.calls('getInstance');
    let before = spoken();
    await Promise.all(names.map(create));
    for (let round = 0; round < 2; round++) {
      await until('the worker has talked to Novita', async () => spoken() > before);
      await fleet.killWorkers();
      before = spoken();
      await fleet.addWorker(SHORT);
    }
    for (const name of names) {
      await becomes(name, 'ready');
      expect(living(name)).toHaveLength(1);
    }
  });
});
