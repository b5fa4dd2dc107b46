import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TAKEN, type WebhookReceiver } from '@app/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stopHolds } from './suites/stop-hold.js';
import { ApiClient, type InstanceView } from './support/api-client.js';
import { ROOT } from './support/built-process.js';
import { OPERATOR_KEY, VIEWER_KEY } from './support/fleet.js';
import { fileTraces, findSecrets, redisTraces, type Trace } from './support/secret-search.js';
import { until } from './support/until.js';
import { ADMIN_KEY, type Endpoint, eventsOf, WebhookStack } from './support/webhook-stack.js';

const NOVITA_KEY = 'planted-key-of-novita-0001';
const WEBHOOK_SECRET = 'whsec_cGxhbnRlZC1zZWNyZXQtb2Ytd2ViaG9va3M0';
const ENV_VALUE = 'planted-value-of-a-variable';
const RECEIVER_TOKEN = 'planted-token-of-a-receiver';
/** Of the sandbox's account: the login of a registry. */
const REGISTRY = { id: 'a1s2d3f4g5h6j7k8l9z0x1c2v3b4n5m6', password: 'sandbox-hub-password' };
const INSTANCES = 4;

/** What is about webhooks shares one API; workers come and go. */
let stack: WebhookStack;

beforeAll(async () => {
  stack = await WebhookStack.start({ NOVITA_API_KEY: NOVITA_KEY, WEBHOOK_SECRET, LOG_LEVEL: 'debug' });
});
afterAll(async () => {
  await stack?.stop();
});

stopHolds(() => stack);

