import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { BEAT } from './worker-presence.scripts.js';

export interface HeartbeatPace {
  readonly everyMs: number;
  /** After so long without a beat, the worker counts as gone. */
  readonly lifeMs: number;
}

const ANSWERS_WITHIN_MS = 1_000;

/** Two beats may be lost, and a third be late. */
const PACE: HeartbeatPace = { everyMs: 5_000, lifeMs: 16_000 };

/** Says again and again that this worker process is alive. */
export class WorkerHeartbeat {
  private readonly id = randomUUID();
  private timer: NodeJS.Timeout | undefined;
  private beating = false;
  private beganAt = 0;
  private failed = false;

  /** @param onError told of a beat that failed; the next one is tried all the same */
  constructor(
    private readonly redis: Redis,
    private readonly key: string,
    private readonly onError: (error: unknown) => void,
    private readonly pace: HeartbeatPace = PACE,
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
      await this.redis.zrem(this.key, this.id);
    } catch (error) {
      this.onError(error);
    }
  }

  private async beat(): Promise<void> {
    // The connection waits for Redis for ever: without this, beats would pile up while it is away.
    if (this.beating) return;
    this.beating = true;
    this.beganAt = performance.now();
    try {
      await BEAT.run(this.redis, [this.key], [this.id, this.pace.lifeMs]);
      this.failed = false;
    } catch (error) {
      this.failed = true;
      this.onError(error);
    } finally {
      this.beating = false;
    }
  }
}
