import type { InstanceView } from './api-client.js';
import { AutoStopClient } from './auto-stop-client.js';
import { Fleet, type FleetOptions, VIEWER_KEY } from './fleet.js';
import { until } from './until.js';

/** Instances that are asked for at the same time. */
const AT_ONCE = 40;
const PAGE = 200;

/** What a test reads of `GET /health`. */
export interface Health {
  readonly status: string;
  readonly details: {
    readonly unconfirmed?: { readonly oldestAgeSeconds: number };
    readonly autoStop?: { readonly suspended: boolean };
  };
}

/** A fleet in which instances come up within a second or two, to be stopped for standing idle. */
export class IdleFleet {
  private constructor(
    readonly fleet: Fleet,
    /** One for each API. */
    readonly autoStop: readonly AutoStopClient[],
  ) {}

  static async start(options: FleetOptions): Promise<IdleFleet> {
    const fleet = await Fleet.start({
      ...options,
      env: {
        // What is measured here is not how patient a caller of a busy machine is.
        NOVITA_TIMEOUT: '15s',
        CREATE_RETRY_GRACE: '20s',
        NOVITA_MAX_REQUESTS_PER_SECOND: '5000',
        ...options.env,
      },
      // The sandbox's own times are its fastest.
      sandbox: { timing: {}, ...options.sandbox },
    });
    fleet.sandbox.world.restock();
    return new IdleFleet(
      fleet,
      fleet.clients.map((client) => new AutoStopClient(client)),
    );
  }

  async stop(): Promise<void> {
    await this.fleet.stop();
  }

  get first(): AutoStopClient {
    return this.of(0);
  }

  /** Takes turns. */
  of(turn: number): AutoStopClient {
    const client = this.autoStop[turn % this.autoStop.length];
    if (client === undefined) throw new Error('this fleet has no API');
    return client;
  }

  /** Through all APIs in turn. */
  async create(
    name: string,
    count: number,
    body: Readonly<Record<string, unknown>> = {},
  ): Promise<readonly InstanceView[]> {
    return atMost(AT_ONCE, Array.from({ length: count }), async (_, i) =>
      this.of(i).api.create({ name: `${name}-${i}`, productName: 'RTX 4090', image: 'nginx', ...body }),
    );
  }

  async createReady(
    name: string,
    count: number,
    body: Readonly<Record<string, unknown>> = {},
  ): Promise<readonly InstanceView[]> {
    const wanted = new Set((await this.create(name, count, body)).map(({ id }) => id));
    // One that stands idle too long may have been stopped again before it is looked at.
    return until(`${name}: ${count} were ready`, async () => {
      const found = (await this.list()).filter((view) => wanted.has(view.id) && view['readyAt'] !== undefined);
      return found.length === wanted.size && found;
    });
  }

  /** Waits until each of them has this status. */
  async all(instances: readonly { readonly id: string }[], status: string): Promise<readonly InstanceView[]> {
    const wanted = new Set(instances.map(({ id }) => id));
    return until(`${wanted.size} are ${status}`, async () => {
      const found = (await this.list(status)).filter(({ id }) => wanted.has(id));
      return found.length === wanted.size && found;
    });
  }

  /** @param status default: whatever it is */
  async list(status?: string): Promise<readonly InstanceView[]> {
    const found: InstanceView[] = [];
    for (let cursor = ''; ; ) {
      const filter = status === undefined ? '' : `&status=${status}`;
      const path = `/api/v1/instances?limit=${PAGE}${filter}${cursor}`;
      const { body } = await this.fleet.api.request<{ instances: InstanceView[]; nextCursor: string | null }>(
        'GET',
        path,
      );
      found.push(...body.instances);
      if (body.nextCursor === null) return found;
      cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
    }
  }

  /** When the stop of this instance was asked for at Novita, refused calls included; epoch milliseconds. */
  stopCalls({ novitaInstanceId }: Pick<InstanceView, 'novitaInstanceId'>): readonly number[] {
    return this.fleet.sandbox.world
      .callLog()
      .filter(({ operation, instanceId }) => operation === 'stopInstance' && instanceId === novitaInstanceId)
      .map(({ at }) => at);
  }

  /** Of each instance at Novita whose stop was asked for, how often; in one pass over the calls. */
  stopCounts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { operation, instanceId } of this.fleet.sandbox.world.callLog()) {
      if (operation !== 'stopInstance' || instanceId === null) continue;
      counts.set(instanceId, (counts.get(instanceId) ?? 0) + 1);
    }
    return counts;
  }

  /** The metrics of a process. */
  async metrics(url: string): Promise<string> {
    const headers = { authorization: `Bearer ${VIEWER_KEY}` };
    return (await fetch(`${url}/metrics`, { headers })).text();
  }

  /** The metrics of all processes: what is the same in each is among them once. */
  async fleetMetrics(): Promise<string> {
    const { clients, workerUrls } = this.fleet;
    const urls = [...clients.map(({ url }) => url), ...workerUrls];
    return (await Promise.all(urls.map((url) => this.metrics(url)))).join('\n');
  }

  /** Health and metrics show how long a stop has been waiting that was first asked for then. */
  async showsAgeOf(since: number): Promise<void> {
    await until('its age is shown', async () => {
      const age = Math.floor((Date.now() - since) / 1_000) - 3;
      const health = (await (await fetch(`${this.fleet.api.url}/health`)).json()) as Health;
      const text = await this.fleetMetrics();
      const measured = /^novita_fleet_unconfirmed_wish_age_seconds ([\d.]+)$/m.exec(text)?.[1];
      return (health.details.unconfirmed?.oldestAgeSeconds ?? 0) >= age && Number(measured) >= age;
    });
  }
}

/** Maps with so many at a time under way. */
export async function atMost<Item, Result>(
  count: number,
  items: readonly Item[],
  map: (item: Item, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await map(items[index] as Item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, work));
  return results;
}
