import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient, InstanceView } from './support/api-client.js';
import { Fleet } from './support/fleet.js';
import { SyncClient } from './support/sync-client.js';
import { until } from './support/until.js';

const CREATE = { productName: 'RTX 4090', image: 'nginx:1.27' };
const ONE_PROCESS = { apis: 0, workers: 0, standalones: 1 };
/** No id is chosen for them. What each of the two would do to the instances of the other if it took them for its own, it does within seconds. */
const EAGER = {
  NODE_ENV: 'development',
  FLEET_ID: '',
  SYNC_INTERVAL_MINUTES: '3s',
  SYNC_MISSING_GRACE: '1s',
  AUTO_STOP_INTERVAL: '1s',
  AUTO_STOP_THRESHOLD: '3s',
  AUTO_STOP_WARNING: '1s',
};

/** Two installations that know nothing of each other rent on one account, both with nothing but defaults. */
describe('two fleets on one account', () => {
  let ours: Fleet;
  let theirs: Fleet;

  beforeAll(async () => {
    ours = await Fleet.start({ ...ONE_PROCESS, env: { ...EAGER, AUTO_STOP_ENABLED: 'false' } });
    theirs = await Fleet.start({ ...ONE_PROCESS, env: { ...EAGER, NOVITA_API_BASE_URL: ours.sandbox.url } });
  });
  afterAll(async () => {
    await Promise.all([ours?.stop(), theirs?.stop()]);
  });

  it('have ids of their own, and neither adopts, stops nor deletes what the other has made', async () => {
    const made = await ours.api.create({ ...CREATE, name: 'train' });
    const mine = await inState(ours.api, made.id, 'ready');
    const own = await theirs.api.create({ ...CREATE, name: 'train' });
    await until('the other is ready, though it may be idle for too long before it is looked at', async () => {
      return (await theirs.api.get(own.id))['readyAt'] !== undefined;
    });
    expect(made.marker).toMatch(/^-nf[a-z0-9]{4}/);
    expect(own.marker.slice(0, 7)).not.toBe(made.marker.slice(0, 7));

    // The other one sees ours as made elsewhere: to be read, and refused to commands.
    const seen = await until('the other fleet has listed ours', () => foundBy(theirs.api, mine));
    expect(seen).toMatchObject({ origin: 'discovered', status: 'running' });
    const refused = await theirs.api.request('POST', `/api/v1/instances/${seen.id}/stop`);
    expect(refused.status).toBe(409);

    // Its auto-stop stops its own idle one, its stop-all finds nothing more, and its syncs go by.
    await inState(theirs.api, own.id, 'stopped');
    expect((await theirs.api.request('POST', '/api/v1/instances/stop-all', {})).status).toBe(200);
    await theirs.api.request('DELETE', `/api/v1/instances/${own.id}`);
    await inState(theirs.api, own.id, 'terminated');
    const sync = new SyncClient(theirs.api);
    await sync.run({ handleObsoleteInstances: true });
    await sync.run({ handleObsoleteInstances: true });

    expect(await ours.api.get(made.id)).toMatchObject({ status: 'ready', desired: 'running', origin: 'managed' });
    const against = ours.sandbox.world
      .callLog()
      .filter(({ instanceId, operation }) => instanceId === mine.novitaInstanceId && ENDING.has(operation));
    expect(against).toEqual([]);
  });
});

const ENDING = new Set(['stopInstance', 'deleteInstance', 'restartInstance']);

function inState(api: ApiClient, id: string, status: string): Promise<InstanceView> {
  return until(`${id} is ${status}`, async () => {
    const instance = await api.get(id);
    return instance.status === status && instance;
  });
}

async function foundBy(api: ApiClient, { novitaInstanceId }: InstanceView): Promise<InstanceView | null> {
  const answer = await api.request<InstanceView>('GET', `/api/v1/instances/${novitaInstanceId}`);
  return answer.status === 200 ? answer.body : null;
}
