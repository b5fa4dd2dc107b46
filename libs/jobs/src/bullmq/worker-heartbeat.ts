import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { BEAT } from './worker-presence.scripts.js';

/** Three beats may be lost before a worker counts as gone. */
const BEAT_EVERY_MS = 5_000;
const BEAT_LIFE_MS = 3 * BEAT_EVERY_MS + 1_000;

/** Says again and again that this worker process is alive. */
export class WorkerHeartbeat {
  private readonly id = randomUUID();
  private timer: NodeJS.Timeout | undefined;
  private beating = false;

  /** @param onError told of a beat that failed; the next one is tried all the same */
  constructor(
    private readonly redis: Redis,
    private readonly key: string,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    void this.beat();
    this.timer = setInterval(() => void this.beat(), BEAT_EVERY_MS);
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
    try {
      await BEAT.run(this.redis, [this.key], [this.id, BEAT_LIFE_MS]);
    } catch (error) {
      this.onError(error);
    } finally {
      this.beating = false;
    }
  }
}
