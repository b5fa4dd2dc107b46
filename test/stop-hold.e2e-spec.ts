import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '@app/sandbox';
import { freePort, TAKEN, WebhookReceiver } from '@app/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, type InstanceView } from './support/api-client.js';
import { BuiltProcess } from './support/built-process.js';
import { Fleet, OPERATOR_KEY, QUICK } from './support/fleet.js';
import { until } from './support/until.js';

const ADMIN_KEY = 'admin-key-for-tests-only-00';
/** Often, and with an answer that does not count as being down. */
const SCHEDULE = ['0', ...Array.from({ length: 40 }, () => '500ms')].join(',');
const NOT_YET = { kind: 'status', status: 409 } as const;
const SPOT = { billingMode: 'spot', region: 'any' };

const SETTINGS = {
  // In production addresses need TLS.
  NODE_ENV: 'development',
  API_KEYS: `ops:operator:${OPERATOR_KEY},boss:admin:${ADMIN_KEY}`,
  NOVITA_TIMEOUT: '15s',
  CREATE_RETRY_GRACE: '16s',
  WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true',
  WEBHOOK_SCHEDULE: SCHEDULE,
  AUTO_STOP_INTERVAL: '1s',
  AUTO_STOP_THRESHOLD: '2s',
  AUTO_STOP_WARNING: '0',
  STOP_HOLD_TIMEOUT: '2s',
};

interface Hold {
  readonly by: string;
  readonly since: string;
  readonly until: string;
  readonly outcome?: string;
  readonly endedBy?: string;
  readonly waitsFor: readonly { readonly endpointId: string; readonly releasedAt?: string }[];
}

interface Log {
  readonly entries: readonly { readonly kind: string; readonly by: string; readonly to?: string }[];
}

const holdOf = (view: InstanceView): Hold | undefined => view['stopHold'] as Hold | undefined;

