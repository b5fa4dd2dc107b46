import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, type InstanceView } from './support/api-client.js';
import { Fleet, VIEWER_KEY } from './support/fleet.js';
import { until } from './support/until.js';

/** Two APIs and two workers on one Redis: what one is told, the other shows. */
describe('the life of an instance', () => {
  let fleet: Fleet;
  let first: ApiClient;
  let second: ApiClient;

  beforeAll(async () => {
    fleet = await Fleet.start({ apis: 2, workers: 2 });
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
  ): Promise<InstanceView> {
    return until(`${id} is ${status}`, async () => {
      const view = await second.get(id);
      onRead(view);
      return view.status === status && view;
    });
  }

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
    expect(seen.size).toBeGreaterThan(2);

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

  it('ends cleanly on SIGTERM, and the work goes on elsewhere', async () => {
    const made = await first.create({ name: 'handed-over', productName: 'RTX 4090', image: 'nginx' });
    const [leaving] = fleet.workers.splice(0, 1);
    expect(await leaving?.end('SIGTERM')).toBe(0);
    await reaches(made.id, 'ready');
    const [api] = fleet.apis.splice(0, 1);
    expect(await api?.end('SIGTERM')).toBe(0);
  });
});
