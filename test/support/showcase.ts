import type { Page } from 'playwright-core';
import type { ApiClient, InstanceView } from './api-client.js';
import { AutoStopClient } from './auto-stop-client.js';
import { createAtConsole } from './console-instance.js';
import type { Fleet } from './fleet.js';
import { SyncClient } from './sync-client.js';
import { until } from './until.js';

const SEEDED = 9;
const MINUTE_MS = 60_000;
const HISTORY_POINTS = 72;
const RUNS = 24;

/** What is made here, and where it gets to; what keeps it there are faults of the sandbox. */
const OURS = [
  { name: 'llama-inference', productName: 'H100 SXM 80GB', image: 'vllm/vllm-openai:v0.8.4', status: 'ready' },
  { name: 'whisper-batch', productName: 'RTX 4090', image: 'whisper/batch:1.4', status: 'ready' },
  { name: 'comfyui-studio', productName: 'RTX 4090', image: 'comfyui/comfyui:latest', status: 'health_checking' },
  { name: 'qwen-finetune', productName: 'RTX 4090', image: 'axolotl/axolotl:0.9', status: 'starting' },
  { name: 'flux-render', productName: 'RTX 4090', image: 'flux/server:1.0', status: 'stopping' },
  { name: 'mistral-eval', productName: 'RTX 4090', image: 'mistral/eval:0.2', status: 'failed' },
] as const;

/** For the environment of the fleet: what is on its way stays so for as long as anybody looks. */
export const SHOWCASE = {
  // Three of them are asked for again and again, for as long as the tests take.
  INSTANCE_POLL_INTERVAL: '2s',
  DEADLINE_SWEEP_INTERVAL: '10s',
  INSTANCE_STARTUP_TIMEOUT: '10m',
  NOVITA_TIMEOUT: '2m',
  CREATE_RETRY_GRACE: '3m',
  SYNC_MISSING_GRACE: '0',
} as const;

/**
 * Fills an empty fleet with one of each kind that a page has to show, the same ones whenever it is done.
 *
 * @returns the ids at Novita of those that are at rest
 */
export async function fillShowcase(fleet: Fleet): Promise<readonly string[]> {
  const { api, sandbox } = fleet;
  sandbox.world.restock();
  const seeded = sandbox.world.seed(SEEDED);
  const foreign = await createAtConsole(sandbox, 'bert-demo-of-somebody');
  await until('it runs', async () => sandbox.world.instance(foreign)?.status === 'running');
  await new SyncClient(api).run();
  for (const { id } of seeded) await api.request('POST', `/api/v1/orphans/${id}/adopt`);

  sandbox.faults.add({ kind: 'port-silent', port: 8188 });
  sandbox.faults.add({ kind: 'stuck', status: 'pulling', nameContains: 'qwen-finetune' });
  sandbox.faults.add({ kind: 'stuck', status: 'stopping', nameContains: 'flux-render' });
  sandbox.faults.add({
    kind: 'fail-start',
    nameContains: 'mistral-eval',
    message: 'failed to pull image: manifest unknown',
  });
  const made: InstanceView[] = [];
  // One after another, as the table shows the newest first.
  for (const one of OURS) made.push(await make(api, one));
  const idOf = (name: string): string => made.find((one) => one.name === name)?.id ?? '';
  await becomes(api, idOf('flux-render'), 'ready');
  await api.request('POST', `/api/v1/instances/${idOf('flux-render')}/stop`);
  for (const { name, status } of OURS) await becomes(api, idOf(name), status);

  const autoStop = new AutoStopClient(api);
  await autoStop.lease(idOf('llama-inference'), { minutes: 240, reason: 'demo for the customer' });
  await autoStop.set(idOf('whisper-batch'), { thresholdMinutes: 4 });
  return seeded.map(({ id }) => id);
}

/** As one that has run for hours: this one began a moment ago. What the fleet is at present stays as it is. */
export async function showPastHours(page: Page): Promise<void> {
  await page.route('**/api/v1/dashboard*', async (route) => {
    const response = await route.fetch();
    const dashboard = (await response.json()) as Dashboard;
    const { counts, money, asOf } = dashboard;
    const { running } = counts;
    const history = Array.from({ length: HISTORY_POINTS }, (_, index) => {
      const minutesAgo = (HISTORY_POINTS - 1 - index) * 5;
      const change = Math.round(3 * Math.sin(minutesAgo / 45) - Math.sin(minutesAgo / 15));
      return {
        at: new Date(Date.parse(asOf) - minutesAgo * MINUTE_MS).toISOString(),
        running: running + change,
        costUsdPerHour: money.costUsdPerHour * (1 + change / (running + 4)),
      };
    });
    const past = { todayUsd: 61.4, savedTodayUsd: 18.75 };
    await route.fulfill({ response, json: { ...dashboard, history, money: { ...money, ...past } } });
  });
  await page.route('**/api/v1/sync/history*', async (route) => {
    const response = await route.fetch();
    const { runs } = (await response.json()) as { readonly runs: readonly Run[] };
    const latest = runs.find(({ outcome }) => outcome === 'completed');
    const earlier = Array.from({ length: latest === undefined ? 0 : RUNS }, (_, index) => {
      const at = Date.now() - (index + 1) * 15 * MINUTE_MS;
      const duration = 620 + Math.round(180 * Math.sin(index / 2) + 90 * Math.sin(index * 1.7));
      return {
        ...latest,
        runId: `earlier-${index}`,
        trigger: 'schedule',
        startTime: new Date(at).toISOString(),
        endTime: new Date(at + duration).toISOString(),
        duration,
      };
    });
    await route.fulfill({ response, json: { runs: [...runs, ...earlier] } });
  });
}

interface Dashboard {
  readonly asOf: string;
  readonly counts: { readonly running: number };
  readonly money: { readonly costUsdPerHour: number };
}

interface Run {
  readonly outcome: string;
}

/** Under a key, so that its id is the same each time. */
async function make(api: ApiClient, { name, productName, image }: (typeof OURS)[number]): Promise<InstanceView> {
  const ports = name === 'comfyui-studio' ? ['8188/http', '8080/http'] : ['8000/http', '22/tcp'];
  const envs = [{ key: 'HF_HOME', value: '/workspace/models' }];
  const body = { name, productName, image, ports, envs };
  const answer = await api.request<InstanceView>('POST', '/api/v1/instances', body, { 'idempotency-key': name });
  if (answer.status !== 201) throw new Error(`create of ${name} answered ${answer.status}`);
  return answer.body;
}

async function becomes(api: ApiClient, id: string, status: string): Promise<void> {
  await until(`${id} is ${status}`, async () => (await api.get(id)).status === status);
}