/** One API, one worker, and a receiver that holds the stops of all instances that are called so. */
describe('a stop that an endpoint holds', () => {
  let fleet: Fleet;
  let receiver: WebhookReceiver;
  let endpointId: string;
  const released = new Set<unknown>();
  const made = new Map<string, string>();

  async function create(name: string, autoStop: object, more: object = {}): Promise<void> {
    const body = { name, productName: 'RTX 4090', image: 'nginx', autoStop, ...more };
    made.set(name, (await fleet.api.create(body)).id);
  }
  const path = (name: string, rest = ''): string => `/api/v1/instances/${made.get(name)}${rest}`;
  const reaches = (name: string, isThere: (view: InstanceView) => boolean): Promise<InstanceView> =>
    until(`${name} is there`, async () => {
      const view = await fleet.api.get(made.get(name) ?? '');
      return isThere(view) && view;
    });
  const isHeld = (view: InstanceView): boolean => holdOf(view) !== undefined && holdOf(view)?.outcome === undefined;
  const isStopped = ({ status }: InstanceView): boolean => status === 'stopped';
  const messagesOf = (name: string) =>
    receiver.received.filter(({ event }) => (event['instance'] as { name?: unknown } | undefined)?.name === name);
  const stopCalls = (view: InstanceView): readonly number[] =>
    fleet.sandbox.world
      .callLog()
      .filter(({ operation, instanceId }) => operation === 'stopInstance' && instanceId === view.novitaInstanceId)
      .map(({ at }) => at);
  async function holdEntries(name: string): Promise<readonly (readonly [string, string | undefined])[]> {
    const { body } = await fleet.api.request<Log>('GET', path(name, '/events'));
    return body.entries.flatMap(({ kind, by, to }) => (kind === 'hold' ? [[by, to] as const] : [])).toReversed();
  }

  beforeAll(async () => {
    [fleet, receiver] = await Promise.all([
      Fleet.start({
        apis: 1,
        workers: 1,
        env: SETTINGS,
      }),
      WebhookReceiver.start(),
    ]);
    fleet.sandbox.world.restock();
    receiver.answerWith(({ event }) =>
      released.has((event['instance'] as { name?: unknown } | undefined)?.name) ? TAKEN : NOT_YET,
    );
    const endpoint = { url: receiver.url, types: ['instance.stop_pending'], filter: { name: 'held' }, hold: true };
    const admin = new ApiClient(fleet.api.url, ADMIN_KEY);
    const answer = await admin.request<{ id: string; secret: string }>('POST', '/api/v1/webhooks/endpoints', endpoint);
    if (answer.status !== 201) throw new Error(`the endpoint was refused with ${answer.status}`);
    endpointId = answer.body.id;
    receiver.verifyWith(answer.body.secret);
    await Promise.all([
      create('free', {}),
      create('held-unanswered', {}),
      create('held-answered', { holdMinutes: 30 }),
      create('held-stopped', { holdMinutes: 30 }),
      create('held-used', { thresholdMinutes: 0.12, holdMinutes: 0.05 }),
      create('held-spot', { enabled: false, holdMinutes: 30 }, SPOT),
    ]);
  });
  afterAll(async () => {
    await receiver?.close();
    await fleet?.stop();
  });

  it('goes on after its 2xx, and says meanwhile why it waits', async () => {
    const held = await reaches('held-answered', isHeld);
    expect(held).toMatchObject({ status: 'ready', desired: 'running' });
    expect(holdOf(held)).toMatchObject({ by: 'auto-stop', waitsFor: [{ endpointId }] });
    const idle = await fleet.api.request('GET', path('held-answered', '/idle'));
    expect(idle.body).toMatchObject({ verdict: 'keep', rule: 'held', stopAt: holdOf(held)?.until });
    await until('it was asked more than once', async () => messagesOf('held-answered').length > 1);
    expect(messagesOf('held-answered')[0]).toMatchObject({
      isGenuine: true,
      event: { type: 'instance.stop_pending', instance: { stopHold: { since: holdOf(held)?.since } } },
    });
    expect(stopCalls(held)).toEqual([]);
    released.add('held-answered');
    const stopped = await reaches('held-answered', isStopped);
    expect(stopped['desiredBy']).toBe('auto-stop');
    expect(holdOf(stopped)).toMatchObject({ since: holdOf(held)?.since, outcome: 'released' });
    expect(await holdEntries('held-answered')).toEqual([
      ['auto-stop', 'held'],
      [`webhook:${endpointId}`, undefined],
      ['auto-stop', 'released'],
    ]);
  });

  it('goes on when its time is over', async () => {
    const stopped = await reaches('held-unanswered', isStopped);
    const hold = holdOf(stopped);
    expect(hold).toMatchObject({ outcome: 'timed-out', endedBy: 'auto-stop' });
    expect(Date.parse(hold?.until ?? '') - Date.parse(hold?.since ?? '')).toBe(2_000);
    const [first = 0, ...more] = stopCalls(stopped);
    expect(more).toEqual([]);
    expect(first).toBeGreaterThanOrEqual(Date.parse(hold?.until ?? ''));
  });

  it('does not wait at all where no endpoint holds', async () => {
    const stopped = await reaches('free', isStopped);
    expect(holdOf(stopped)).toBeUndefined();
    expect(await holdEntries('free')).toEqual([]);
    expect(messagesOf('free')).toEqual([]);
  });

  it('is overtaken by a stop of a person', async () => {
    await reaches('held-stopped', isHeld);
    expect((await fleet.api.request('POST', path('held-stopped', '/stop'))).status).toBe(202);
    const stopped = await reaches('held-stopped', isStopped);
    expect(stopped['desiredBy']).toBe('user:ops');
    expect(holdOf(stopped)).toMatchObject({ outcome: 'ended-by-person', endedBy: 'user:ops' });
  });

  it('is called off by a use', async () => {
    const held = await reaches('held-used', isHeld);
    await fleet.api.request('PUT', path('held-used', '/last-used'));
    const used = await reaches('held-used', (view) => holdOf(view)?.since === holdOf(held)?.since && !isHeld(view));
    expect(used).toMatchObject({ status: 'ready', desired: 'running' });
    expect(holdOf(used)).toMatchObject({ outcome: 'called-off', endedBy: 'user:ops' });
    expect(stopCalls(used)).toEqual([]);
  });

  it('may be a migration, which is requested after the 2xx', async () => {
    const { novitaInstanceId = '' } = await reaches('held-spot', ({ status }) => status === 'ready');
    fleet.sandbox.faults.add({ kind: 'spot-reclaim', instanceId: novitaInstanceId });
    await until('Novita has reclaimed it', async () => {
      await fleet.api.request('GET', '/api/v1/instances/comprehensive');
      return isHeld(await fleet.api.get(made.get('held-spot') ?? ''));
    });
    await until('it was asked', async () => messagesOf('held-spot').length > 0);
    expect(await fleet.api.get(made.get('held-spot') ?? '')).toMatchObject({
      status: 'stopped',
      migration: { state: 'waiting', attempts: 0 },
      stopHold: { by: 'migration' },
    });
    expect(fleet.sandbox.world.calls('migrateInstance')).toBe(0);
    released.add('held-spot');
    const migrated = await reaches('held-spot', (view) => view['migratedAt'] !== undefined);
    expect(holdOf(migrated)).toMatchObject({ outcome: 'released' });
    expect(fleet.sandbox.world.calls('migrateInstance')).toBe(1);
  });

  it('is late by no more than a new worker when the one that held it is killed', async () => {
    await create('held-killed', { holdMinutes: 0.06 });
    const held = await reaches('held-killed', isHeld);
    await fleet.killWorkers();
    const endsAt = Date.parse(holdOf(held)?.until ?? '');
    await until('its time is over', async () => Date.now() > endsAt);
    expect(await fleet.api.get(held.id)).toMatchObject({ status: 'ready', stopHold: holdOf(held) });
    await fleet.addWorker();
    const stopped = await reaches('held-killed', isStopped);
    expect(holdOf(stopped)).toMatchObject({
      since: holdOf(held)?.since,
      until: holdOf(held)?.until,
      outcome: 'timed-out',
    });
    expect(stopCalls(stopped)).toHaveLength(1);
  });
});

