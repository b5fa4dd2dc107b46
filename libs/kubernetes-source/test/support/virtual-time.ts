import { Clock } from '@app/platform';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** A clock that moves when a test says so, and wakes those who wait for it in the order of their times. */
export class VirtualTime extends Clock {
  private nowMs = Date.UTC(2026, 0, 1);
  private readonly sleepers = new Set<Sleeper>();

  override now(): number {
    return this.nowMs;
  }

  /** Comes back at that time, or as soon as the signal is aborted. */
  readonly wait = async (ms: number, signal?: AbortSignal): Promise<void> => {
    if (signal?.aborted === true) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const sleeper: Sleeper = { atMs: this.nowMs + ms, wake };
    this.sleepers.add(sleeper);
    signal?.addEventListener('abort', wake, { once: true });
    await promise;
    signal?.removeEventListener('abort', wake);
    this.sleepers.delete(sleeper);
  };

  /** Lets that much time pass, and all that happens in it. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await settled();
    for (let next = this.first(untilMs); next !== undefined; next = this.first(untilMs)) {
      this.nowMs = Math.max(this.nowMs, next.atMs);
      this.sleepers.delete(next);
      next.wake();
      await settled();
    }
    this.nowMs = untilMs;
  }

  private first(untilMs: number): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.sleepers) {
      if (sleeper.atMs <= untilMs && (first === undefined || sleeper.atMs < first.atMs)) first = sleeper;
    }
    return first;
  }
}

/** What is done at once is done: promises are settled before the next turn of the event loop. */
async function settled(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