/** Two workers that are killed now and then, and receivers of every kind. */
describe('webhooks', () => {
  let own: WebhookReceiver;
  let good: WebhookReceiver;
  let goodEndpoint: Endpoint;
  let lives: readonly InstanceView[];
  let begun: string;

  beforeAll(async () => {
    await stack.fleet.addWorker();
    [own, good] = [await stack.receiver(), await stack.receiver()];
    goodEndpoint = await stack.endpointFor(good, { ordered: true });
    good.verifyWith(goodEndpoint.secret);
    begun = new Date(Date.now() - 1_000).toISOString();
  });

  async function endLives(): Promise<void> {
    await Promise.all(lives.map(({ id }) => stack.fleet.api.request('DELETE', `/api/v1/instances/${id}`)));
  }

  it('reach a receiver whole and in order, whatever other receivers do and although workers are killed', async () => {
    const [down, throttled, redirecting, elsewhere, slow, garbage, silent] = [
      await stack.receiver(),
      await stack.receiver(),
      await stack.receiver(),
      await stack.receiver(),
      await stack.receiver(),
      await stack.receiver(),
      await stack.receiver(),
    ];
    await down.close();
    const isFirst = firstTimes();
    throttled.answerWith(({ id }) =>
      isFirst(id) ? { kind: 'status', status: 429, headers: { 'retry-after': '1' } } : TAKEN,
    );
    redirecting.answerWith({ kind: 'status', status: 307, headers: { location: elsewhere.url } });
    slow.answerWith({ kind: 'slow-body' });
    garbage.answerWith({ kind: 'garbage' });
    silent.answerWith({ kind: 'silence' });
    const types = ['instance.*'];
    const [toDown, toThrottled, toRedirecting, ...deaf] = [
      await stack.endpointFor(down, { types }),
      await stack.endpointFor(throttled, { types }),
      await stack.endpointFor(redirecting, { types }),
      await stack.endpointFor(slow, { types }),
      await stack.endpointFor(garbage, { types }),
      await stack.endpointFor(silent, { types }),
    ];

    lives = await stack.ground.create('life', INSTANCES, { webhookUrl: own.url });
    await until('the first events arrive', async () => good.taken.length >= INSTANCES);
    await stack.loseAWorker();
    // One more takes its place meanwhile.
    await Promise.all([stack.fleet.addWorker(), stack.ground.all(lives, 'stopped')]);
    await Promise.all([stack.loseAWorker(), endLives()]);
    await until('it has every life to its end', async () => lives.every(({ id }) => endsIn(good, id)));

    for (const { id } of lives) {
      const life = eventsOf(good, id);
      // In order, none missing, each genuine.
      expect(life.map(({ event }) => event['sequence'])).toEqual(life.map((_, index) => index + 1));
      const told = life.map(({ event }) => event['type']);
      expect(told).toEqual(
        expect.arrayContaining([
          'instance.created',
          'instance.ready',
          'instance.stopped',
          'instance.auto_stopped',
          'instance.deleting',
          'instance.terminated',
        ]),
      );
      expect(told[0]).toBe('instance.created');
    }
    expect(good.received.every(({ isGenuine }) => isGenuine)).toBe(true);
    expect(JSON.stringify(good.received.map(({ event }) => event))).not.toContain(own.url);

    // Nobody waited for those: nothing has come through to them.
    expect([down, redirecting, slow, garbage, silent].map(({ taken }) => taken.length)).toEqual([0, 0, 0, 0, 0]);
    expect(elsewhere.connections).toBe(0);
    await until('the instances have told their own address', async () => sameIds(idsIn(own), instanceIds(good, lives)));
    await until('it has everything, each after its 429', async () =>
      sameIds(idsIn(throttled), instanceIds(good, lives)),
    );
    const results = async (endpoint: Endpoint): Promise<ReadonlySet<string>> =>
      new Set((await stack.deliveriesTo(endpoint)).flatMap(({ attempts }) => attempts.map(({ result }) => result)));
    expect(await results(toThrottled)).toEqual(new Set(['throttled', 'delivered']));
    expect(await results(toRedirecting)).toEqual(new Set(['redirected']));
    for (const endpoint of deaf) {
      await until('its silence is on record', async () => (await results(endpoint)).has('no-answer'));
    }

    expect(await results(toDown)).toEqual(new Set(['no-answer']));
    await down.open();
    // It has been left alone for longer and longer, as the engine's own tests show; a person need not wait for that.
    expect((await stack.post(`endpoints/${toDown.id}/resume`)).status).toBe(200);
    await until('it has everything after it was down', async () => sameIds(idsIn(down), instanceIds(good, lives)));
    expect(await results(toDown)).toEqual(new Set(['no-answer', 'delivered']));
  });

  it('stop at a 410, which is an event, and are sent again when they are asked for', async () => {
    const gone = await stack.receiver();
    const endpoint = await stack.endpointFor(gone, { types: ['instance.*'] });
    gone.answerWith({ kind: 'status', status: 410 });
    const [one] = await stack.ground.create('gone', 1);
    await until('it is disabled', async () => {
      const { body } = await stack.admin.request<Endpoint>('GET', `/api/v1/webhooks/endpoints/${endpoint.id}`);
      return body.state === 'disabled';
    });
    await until('others hear of it', async () =>
      good.taken.some(({ event }) => event['type'] === 'webhook.disabled' && event['endpointId'] === endpoint.id),
    );
    const attempts = gone.received.length;
    await until('what waits is cancelled', async () => (await stack.deliveriesTo(endpoint, 'pending')).length === 0);
    expect(gone.received.length).toBe(attempts);

    gone.answerWith(TAKEN);
    expect((await stack.post(`endpoints/${endpoint.id}/resume`)).body).toMatchObject({ state: 'active' });
    const missed = await stack.deliveriesTo(endpoint);
    const replay = await stack.post(`endpoints/${endpoint.id}/replay?since=${encodeURIComponent(begun)}&all=true`);
    expect(replay.status).toBe(202);
    await until('it has what it missed', async () => missed.every(({ eventId }) => idsIn(gone).has(eventId)));
    // Those that were made since it was resumed may arrive before them.
    const arrived = eventsOf(gone, one?.id ?? '');
    expect(missed.some(({ eventId }) => arrived.some(({ id }) => id === eventId))).toBe(true);

    const [last] = missed;
    const before = gone.taken.length;
    const again = await stack.post(`deliveries/${last?.id}/replay`);
    expect(again.body).toMatchObject({ state: 'pending', replayOf: last?.id, eventId: last?.eventId });
    await until('it has that one again', async () => gone.taken.slice(before).some(({ id }) => id === last?.eventId));
  });

  it('lose nobody while a secret is rotated', async () => {
    const rotated = await stack.post(`endpoints/${goodEndpoint.id}/rotate-secret`, { keepOldForSeconds: 3_600 });
    const fresh = String(rotated.body['secret']);
    for (const secret of [goodEndpoint.secret, fresh]) {
      const begin = good.received.length;
      good.verifyWith(secret);
      const [one] = await stack.ground.create('rotation', 1);
      await until('its events arrive', async () => eventsOf(good, one?.id ?? '').length >= 3);
      expect(good.received.slice(begin).map(({ isGenuine }) => isGenuine)).not.toContain(false);
    }
    expect((await stack.post(`endpoints/${goodEndpoint.id}/rotate-secret`, { keepOldForSeconds: 0 })).status).toBe(200);
    const tried = await stack.post('test', { endpointId: goodEndpoint.id });
    expect(tried.body).toMatchObject({ result: 'delivered', status: 204 });
    const arrived = await until('the test has arrived', async () =>
      good.taken.find(({ event }) => event['type'] === 'webhook.test'),
    );
    expect(arrived.isGenuine).toBe(false);
  });

  it('leave no secret where it need not be, after whole lives and killed workers', async () => {
    const { fleet } = stack;
    const endpoint = await stack.endpointFor(await stack.receiver());
    const address = `${own.url}?token=${RECEIVER_TOKEN}`;
    const body = {
      name: 'planted',
      productName: 'RTX 4090',
      image: 'nginx',
      imageAuthId: REGISTRY.id,
      envs: [{ key: 'HF_TOKEN', value: ENV_VALUE }],
      webhookUrl: address,
      reportToken: true,
      // Or it is stopped before it was looked at.
      autoStop: { enabled: false },
    };
    const made = await until('the create is taken', async () => {
      const key = { 'idempotency-key': 'planted-create' };
      const answer = await fleet.api.request<InstanceView>('POST', '/api/v1/instances', body, key);
      return answer.status === 201 && answer.body;
    });
    const [ready] = await stack.ground.all([made], 'ready');
    const details = ready?.['connectionDetails'] as { readonly ssh?: { readonly password?: string } } | undefined;
    const given = fleet.sandbox.world.instance(ready?.novitaInstanceId ?? '')?.spec.envs ?? [];
    const variables = Object.fromEntries(given.map(({ key, value }) => [key, value]));
    expect(variables).toMatchObject({
      HF_TOKEN: ENV_VALUE,
      NOVITA_FLEET_URL: `${fleet.api.url}/api/v1/instances/${made.id}`,
    });
    const token = variables['NOVITA_FLEET_TOKEN'] ?? '';
    await runCronLine(variables);
    const used = await fleet.api.request<{ entries: object[] }>('GET', `/api/v1/instances/${made.id}/idle`);
    expect(JSON.stringify(used.body)).toContain(`user:instance:${made.id}`);

    // What a caller is told when it sends secrets in a wrong way.
    const one = `/api/v1/instances/${made.id}`;
    const answers = await Promise.all([
      fleet.api.request('POST', '/api/v1/instances', { ...body, envs: [{ key: '', value: ENV_VALUE }] }),
      fleet.api.request('POST', '/api/v1/instances', {
        ...body,
        envs: ENV_VALUE,
        webhookUrl: `ftp://x/${RECEIVER_TOKEN}`,
      }),
      fleet.api.request('POST', '/api/v1/instances', `{"envs":[{"key":"A","value":${JSON.stringify(ENV_VALUE)}`),
      new ApiClient(fleet.api.url, token).request('POST', `${one}/stop`),
      new ApiClient(fleet.api.url, `${token.slice(0, -1)}x`).request('GET', one),
      new ApiClient(fleet.api.url, VIEWER_KEY).request('GET', one),
      new ApiClient(fleet.api.url, token).request('GET', one),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 403, 401, 200, 200]);
    await fleet.api.request('DELETE', one);
    await stack.ground.all([made], 'terminated');
    await until('its last event has arrived', async () => endsIn(own, made.id));

    const secrets = {
      'key of Novita': NOVITA_KEY,
      'key of an operator': OPERATOR_KEY,
      'key of a viewer': VIEWER_KEY,
      'key of an admin': ADMIN_KEY,
      WEBHOOK_SECRET: WEBHOOK_SECRET,
      'secret of an endpoint': endpoint.secret,
      'address of a receiver': RECEIVER_TOKEN,
      'environment value': ENV_VALUE,
      'token of an instance': token.slice(-64),
      'SSH password': details?.ssh?.password ?? '',
      'registry password': REGISTRY.password,
    };
    const logs = [...fleet.apis, ...fleet.workers, ...stack.killed].map(
      ({ output }): Trace => ({ place: 'log', text: output }),
    );
    // Some workers at these addresses were killed.
    const urls = [fleet.api.url, ...fleet.workerUrls];
    const asked = await Promise.allSettled(urls.map((url) => stack.ground.metrics(url)));
    const metrics = asked.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    expect(metrics.length).toBe(1 + fleet.workers.length);
    const told = { place: 'webhook', text: JSON.stringify(stack.receivers.map(({ received }) => received)) };
    const traces = [
      ...logs,
      told,
      ...metrics.map((text): Trace => ({ place: 'metrics', text })),
      ...answers.map(({ body: said }): Trace => ({ place: 'answer', text: JSON.stringify(said) })),
      ...(await redisTraces(fleet.redis.url)),
      ...(await fileTraces(fleet.environment['DATA_DIR'] ?? '')),
    ];
    expect(logs.every(({ text }) => text.length > 1_000)).toBe(true);
    // docs/security.md says why of each.
    expect(findSecrets(secrets, traces, keyKind)).toEqual([
      'SSH password in changes',
      'SSH password in instance:<id>',
      'address of a receiver in changes',
      'address of a receiver in idempotency:<id>',
      'address of a receiver in instance:<id>',
      'address of a receiver in webhooks:instance-endpoints',
      'address of a receiver in webhooks:instances',
      'environment value in changes',
      'environment value in idempotency:<id>',
      'environment value in instance:<id>',
      'secret of an endpoint in webhooks:endpoints',
    ]);
  });
});

