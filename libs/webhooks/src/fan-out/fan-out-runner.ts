import { delay, Lifelong, ProcessIdentity } from '@app/platform';
import { type LockHold, LockKeeper, RedisReadiness } from '@app/redis';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { FanOut } from './fan-out.js';

const LOCK = 'webhook-fan-out';
/** For so long nobody takes over from a worker that died. */
const TTL_MS = 6_000;
const RENEW_MS = 2_000;
const ASK_AGAIN_MS = 1_000;

/**
 * Has one process of the fleet turn the feed into deliveries, since numbers and order hold only if one does it. Another one
 * takes over when that one ends or dies.
 */
@Injectable()
export class FanOutRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(FanOutRunner.name);
  private readonly life: Lifelong;
  private isFailing = false;

  constructor(
    private readonly fanOut: FanOut,
    private readonly locks: LockKeeper,
    private readonly identity: ProcessIdentity,
    private readonly redis: RedisReadiness,
  ) {
    this.life = new Lifelong({
      begin: async () => undefined,
      follow: (signal) => this.takeTurn(signal),
      onError: (error) => this.report(error),
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.redis.onReady(() => this.life.start());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.life.stop();
  }

  /** Comes back when it is another's turn, or the turn was lost. */
  private async takeTurn(signal: AbortSignal): Promise<void> {
    const claim = { owner: this.identity.toString(), purpose: 'webhooks', ttlMs: TTL_MS };
    const acquisition = await this.locks.acquire(LOCK, claim);
    if (!acquisition.acquired) {
      await delay(ASK_AGAIN_MS, signal);
      return;
    }
    const { hold } = acquisition;
    const turn = new AbortController();
    const stop = AbortSignal.any([signal, turn.signal]);
    const renewing = this.renew(hold, stop).finally(() => turn.abort());
    try {
      while (!stop.aborted) {
        await this.fanOut.follow(hold, stop);
        this.isFailing = false;
      }
    } finally {
      turn.abort();
      await renewing;
      // Without it the lock lapses by itself.
      await this.locks.release(hold).catch(() => false);
    }
  }

  /** Comes back when the lock is lost, or could not be renewed in its time. */
  private async renew(hold: LockHold, signal: AbortSignal): Promise<void> {
    let renewedAt = performance.now();
    for (;;) {
      await delay(RENEW_MS, signal);
      if (signal.aborted) return;
      try {
        const askedAt = performance.now();
        if (!(await this.locks.renew(hold, TTL_MS))) return;
        renewedAt = askedAt;
      } catch {
        if (performance.now() - renewedAt > TTL_MS) return;
      }
    }
  }

  private report(error: unknown): void {
    if (!this.isFailing) this.logger.warn('the feed is not turned into webhooks at present', { err: error });
    this.isFailing = true;
  }
}
