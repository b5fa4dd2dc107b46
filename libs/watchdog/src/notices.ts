import { type Clock, type IdGenerator, oneLine, type Timestamp } from '@app/platform';
import { messageHeaders } from '@app/webhooks';
import { Logger } from '@nestjs/common';
import { request } from 'undici';
import type { WatchdogAct } from './decide-watch.js';

/** Of one attempt. */
const ATTEMPT_MS = 10_000;
/** Notices that wait; the oldest are dropped, and the log has them all. */
const MOST_WAITING = 200;

export type Notice =
  | { readonly type: 'watchdog.api_silent'; readonly silentSince: Timestamp | null; readonly overdue: number }
  | { readonly type: 'watchdog.api_back'; readonly acts: number }
  | { readonly type: 'watchdog.deadlines_too_old'; readonly readAt: Timestamp | null }
  | ({ readonly type: 'watchdog.stopped' | 'watchdog.would_stop' } & Omit<WatchdogAct, 'dryRun'>);

interface Waiting {
  readonly id: string;
  readonly body: string;
}

/**
 * Signed webhooks of the watchdog's own (Standard Webhooks), since those of the fleet may be what has failed. One that is not
 * taken is tried again with each round, in order, for as long as the process lives.
 */
export class Notices {
  private readonly logger = new Logger('Watchdog');
  private readonly waiting: Waiting[] = [];

  /** @param receiver null: nobody is told */
  constructor(
    private readonly receiver: { readonly url: string; readonly secret: string } | null,
    private readonly clock: Clock,
    private readonly ids: IdGenerator,
  ) {}

  add(notice: Notice): void {
    if (this.receiver === null) return;
    if (this.waiting.length === MOST_WAITING) this.waiting.shift();
    const { type, ...data } = notice;
    const body = JSON.stringify({ type, timestamp: this.clock.timestamp(), data });
    this.waiting.push({ id: `wdg_${this.ids.ulid()}`, body });
  }

  /** Sends what waits, until one is not taken. Never rejects but by the reason of the signal. */
  async flush(signal: AbortSignal): Promise<void> {
    if (this.receiver === null) return;
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      if (!(await this.send(this.receiver, next, signal))) return;
      if (this.waiting[0] === next) this.waiting.shift();
    }
  }

  private async send(
    { url, secret }: { readonly url: string; readonly secret: string },
    { id, body }: Waiting,
    signal: AbortSignal,
  ): Promise<boolean> {
    const signed = messageHeaders({ id, at: this.clock.timestamp(), body }, [{ algorithm: 'v1', key: secret }]);
    try {
      const answer = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signed },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]),
      });
      await answer.body.dump();
      if (answer.statusCode >= 200 && answer.statusCode < 300) return true;
      this.logger.warn('a notice was not taken; it is sent again', { status: answer.statusCode });
    } catch (error) {
      signal.throwIfAborted();
      const why = oneLine(error instanceof Error ? error.message : String(error), 200);
      this.logger.warn('a notice could not be sent; it is sent again', { why });
    }
    return false;
  }
}