/** The line of docs/keys.md by which a job inside an instance reports its use, where a GPU is busy. */
async function runCronLine(variables: Readonly<Record<string, string>>): Promise<void> {
  const line = /^\* \* \* \* \* (.+)$/m.exec(await readFile(join(ROOT, 'docs', 'keys.md'), 'utf8'))?.[1];
  if (line === undefined) throw new Error('docs/keys.md has no such line');
  const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-cron-'));
  try {
    await writeFile(join(folder, 'nvidia-smi'), '#!/bin/sh\necho 4711\n');
    await chmod(join(folder, 'nvidia-smi'), 0o755);
    const env = { PATH: `${folder}:${process.env['PATH']}`, ...variables };
    await promisify(execFile)('/bin/sh', ['-c', line], { env });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A key of Redis without the parts that are its own. */
function keyKind(place: string): string {
  return place.replace(/^\{[^}]*\}:/, '').replace(/:(?=[^:]*[0-9A-Z])[^:]{16,}$/, ':<id>');
}

/** Answers true at the first question about each id. */
function firstTimes(): (id: string) => boolean {
  const known = new Set<string>();
  return (id) => {
    const isFirst = !known.has(id);
    known.add(id);
    return isFirst;
  };
}

function endsIn(receiver: WebhookReceiver, instanceId: string): boolean {
  return eventsOf(receiver, instanceId).some(({ event }) => event['type'] === 'instance.terminated');
}

function idsIn(receiver: WebhookReceiver): ReadonlySet<string> {
  return new Set(receiver.taken.map(({ id }) => id));
}

/** The ids of all events of these instances. */
function instanceIds(receiver: WebhookReceiver, instances: readonly InstanceView[]): ReadonlySet<string> {
  return new Set(instances.flatMap(({ id }) => eventsOf(receiver, id).map((event) => event.id)));
}

function sameIds(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return other.size > 0 && one.size === other.size && [...one].every((id) => other.has(id));
}
