import { type ReceivedWebhook, WebhookReceiver } from '@app/testing/servers';
import { type Answer, ApiClient } from './api-client.js';
import type { BuiltProcess } from './built-process.js';
import { type Fleet, OPERATOR_KEY, VIEWER_KEY } from './fleet.js';
import { IdleFleet } from './idle-fleet.js';
import { until } from './until.js';

export const ADMIN_KEY = 'admin-key-for-tests-only-00';
/** Longer than the pause of an endpoint that does not answer, and than the tests keep one from answering. */
const SCHEDULE = ['0', '200ms', '500ms', '1s', '2s', ...Array.from({ length: 15 }, () => '10s')].join(',');

export interface Endpoint {
  readonly id: string;
  readonly secret: string;
  readonly state: string;
}

export interface Delivery {
  readonly id: string;
  readonly eventId: string;
  readonly state: string;
  readonly attempts: readonly { readonly result: string; readonly status?: number; readonly answer?: string }[];
}

/** One API and one worker, an idle instance of which is stopped after two seconds, and as many receivers as are asked for. */
export class WebhookStack {
  readonly receivers: WebhookReceiver[] = [];
  /** Processes that were killed on the way; what they logged counts too. */
  readonly killed: BuiltProcess[] = [];
  readonly admin: ApiClient;

  private constructor(readonly ground: IdleFleet) {
    this.admin = new ApiClient(ground.fleet.api.url, ADMIN_KEY);
  }

  static async start(env: Readonly<Record<string, string>>): Promise<WebhookStack> {
    const ground = await IdleFleet.start({
      apis: 1,
      workers: 1,
      env: {
        // In production addresses need TLS.
        NODE_ENV: 'development',
        API_KEYS: `ops:operator:${OPERATOR_KEY},eyes:viewer:${VIEWER_KEY},boss:admin:${ADMIN_KEY}`,
        WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true',
        WEBHOOK_SCHEDULE: SCHEDULE,
        AUTO_STOP_INTERVAL: '1s',
        AUTO_STOP_THRESHOLD: '2s',
        AUTO_STOP_WARNING: '500ms',
        STOP_HOLD_TIMEOUT: '2s',
        ...env,
      },
    });
    return new WebhookStack(ground);
  }

  async stop(): Promise<void> {
    await Promise.all(this.receivers.map((each) => each.close()));
    await this.ground.stop();
  }

  get fleet(): Fleet {
    return this.ground.fleet;
  }

  async receiver(): Promise<WebhookReceiver> {
    const started = await WebhookReceiver.start();
    this.receivers.push(started);
    return started;
  }

  async endpointFor({ url }: WebhookReceiver, more: object = {}): Promise<Endpoint> {
    const { status, body } = await this.post<Endpoint>('endpoints', { url, ...more });
    if (status !== 201) throw new Error(`the endpoint was refused with ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** Asks again when the answer says to come later: a process that is starved takes its Redis for away. */
  async post<Body = Record<string, unknown>>(path: string, body?: unknown): Promise<Answer<Body>> {
    return until('a command is taken or refused', async () => {
      const answer = await this.admin.request<Body>('POST', `/api/v1/webhooks/${path}`, body);
      return answer.status !== 503 && answer;
    });
  }

  async deliveriesTo({ id }: Endpoint, state = ''): Promise<readonly Delivery[]> {
    const query = `endpoint=${id}&limit=200${state === '' ? '' : `&state=${state}`}`;
    const path = `/api/v1/webhooks/deliveries?${query}`;
    return (await this.admin.request<{ deliveries: Delivery[] }>('GET', path)).body.deliveries;
  }

  /** A worker is killed in the middle of whatever it does; the others go on. */
  async loseAWorker(): Promise<void> {
    const { workers } = this.fleet;
    const [lost] = workers.splice(Math.floor(Math.random() * workers.length), 1);
    await lost?.end('SIGKILL');
    if (lost !== undefined) this.killed.push(lost);
  }
}

/** Of one instance, in the order of their arrival; a repeat, as after the loss of a worker, counts once. */
export function eventsOf(receiver: WebhookReceiver, instanceId: string): readonly ReceivedWebhook[] {
  const known = new Set<string>();
  return receiver.taken.filter(({ id, event }) => {
    if (event['instanceId'] !== instanceId || known.has(id)) return false;
    known.add(id);
    return true;
  });
}
