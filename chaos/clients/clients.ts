import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { InstanceId } from '@app/instance-store';
import { KEY } from '../ground/ground.js';
import type { Slot } from '../ground/slot.js';
import type { ClientStep, ProcessName } from '../plan/plan.js';
import { Promised } from './promises.js';

/** What a client learned. `status` 0: no answer came. */
interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly api: ProcessName;
}

/** One request, for the figures. */
interface Asked {
  readonly name: string;
  readonly status: number;
  readonly ms: number;
}

const PATIENCE_MS = 8_000;
const RETRY_MS = 1_000;
const MOST_TRIES = 8;
const INSTANCES = '/api/v1/instances';

/** The clients: each request goes to the next API process, whether or not that lives. */
export class Clients {
  readonly promised: Promised[] = [];
  readonly asked: Asked[] = [];
  private turn = 0;
  private created = 0;
  private readonly open = new Set<Promise<void>>();

  /** @param onNote for the history of an instance */
  constructor(
    private readonly apis: readonly Slot[],
    private readonly mostInstances: number,
    private readonly onNote: (id: string, line: string) => void,
  ) {}

  begin(step: ClientStep): void {
    const running = this.carryOut(step);
    this.open.add(running);
    void running.finally(() => this.open.delete(running)).catch(() => undefined);
  }

  /** Waits for the answers to all that was asked. */
  async end(): Promise<void> {
    await Promise.all(this.open);
  }

  private async carryOut(step: ClientStep): Promise<void> {
    if (step.kind === 'create') return this.create(step);
    if (step.kind === 'sync') {
      await this.request('sync', 'POST', `${INSTANCES}/sync`, { forceSync: step.force });
      return;
    }
    const known = this.promised[step.target % Math.max(1, this.promised.length)];
    if (known === undefined) return;
    const path = `${INSTANCES}/${known.id}`;
    switch (step.kind) {
      case 'start':
      case 'stop':
      case 'restart':
        return this.command(known, step.kind, 'POST', `${path}/${step.kind}`);
      case 'delete':
        return this.command(known, 'delete', 'DELETE', path);
      case 'use':
        return this.use(known, path);
      case 'lease':
        return this.lease(known, path, step.forMs);
      case 'end-lease':
        known.leaseIs(null);
        await this.request('end-lease', 'DELETE', `${path}/lease`);
        return;
      case 'patch': {
        known.thresholdIs(undefined);
        const body = { autoStop: { thresholdMinutes: step.threshold } };
        const answer = await this.request('patch', 'PATCH', path, body, { 'if-match': '*' });
        if (answer.status === 200) known.thresholdIs(step.threshold);
        return;
      }
      case 'read':
        await this.request('list', 'GET', `${INSTANCES}?limit=50`);
        await this.request('get', 'GET', path);
    }
  }

  private async create({ billing, autoStop, threshold }: Extract<ClientStep, { kind: 'create' }>): Promise<void> {
    if (this.created >= this.mostInstances) return;
    const order = ++this.created;
    const name = `chaos-${order}`;
    const key = randomUUID();
    const body = {
      name,
      productName: 'RTX 4090 24GB',
      image: 'nginx:1.29',
      billingMode: billing,
      autoStop: { enabled: autoStop },
    };
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      // By the same key, so it is the same instance.
      const answer = await this.request('create', 'POST', INSTANCES, body, { 'idempotency-key': key });
      if (answer.status === 201) {
        const { id, desired, desiredAt } = viewIn(answer);
        this.promised.push(new Promised(order, id, name, { state: desired, at: desiredAt }, threshold, autoStop));
        return;
      }
      if (!mayBeRepeated(answer)) return;
      await pause(RETRY_MS);
    }
  }

  private async command(known: Promised, name: string, method: string, path: string): Promise<void> {
    const answer = await this.request(name, method, path);
    this.onNote(known.id, `client: ${name} at ${answer.api}: ${answer.status}`);
    if (answer.status !== 200 && answer.status !== 202) return;
    const { desired, desiredAt } = viewIn(answer);
    if (desiredAt > known.desired.at) known.desired = { state: desired, at: desiredAt };
  }

  private async use(known: Promised, path: string): Promise<void> {
    const atMs = Date.now();
    const { status, api } = await this.request('use', 'PUT', `${path}/last-used`);
    if (status !== 200 && status !== 202) return;
    this.onNote(known.id, `client: used at ${new Date(atMs).toISOString()}, ${api} answered ${status}`);
    known.uses.push({ atMs, acknowledgedMs: Date.now(), journalOf: status === 202 ? api : null });
  }

  private async lease(known: Promised, path: string, forMs: number): Promise<void> {
    const untilMs = Date.now() + forMs;
    known.leaseIs(null);
    const body = { until: new Date(untilMs).toISOString(), reason: 'chaos' };
    const { status, api } = await this.request('lease', 'PUT', `${path}/lease`, body);
    this.onNote(known.id, `client: lease until ${body.until}, ${api} answered ${status}`);
    if (status !== 200 && status !== 202) return;
    known.leaseIs({ untilMs, acknowledgedMs: Date.now(), journalOf: status === 202 ? api : null });
  }

  private async request(
    name: string,
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const api = this.apis[this.turn++ % this.apis.length];
    if (api === undefined) throw new Error('there is no API');
    const startedAt = performance.now();
    const answer = await ask(api, method, path, body, headers);
    this.asked.push({ name, status: answer.status, ms: performance.now() - startedAt });
    return answer;
  }
}

async function ask(
  api: Slot,
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  try {
    const answer = await fetch(`${api.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${KEY}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const value: unknown = await answer.json();
    return { status: answer.status, body: value as Answer['body'], api: api.name };
  } catch {
    return { status: 0, body: {}, api: api.name };
  }
}

function viewIn({ body }: Answer): {
  readonly id: InstanceId;
  readonly desired: 'running' | 'stopped' | 'deleted';
  readonly desiredAt: string;
} {
  return body as ReturnType<typeof viewIn>;
}

function mayBeRepeated({ status, body }: Answer): boolean {
  return status === 0 || status === 429 || status >= 500 || body['retryable'] === true;
}