describe('without Redis', () => {
  it('a stop waits for its endpoint just the same', async () => {
    const [receiver, sandbox, folder, port] = await Promise.all([
      WebhookReceiver.start(),
      startSandbox({ timing: {} }),
      mkdtemp(join(tmpdir(), 'novita-fleet-hold-')),
      freePort(),
    ]);
    sandbox.world.restock();
    const env = { ...QUICK, ...SETTINGS, DATA_DIR: folder, PORT: String(port), NOVITA_API_BASE_URL: sandbox.url };
    const standalone = new BuiltProcess('standalone', env);
    try {
      const url = `http://127.0.0.1:${port}`;
      await standalone.alive(until('it is ready', async () => (await fetch(`${url}/health/ready`)).ok));
      const admin = new ApiClient(url, ADMIN_KEY);
      let isReleased = false;
      receiver.answerWith(() => (isReleased ? TAKEN : NOT_YET));
      const endpoint = { url: receiver.url, types: ['instance.stop_pending'], hold: true };
      expect((await admin.request('POST', '/api/v1/webhooks/endpoints', endpoint)).status).toBe(201);
      const make = async (name: string, autoStop: object): Promise<string> =>
        (await admin.create({ name, productName: 'RTX 4090', image: 'nginx', autoStop })).id;
      const reaches = (id: string, isThere: (view: InstanceView) => boolean): Promise<InstanceView> =>
        until('it is there', async () => {
          const view = await admin.get(id);
          return isThere(view) && view;
        });
      const [patient, hasty] = [await make('patient', { holdMinutes: 30 }), await make('hasty', {})];
      await reaches(patient, (view) => holdOf(view) !== undefined);
      const stopped = await reaches(hasty, ({ status }) => status === 'stopped');
      expect(holdOf(stopped)?.outcome).toBe('timed-out');
      expect((await admin.get(patient)).status).toBe('ready');
      isReleased = true;
      const released = await reaches(patient, ({ status }) => status === 'stopped');
      expect(holdOf(released)?.outcome).toBe('released');
    } finally {
      await standalone.end('SIGKILL');
      await Promise.all([receiver.close(), sandbox.close(), rm(folder, { recursive: true, force: true })]);
    }
  });
});
