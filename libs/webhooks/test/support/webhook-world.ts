import {
  CHANGE_FEED_LIMIT,
  type ChangeFeed,
  type InstanceId,
  type InstanceStore,
  MemoryChangeFeed,
  memoryStore,
  RedisChangeFeed,
  redisStore,
} from '@app/instance-store';
import {
  type JobDeclaration,
  type JobPayload,
  JobQueue,
  type QueueCounts,
  QueueUnavailableError,
  ReconcileRequests,
} from '@app/jobs';
import type { Timestamp } from '@app/platform';
import {
  type LockHold,
  LockKeeper,
  MemoryLeaseKeeper,
  MemoryLockKeeper,
  type RedisConnections,
  RedisLockKeeper,
  type ReportUnreadable,
} from '@app/redis';
import { aNewInstance, FakeClock, type InstanceOverrides, SequentialIds } from '@app/testing';
import { Registry } from 'prom-client';
import { vi } from 'vitest';
import { AttemptRecorder } from '../../src/deliver/attempt-recorder.js';
import { DeliveryHints } from '../../src/deliver/delivery-hints.js';
import { DeliveryRun } from '../../src/deliver/delivery-run.js';
import { HoldReleases } from '../../src/deliver/hold-releases.js';
import { FanOut } from '../../src/fan-out/fan-out.js';
import { WebhookMetrics } from '../../src/health/webhook-metrics.js';
import {
  type DeliveryState,
  type EndpointId,
  NO_FILTER,
  WebhookDeliveries,
  type WebhookDelivery,
  type WebhookEndpoint,
  WebhookEndpoints,
  type WebhookOptions,
} from '../../src/index.js';
import { SettingSecrets } from '../../src/model/webhook-options.js';
import { memoryWebhookStore, redisWebhookStore, type WebhookStore } from '../../src/store/webhook-store.js';
import { WebhookSweep } from '../../src/sweep/webhook-sweep.js';
import { ScriptedSender } from './scripted-sender.js';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const HOOK = 'https://hooks.example.com/a';
export const OTHER_HOOK = 'https://hooks.example.com/b';

/** The settings of webhooks as they are by default, with a secret. */
export function webhookOptions(): WebhookOptions {
  return {
    globalUrl: null,
    secret: `whsec_${'a'.repeat(32)}`,
    allowPrivateAddresses: false,
    httpsOnly: false,
    scheduleMs: [
      0,
      5 * SECOND,
      30 * SECOND,
      2 * MINUTE,
      10 * MINUTE,
      30 * MINUTE,
      HOUR,
      2 * HOUR,
      4 * HOUR,
      8 * HOUR,
      8 * HOUR,
    ],
    sweepIntervalMs: 15 * SECOND,
  };
}

/** Where a world keeps everything. */
export interface WorldParts {
  readonly instances: InstanceStore;
  readonly feed: ChangeFeed;
  readonly locks: LockKeeper;
  readonly webhooks: WebhookStore;
}

/** Keeps which jobs were asked for. */
class KeyedQueue extends JobQueue {
  readonly pending = new Set<string>();
  /** When pending jobs begin; at once where it is not said. */
  readonly startsAt = new Map<string, Timestamp>();
  available = true;

  override async enqueue<Payload extends JobPayload>(job: JobDeclaration<string, Payload>, payload: Payload) {
    await this.enqueueMany(job, [payload]);
  }

  override async enqueueMany<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payloads: readonly Payload[],
  ): Promise<void> {
    if (!this.available) throw new QueueUnavailableError('the queue is away');
    for (const payload of payloads) this.pending.add(job.coalescingKey(payload));
  }

  override async pendingKeys(
    _queue: string,
    keys: readonly string[],
    by: Timestamp | null = null,
  ): Promise<ReadonlySet<string>> {
    const isFar = (key: string): boolean => by !== null && (this.startsAt.get(key) ?? by) > by;
    return new Set(keys.filter((key) => this.pending.has(key) && !isFar(key)));
  }

  override async schedule(): Promise<void> {}
  override async unschedule(): Promise<void> {}
  override async nextRunOf(): Promise<null> {
    return null;
  }
  override async counts(): Promise<QueueCounts> {
    return { waiting: 0, delayed: 0, active: 0, failed: 0 };
  }
}

/** Workers with their store, a clock that stands still, and endpoints that answer as a test says. */
export class WebhookWorld {
  readonly sender = new ScriptedSender();
  readonly queue = new KeyedQueue();
  readonly registry = new Registry();
  readonly options = webhookOptions();
  readonly hints = new DeliveryHints(this.queue);
  readonly metrics = new WebhookMetrics(this.registry);
  readonly endpoints: WebhookEndpoints;
  readonly deliveries: WebhookDeliveries;
  readonly run: DeliveryRun;
  private readonly ids = new SequentialIds();

  constructor(
    readonly parts: WorldParts,
    readonly clock: FakeClock,
  ) {
    const { endpoints, log } = parts.webhooks;
    const secrets = new SettingSecrets(this.options);
    this.endpoints = new WebhookEndpoints(endpoints, this.hints, secrets, this.ids, clock);
    this.deliveries = new WebhookDeliveries(log, endpoints, this.hints, this.ids, clock);
    this.run = this.makeRun(parts.webhooks);
  }

  static inMemory(mostDeliveries?: number, feedLimit = CHANGE_FEED_LIMIT): WebhookWorld {
    const clock = new FakeClock();
    const feed = new MemoryChangeFeed(clock, feedLimit);
    const locks = new MemoryLockKeeper(clock);
    const webhooks = memoryWebhookStore(feed, locks, clock, mostDeliveries);
    return new WebhookWorld({ instances: memoryStore(clock, { feed, locks }), feed, locks, webhooks }, clock);
  }

