import { randomUUID } from 'node:crypto';
import { RedisScript } from '@app/redis';
import type { Redis } from 'ioredis';
import type { QueueName } from '../catalogue/job.js';
import { WorkerPresence } from '../catalogue/job-queue.port.js';
import type { Fetching } from '../running/job-metrics.js';
import { failFast } from './bullmq-job-queue.js';

const script = (name: string): RedisScript => RedisScript.fromFile(new URL(`./scripts/${name}.lua`, import.meta.url));
const BEAT = script('beat');
const LEAVE = script('leave');
const COUNT_ALIVE = script('count-alive');

/**
 * The hash of what each worker says of its queues, beside the sorted set of those that are alive.
 * @param workersKey of the sorted set
 */
const fetchesKey = (workersKey: string): string => `${workersKey}:fetches`;

export interface HeartbeatPace {
  readonly everyMs: number;
  /** After so long without a beat, the worker counts as gone. */
  readonly lifeMs: number;
}

const ANSWERS_WITHIN_MS = 1_000;

/** Two beats may be lost, and a third be late. */
export const HEARTBEAT_PACE: HeartbeatPace = { everyMs: 5_000, lifeMs: 16_000 };

export interface HeartbeatParts {
  readonly redis: Redis;
  /** Where the workers of the fleet are kept. */
  readonly key: string;
  /** The state of this worker's queues. */
  readonly fetches?: () => ReadonlyMap<QueueName, Fetching>;
  /** Lists whose lengths every beat brings along. */
  readonly lists?: readonly string[];
  /** Called for a beat that failed; the next one is tried all the same. */
  readonly onError: (error: unknown) => void;
  /** Called for a beat that arrived: Redis has just taken a write. */
  readonly onBeat?: (lengths: readonly number[]) => void;
}

/** Says again and again that this worker process is alive. */
export class WorkerHeartbeat {
  private readonly id = randomUUID();
  private timer: NodeJS.Timeout | undefined;
  private beating = false;
  private beganAt = 0;
  private failed = false;

  constructor(
    private readonly parts: HeartbeatParts,
    private readonly pace: HeartbeatPace = HEARTBEAT_PACE,
  ) {}

  /**
   * Whether the latest beat arrived, or is under way for no longer than Redis may take. It goes over the connection by
   * which the jobs are taken, which can be dead while every other one works.
   */
  get isWell(): boolean {
    if (this.beating) return performance.now() - this.beganAt <= ANSWERS_WITHIN_MS;
    return !this.failed;
  }

  start(): void {
    void this.beat();
    this.timer = setInterval(() => void this.beat(), this.pace.everyMs);
  }

  /** Never rejects: what cannot be taken back lapses by itself. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    try {
      await LEAVE.run(this.parts.redis, [this.parts.key, fetchesKey(this.parts.key)], [this.id]);
    } catch (error) {
      this.parts.onError(error);
    }
  }

  private async beat(): Promise<void> {
    // The connection waits for Redis for ever: without this, beats would pile up while it is away.
    if (this.beating) return;
    this.beating = true;
    this.beganAt = performance.now();
    try {
      const { redis, key, fetches, lists = [], onBeat } = this.parts;
      const said = JSON.stringify(Object.fromEntries(fetches?.() ?? []));
      const lengths = await BEAT.run(redis, [key, fetchesKey(key), ...lists], [this.id, this.pace.lifeMs, said]);
      this.failed = false;
      onBeat?.(Array.isArray(lengths) ? lengths.map(Number) : []);
    } catch (error) {
      this.failed = true;
      this.parts.onError(error);
    } finally {
      this.beating = false;
    }
  }
}

/** Knows from the heartbeats of all worker processes whether any is alive. */
export class RedisWorkerPresence extends WorkerPresence {
  constructor(
    private readonly redis: Redis,
    private readonly key: string,
  ) {
    super();
  }

  override async isAnyAlive(queue?: QueueName): Promise<boolean> {
    const alive = await failFast(COUNT_ALIVE.run(this.redis, [this.key, fetchesKey(this.key)], [queue ?? '']));
    return Number(alive) > 0;
  }
}
