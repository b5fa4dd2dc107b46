import { type Sandbox, startSandbox } from '@app/sandbox';
import { TAKEN, TraceReceiver, WebhookReceiver } from '@app/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { syncExamples } from './suites/sync-examples.js';
import { ApiClient, type InstanceView } from './support/api-client.js';
import { OPERATOR_KEY, QUICK, VIEWER_KEY } from './support/fleet.js';
import { HoldingProxy } from './support/holding-proxy.js';
import { OneProcess } from './support/one-process.js';
import { until } from './support/until.js';

const ADMIN_KEY = 'admin-key-for-tests-only-00';
/** Of a client that makes traces too. */
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
/** An answer that does not count as being down. */
const NOT_YET = { kind: 'status', status: 409 } as const;
const WANTED = { productName: 'RTX 4090', image: 'nginx' };

/** What needs no Redis and no second process shares one. */
let sandbox: Sandbox;
let traces: TraceReceiver;
let webhooks: WebhookReceiver;
let novita: HoldingProxy;
let service: OneProcess;
let admin: ApiClient;

beforeAll(async () => {
  [sandbox, traces, webhooks] = await Promise.all([
    startSandbox({ timing: {}, instances: 6 }),
    TraceReceiver.start(),
    WebhookReceiver.start(),
  ]);
  sandbox.world.restock();
  novita = await HoldingProxy.before(sandbox.url, '/templates');
  const env = {
    ...QUICK,
    // In production addresses of webhooks need TLS.
    NODE_ENV: 'development',
    API_KEYS: `ops:operator:${OPERATOR_KEY},eyes:viewer:${VIEWER_KEY},boss:admin:${ADMIN_KEY}`,
    NOVITA_API_BASE_URL: novita.url,
    NOVITA_TIMEOUT: '60s',
    CREATE_RETRY_GRACE: '70s',
    SYNC_ENABLE_AUTOMATIC_SYNC: 'false',
    OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
    WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true',
    WEBHOOK_SCHEDULE: ['0', ...Array.from({ length: 40 }, () => '500ms')].join(','),
    AUTO_STOP_INTERVAL: '1s',
    AUTO_STOP_THRESHOLD: '2s',
    AUTO_STOP_WARNING: '0',
    STOP_HOLD_TIMEOUT: '2s',
  };
  service = await OneProcess.start({ env });
  admin = new ApiClient(service.url, ADMIN_KEY);
});
afterAll(async () => {
  await service?.stop();
  await Promise.all([traces?.close(), webhooks?.close(), novita?.close(), sandbox?.close()]);
});

syncExamples(() => ({ url: service.url, sandbox, novita }));

/** What many processes do together, one does alone. */
describe('one process without Redis', () => {
  it('has a stop wait for its endpoint just the same', async () => {
    let isReleased = false;
    webhooks.answerWith(() => (isReleased ? TAKEN : NOT_YET));
    const endpoint = { url: webhooks.url, types: ['instance.stop_pending'], hold: true };
    expect((await admin.request('POST', '/api/v1/webhooks/endpoints', endpoint)).status).toBe(201);
    const make = async (name: string, autoStop: object): Promise<string> =>
      (await admin.create({ ...WANTED, name, autoStop })).id;
    const reaches = (id: string, isThere: (view: InstanceView) => boolean): Promise<InstanceView> =>
      until('it is there', async () => {
        const view = await admin.get(id);
        return isThere(view) && view;
      });
    const outcomeOf = (view: InstanceView) => (view['stopHold'] as { readonly outcome?: string } | undefined)?.outcome;
    const [patient, hasty] = [await make('patient', { holdMinutes: 30 }), await make('hasty', {})];
    await reaches(patient, (view) => view['stopHold'] !== undefined);
    const stopped = await reaches(hasty, ({ status }) => status === 'stopped');
    expect(outcomeOf(stopped)).toBe('timed-out');
    expect((await admin.get(patient)).status).toBe('ready');
    isReleased = true;
    const released = await reaches(patient, ({ status }) => status === 'stopped');
    expect(outcomeOf(released)).toBe('released');
  });

  // The last one: what has not been sent yet is sent when the process ends.
  it('makes a trace that leads from a request through the queue to Novita and the webhook', async () => {
    webhooks.answerWith(TAKEN);
    const body = { ...WANTED, name: 'traced', webhookUrl: `${webhooks.url}/traced`, autoStop: { enabled: false } };
    const headers = { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01` };
    const { status, body: made } = await admin.request<InstanceView>('POST', '/api/v1/instances', body, headers);
    expect([status, made]).toMatchObject([201, { name: 'traced' }]);
    await until('its webhook has arrived', async () =>
      webhooks.taken.some(({ event }) => event['instanceId'] === made.id && event['type'] === 'instance.ready'),
    );
    expect(await service.process.end('SIGTERM')).toBe(0);
    const names = traces
      .trace(TRACE_ID)
      .filter(({ service }) => service === 'novita-fleet-standalone')
      .map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'POST /api/v1/instances',
        'enqueue RECONCILE_INSTANCE',
        'run RECONCILE_INSTANCE',
        'novita POST /gpu/instance/create',
        'webhook instance.ready',
      ]),
    );
  });
});
