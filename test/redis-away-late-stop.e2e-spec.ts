import { type CuttingProxy, startCuttingProxy } from '@app/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApiClient, InstanceView } from './support/api-client.js';
import { Fleet } from './support/fleet.js';
import { until as untilIn } from './support/until.js';

let fleet: Fleet;
let proxy: CuttingProxy;

afterEach(async () => {
  await fleet.stop();
  await proxy.close();
});

const STEP = { timeoutMs: 60_000 };
const until: typeof untilIn = (what, ask) => untilIn(what, ask, STEP);

const WANTED = { productName: 'RTX 4090 24GB', image: 'nginx:1.27' };
const path = (id: string, rest = ''): string => `/api/v1/instances/${id}${rest}`;

async function create(client: ApiClient, name: string): Promise<InstanceView> {
  const { body } = await until('the create is taken', async () => {
    const answer = await client.request<InstanceView>('POST', '/api/v1/instances', { ...WANTED, name });
    return answer.status === 201 && answer;
  });
  return until('it is ready', async () => {
    const view = await client.get(body.id);
    return view.status === 'ready' && view;
  });
}

const sourceOf = async (client: ApiClient): Promise<string | null> =>
  (await client.request('GET', '/api/v1/instances?limit=1')).headers.get('x-data-source');

async function journalSize(client: ApiClient): Promise<number> {
  const { body } = await client.request<{ text: string }>('GET', '/metrics');
  return Number(/^novita_fleet_journal_entries (\d+)$/m.exec(body.text)?.[1]);
}

describe('an API that alone is cut off from Redis', { timeout: 300_000 }, () => {
  it('does not carry out a stop that Novita refused until somebody had started the instance elsewhere', async () => {
    fleet = await Fleet.start({ apis: 1, workers: 1 });
    proxy = await startCuttingProxy(fleet.redis.port);
    await fleet.addApi({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
    const [well, cutOff] = fleet.clients as [ApiClient, ApiClient];
    const made = await create(well, 'training');
    await until('the other API knows it', async () => (await cutOff.get(made.id)).status === 'ready');
    proxy.silenceWhere(() => true);
    proxy.silence();
    await until('it is cut off', async () => (await sourceOf(cutOff)) === 'memory');

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
    await until('it has restarted', async () => (await well.get(made.id)).status === 'ready');

    proxy.silenceWhere(() => false);
    await until('it is back', async () => (await sourceOf(cutOff)) === 'redis');
    await until('its journal is brought in', async () => (await journalSize(cutOff)) === 0);
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
    await until('it is stopped', async () => (await well.get(made.id)).status === 'stopped');
  });
});
