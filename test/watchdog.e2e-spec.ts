import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, WebhookReceiver } from '@app/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BuiltProcess } from './support/built-process.js';
import { Fleet, VIEWER_KEY } from './support/fleet.js';
import { until } from './support/until.js';

const SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';

/** A fleet, all of it one process, that is killed while a watchdog elsewhere knows its deadlines. */
describe('the watchdog', () => {
  let fleet: Fleet;
  let receiver: WebhookReceiver;
  let folder: string;
  const watchdogs: BuiltProcess[] = [];
  const ids = new Map<string, { readonly id: string; readonly novitaInstanceId: string }>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-watchdog-'));
    [fleet, receiver] = await Promise.all([
      // Checks are far apart: only the watchdog could stop anything here.
      Fleet.start({
        apis: 0,
        workers: 0,
        standalones: 1,
        env: { AUTO_STOP_INTERVAL: '30m', WATCHDOG_KEY_NAME: 'eyes' },
      }),
      WebhookReceiver.start(),
    ]);
    receiver.verifyWith(SECRET);
    fleet.sandbox.world.restock();
    for (const [name, thresholdMinutes] of [
      ['overdue', 0.02],
      ['later', 60],
      ['leased', 0.02],
    ] as const) {
      const { id } = await fleet.api.create({
        name,
        productName: 'RTX 4090',
        image: 'nginx',
        autoStop: { thresholdMinutes },
      });
      const { novitaInstanceId } = await until(`${name} is ready`, async () => {
        const view = await fleet.api.get(id);
        return view.status === 'ready' && view;
      });
      ids.set(name, { id, novitaInstanceId: String(novitaInstanceId) });
    }
    const lease = await fleet.api.request('PUT', `/api/v1/instances/${idOf('leased')}/lease`, {
      minutes: 60,
      reason: 'a long run',
    });
    if (lease.status !== 200) throw new Error(`the lease was answered ${lease.status}`);
  });
  afterAll(async () => {
    await Promise.all(watchdogs.map((watchdog) => watchdog.end('SIGKILL')));
    await Promise.all([fleet?.stop(), receiver?.close()]);
    await rm(folder, { recursive: true, force: true });
  });

  const idOf = (name: string): string => ids.get(name)?.id ?? '';
  const atNovita = (name: string): string | undefined =>
    fleet.sandbox.world.instance(ids.get(name)?.novitaInstanceId ?? '')?.status;
  const stopCalls = (): number =>
    fleet.sandbox.world.callLog().filter(({ operation }) => operation === 'stopInstance').length;

  async function startWatchdog(dryRun: boolean): Promise<BuiltProcess> {
    const watchdog = new BuiltProcess('watchdog', {
      HOST: '127.0.0.1',
      DATA_DIR: folder,
      NOVITA_API_KEY: 'sandbox-key',
      NOVITA_API_BASE_URL: fleet.sandbox.url,
      WATCHDOG_API_URL: fleet.api.url,
      WATCHDOG_API_KEY: VIEWER_KEY,
      WATCHDOG_PORT: String(await freePort()),
      WATCHDOG_INTERVAL: '500ms',
      WATCHDOG_PATIENCE: '1s',
      WATCHDOG_MARGIN: '0',
      WATCHDOG_DRY_RUN: String(dryRun),
      WATCHDOG_WEBHOOK_URL: receiver.url,
      WATCHDOG_WEBHOOK_SECRET: SECRET,
    });
    watchdogs.push(watchdog);
    await watchdog.says(/watchdog runs; health and metrics on/);
    return watchdog;
  }

  it('remembers the deadlines, and only says what it would stop while it runs dry', async () => {
    const watchdog = await startWatchdog(true);
    await until('the API shows that it was seen', async () => {
      const { body } = await fleet.api.request<{ details?: { watchdog?: { remembered?: number } } }>('GET', '/health');
      return body.details?.watchdog?.remembered === 3;
    });
    await fleet.apis[0]?.end('SIGKILL');
    await watchdog.says(/would stop an overdue instance/);
    expect(await watchdog.end('SIGTERM')).toBe(0);
    expect(watchdog.output).not.toMatch(/"stopped an overdue instance/);
    expect(stopCalls()).toBe(0);
    expect(['overdue', 'later', 'leased'].map(atNovita)).toEqual(['running', 'running', 'running']);
  });

  it('stops what is overdue once its own patience is over, and nothing else', async () => {
    await startWatchdog(false);
    await until('it is stopped', async () => atNovita('overdue') === 'exited');
    expect(['later', 'leased'].map(atNovita)).toEqual(['running', 'running']);
    const stopped = await until('the receiver was told', async () =>
      receiver.received.find(({ event }) => event['type'] === 'watchdog.stopped'),
    );
    expect(stopped).toMatchObject({ isGenuine: true, event: { data: { id: idOf('overdue') } } });
  });

  it('reports it when the API is back, so that nothing starts the instance again', async () => {
    await fleet.addStandalone({ PORT: new URL(fleet.api.url).port });
    const view = await until('it is confirmed as stopped', async () => {
      const found = await fleet.api.get(idOf('overdue'));
      return found.status === 'stopped' && found;
    });
    expect(view).toMatchObject({ desired: 'stopped', desiredBy: 'user:eyes' });
    await until('the receiver knows that it is back', async () =>
      receiver.received.some(({ event }) => event['type'] === 'watchdog.api_back'),
    );
    expect((await fleet.api.get(idOf('leased'))).status).toBe('ready');
  });
});