  static inRedis(
    connections: RedisConnections,
    keyPrefix: string,
    mostDeliveries?: number,
    feedLimit = CHANGE_FEED_LIMIT,
    report?: ReportUnreadable,
  ): WebhookWorld {
    const clock = new FakeClock();
    return new WebhookWorld(
      {
        instances: redisStore(connections.commands, clock, { keyPrefix, feedLimit }),
        feed: new RedisChangeFeed(connections, { keyPrefix, feedLimit, blockMs: 500 }),
        locks: new RedisLockKeeper(connections, keyPrefix),
        webhooks: redisWebhookStore(connections, keyPrefix, clock, mostDeliveries, report),
      },
      clock,
    );
  }

  /** Deliveries of a worker over a store that fails as a test says. */
  makeRun(store: WebhookStore): DeliveryRun {
    const recorder = new AttemptRecorder(store.queue, store.endpoints, this.metrics, this.options, this.clock);
    const requests = new ReconcileRequests(this.queue);
    const releases = new HoldReleases(this.parts.instances.records, requests, this.clock);
    return new DeliveryRun(store.queue, this.sender, recorder, new SettingSecrets(this.options), releases, this.clock);
  }

  makeFanOut(store: WebhookStore = this.parts.webhooks): FanOut {
    return new FanOut(this.parts.feed, store.fanOut, this.hints, this.metrics, this.options, this.clock);
  }

  makeSweep(): WebhookSweep {
    const leases = new MemoryLeaseKeeper(this.clock);
    return new WebhookSweep(this.parts.webhooks.queue, this.queue, this.hints, leases, this.metrics, this.clock);
  }

  async lock(): Promise<LockHold> {
    const claim = { owner: 'test', purpose: 'webhooks', ttlMs: 60_000 };
    const acquisition = await this.parts.locks.acquire('webhook-fan-out', claim);
    if (!acquisition.acquired) throw new Error('the lock is held');
    return acquisition.hold;
  }

  /** Another process may have the lock now, as after the death of its holder. */
  async unlock(hold: LockHold): Promise<void> {
    await this.parts.locks.release(hold);
  }

  /** Turns all that is on the feed into deliveries. @throws what the store throws */
  async fanOut(store: WebhookStore = this.parts.webhooks): Promise<void> {
    const hold = await this.lock();
    try {
      await this.follow(this.makeFanOut(store), hold);
    } finally {
      await this.unlock(hold);
    }
  }

  /** Until the latest entry of the feed has been read. */
  async follow(fanOut: FanOut, hold: LockHold): Promise<void> {
    const end = new AbortController();
    const failure = Promise.withResolvers<never>();
    const done = (async () => {
      while (!end.signal.aborted) await fanOut.follow(hold, end.signal);
    })();
    done.catch(failure.reject);
    const latest = await this.parts.feed.latestId();
    const reached = vi.waitUntil(async () => (await this.parts.webhooks.fanOut.position()) === latest, {
      timeout: 10_000,
      interval: 2,
    });
    try {
      await Promise.race([reached, failure.promise]);
    } finally {
      end.abort();
    }
    await done;
  }

  /** The fan-out begins with what happens from now on. */
  async begin(): Promise<void> {
    const hold = await this.lock();
    await this.parts.webhooks.fanOut.moveTo(await this.parts.feed.latestId(), hold);
    await this.unlock(hold);
  }

  /** An endpoint that takes everything, unless said otherwise. */
  addEndpoint(overrides: Partial<Pick<WebhookEndpoint, 'url' | 'types' | 'filter' | 'ordered' | 'hold'>> = {}) {
    return this.endpoints.create(
      {
        url: HOOK,
        description: null,
        types: [],
        filter: NO_FILTER,
        ordered: false,
        hold: false,
        algorithm: 'v1',
        ...overrides,
      },
      'user:test',
    );
  }

  /** The creation of an instance is one event. */
  async addInstance(overrides: InstanceOverrides = {}): Promise<InstanceId> {
    const record = aNewInstance(overrides);
    await this.parts.instances.records.insert(record);
    return record.id;
  }

  /** One more event of an instance. */
  async change(id: InstanceId): Promise<void> {
    const stored = await this.parts.instances.records.get(id);
    if (stored === null) throw new Error(`no instance ${id}`);
    const price = { usdPerHour: stored.record.revision };
    await this.parts.instances.records.write({ ...stored.record, price }, { kind: 'command' });
  }

  /** Runs the jobs that are due at this time, until none is. */
  async deliver(run: DeliveryRun = this.run): Promise<void> {
    const { queue } = this.parts.webhooks;
    for (;;) {
      const due = await queue.dueEndpoints(this.clock.timestamp(), 100);
      if (due.length === 0) return;
      await Promise.all(due.map((id) => run.run(id, new AbortController().signal)));
    }
  }

  /** Lets time pass in steps, with the jobs of each. */
  async pass(ms: number, stepMs: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(stepMs);
      await this.deliver();
    }
  }

  async all(endpointId?: EndpointId): Promise<readonly WebhookDelivery[]> {
    const { deliveries } = await this.deliveries.list({ limit: 200, ...(endpointId !== undefined && { endpointId }) });
    return deliveries;
  }

  async states(endpointId?: EndpointId): Promise<readonly DeliveryState[]> {
    return (await this.all(endpointId)).map(({ state }) => state).toReversed();
  }
}

/** A world whose fan-out has begun, with one endpoint. */
export async function withEndpoint(
  make: () => WebhookWorld,
  overrides: Parameters<WebhookWorld['addEndpoint']>[0] = {},
): Promise<readonly [WebhookWorld, WebhookEndpoint]> {
  const world = make();
  const endpoint = await world.addEndpoint(overrides);
  await world.begin();
  return [world, endpoint];
}
