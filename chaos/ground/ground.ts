import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../libs/testing/src/free-port.js';
import type { ProcessName } from '../plan/plan.js';
import { Gate } from './gate.js';
import { NovitaGround } from './novita.js';
import { RedisPair } from './redis-pair.js';
import { SHUTDOWN_TIMEOUT_MS, Slot } from './slot.js';

export const KEY = 'operator-key-for-chaos-only';
export const KEY_PREFIX = 'chaos';
export const THRESHOLD_MS = 12_000;

/** Whatever comes again and again comes often, so that minutes hold what takes a day otherwise. */
const SETTINGS: Readonly<Record<string, string>> = {
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'warn',
  API_KEYS: `chaos:operator:${KEY}`,
  NOVITA_API_KEY: 'sandbox-key',
  NOVITA_TIMEOUT: '3s',
  // Few instances are several pages, so that lists can drift.
  NOVITA_PAGE_SIZE: '4',
  NOVITA_MAX_REQUESTS_PER_SECOND: '40',
  FLEET_ID: 'ch40',
  REDIS_KEY_PREFIX: KEY_PREFIX,
  CREATE_RETRY_GRACE: '12s',
  INSTANCE_POLL_INTERVAL: '500ms',
  INSTANCE_STARTUP_TIMEOUT: '60s',
  DEADLINE_SWEEP_INTERVAL: '1s',
  CONFIRM_PATIENCE: '20s',
  AUTO_STOP_THRESHOLD: `${THRESHOLD_MS}ms`,
  AUTO_STOP_WARNING: '4s',
  AUTO_STOP_INTERVAL: '2s',
  SYNC_INTERVAL_MINUTES: '5s',
  SYNC_MISSING_GRACE: '8s',
  SYNC_LOCK_TTL: '5s',
  MIGRATION_INTERVAL_MINUTES: '5s',
  AUTO_STOP_MAX_STALENESS: '60s',
  RATE_LIMIT_PER_MINUTE: '100000',
  SHUTDOWN_DELAY: '1500ms',
  SHUTDOWN_TIMEOUT: `${SHUTDOWN_TIMEOUT_MS}ms`,
};

/** APIs and workers, each behind a network of its own, a pair of Redis servers, and Novita. */
export class Ground {
  private constructor(
    readonly redis: RedisPair,
    readonly novita: NovitaGround,
    readonly slots: readonly Slot[],
    /** The network between the checks and Redis, which nothing disturbs. */
    readonly observer: Gate,
    private readonly folder: string,
  ) {}

  /** @param names of the processes that there are @param onFailure called with what no process may do */
  static async start(
    seed: number,
    names: readonly ProcessName[],
    onFailure: (detail: string) => void,
  ): Promise<Ground> {
    const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-chaos-'));
    const [redis, novita] = await Promise.all([RedisPair.start(), NovitaGround.start(seed)]);
    const env = { ...SETTINGS, DATA_DIR: folder, NOVITA_API_BASE_URL: novita.wire.url };
    const slots = await Promise.all(
      names.map(async (name) =>
        Slot.open({ name, port: await freePort(), redisPort: redis.primaryPort, env, onFailure }),
      ),
    );
    const ground = new Ground(redis, novita, slots, await Gate.open(redis.primaryPort), folder);
    try {
      await ground.ready();
    } catch (error) {
      await ground.stop();
      throw error;
    }
    return ground;
  }

  get apis(): readonly Slot[] {
    return this.slots.filter(({ isApi }) => isApi);
  }

  /** @returns null in a smaller deployment */
  slot(name: ProcessName): Slot | null {
    return this.slots.find((one) => one.name === name) ?? null;
  }

  async ready(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.ready()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.close()));
    await Promise.all([this.observer.close(), this.redis.stop(), this.novita.stop()]);
    await rm(this.folder, { recursive: true, force: true });
  }
}
