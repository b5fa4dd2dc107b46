import type { ApiClient, InstanceView } from './api-client.js';
import { AutoStopClient } from './auto-stop-client.js';
import { createAtConsole } from './console-instance.js';
import type { Fleet } from './fleet.js';
import { SyncClient } from './sync-client.js';
import { until } from './until.js';

const SEEDED = 24;

/** For the environment: what is ready stands idle at once, and nothing is stopped for it. */
export const MIXED = {
  // One that pulls for ever is asked for again and again, for as long as the tests take.
  INSTANCE_POLL_INTERVAL: '1s',
  DEADLINE_SWEEP_INTERVAL: '10s',
  // A sandbox in the process of the test answers late on a busy machine.
  NOVITA_TIMEOUT: '15s',
  CREATE_RETRY_GRACE: '20s',
  AUTO_STOP_THRESHOLD: '2h',
  AUTO_STOP_WARNING: '1h',
  AUTO_STOP_INTERVAL: '1h',
  INSTANCE_STARTUP_TIMEOUT: '10m',
  SPEND_DAILY_LIMIT_USD: '250',
} as const;

/** Ours, the dearest first, and how each gets where it is; those with a short threshold count as idle at once. */
const OURS = [
  { name: 'train-h100', productName: 'H100 SXM 80GB', autoStop: { thresholdMinutes: 45 }, status: 'ready' },
  { name: 'eval-a100', productName: 'A100 SXM4 80GB', autoStop: { thresholdMinutes: 45 }, status: 'ready' },
  { name: 'whisper-4090', productName: 'RTX 4090', gpuNum: 2, autoStop: { thresholdMinutes: 45 }, status: 'ready' },
  { name: 'notebook-4090', productName: 'RTX 4090', autoStop: { thresholdMinutes: 45 }, status: 'ready' },
  { name: 'never-stopped', productName: 'RTX 4090', autoStop: { enabled: false }, status: 'ready' },
  { name: 'pulls-for-ever', productName: 'RTX 4090', status: 'starting' },
  { name: 'cannot-start', productName: 'RTX 4090', status: 'failed' },
] as const;

/** The dearest three that stand idle and can be stopped, the dearest first. */
export const DEAREST_IDLE: readonly string[] = OURS.slice(0, 3).map(({ name }) => name);

/**
 * Fills an empty fleet with one of each kind that a sum can go wrong by: monthly ones that run and that are stopped, idle
 * ones, one with auto-stop off, ones made elsewhere, one that failed, one on its way.
 *
 * @param count of those that were there before
 */
export async function fillMixed({ api, sandbox }: Fleet, count = SEEDED): Promise<void> {
  sandbox.world.restock();
  const seeded = sandbox.world.seed(count);
  const foreign = await createAtConsole(sandbox, 'somebody-elses');
  await until('it runs', async () => sandbox.world.instance(foreign)?.status === 'running');
  await new SyncClient(api).run();
  for (const { id } of seeded.slice(2)) await api.request('POST', `/api/v1/orphans/${id}/adopt`);
  await stopMonthly(api);
  sandbox.faults.add({ kind: 'stuck', status: 'pulling', nameContains: 'pulls-for-ever' });
  sandbox.faults.add({ kind: 'fail-start', nameContains: 'cannot-start', message: 'manifest unknown' });
  const autoStop = new AutoStopClient(api);
  const made = await Promise.all(
    OURS.map(async ({ name, productName, ...rest }) => {
      const gpuNum = 'gpuNum' in rest ? rest.gpuNum : 1;
      const instance = await api.create({ name, productName, gpuNum, image: 'nginx', ports: ['8080/http'] });
      if ('autoStop' in rest) await autoStop.set(instance.id, rest.autoStop);
      return instance;
    }),
  );
  const statusOf = async ({ id }: InstanceView): Promise<string> => (await api.get(id)).status;
  for (const [index, { name, status }] of OURS.entries()) {
    const instance = made[index];
    if (instance !== undefined) await until(`${name} is ${status}`, async () => (await statusOf(instance)) === status);
  }
}

/** Stops one that is paid by the month, which ends none of its costs. */
async function stopMonthly(api: ApiClient): Promise<void> {
  const { id } = await until('one that is paid by the month is ready', async () => {
    const path = '/api/v1/instances?billing=monthly&status=ready&sort=-price';
    const { body } = await api.request<{ readonly instances: readonly InstanceView[] }>('GET', path);
    return body.instances[0];
  });
  await api.request('POST', `/api/v1/instances/${id}/stop`);
  await until('it is stopped', async () => (await api.get(id)).status === 'stopped');
}
