import type { Clock } from '@app/platform';
import type { CallPriority, RequestBudget } from './request-budget.port.js';

/** The wait for a turn would be longer than the call may take. Nothing was sent. */
export class NoTurnError extends Error {
  override readonly name = 'NoTurnError';

  /** @param waitMs how long the wait would have been at least */
  constructor(readonly waitMs: number) {
    super(`no turn before ${Math.ceil(waitMs / 1_000)} s`);
  }
}

export interface TurnRequest {
  readonly priority: CallPriority;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970; a wait that is known to last longer is refused at once. */
  readonly deadline: number;
}

interface Waiter {
  readonly priority: CallPriority;
  readonly since: number;
  readonly deadline: number;
  readonly settle: (error: unknown) => void;
}

/** A background call that waited this long is served in turn with interactive ones, so that it is never starved. */
const AGEING_MS = 5_000;

/**
 * Lets calls go one by one as the budget grants them: interactive ones first, each kind in the order of arrival.
 * It holds no timer while nobody waits.
 */
export class TurnQueue {
  private readonly waiting: Record<CallPriority, Set<Waiter>> = { interactive: new Set(), background: new Set() };
  private pausedUntil = 0;
  private pumping = false;
  private wake: (() => void) | null = null;
  private askAgain = false;
  private agedWasLast = false;

  constructor(
    private readonly budget: RequestBudget,
    private readonly clock: Clock,
  ) {}

  /** @throws NoTurnError, or the signal's reason */
  async take(request: TurnRequest): Promise<void> {
    request.signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const queue = this.waiting[request.priority];
      const onAbort = (): void => waiter.settle(request.signal.reason);
      const waiter: Waiter = {
        priority: request.priority,
        since: this.clock.now(),
        deadline: request.deadline,
        settle: (error) => {
          queue.delete(waiter);
          request.signal.removeEventListener('abort', onAbort);
          if (error === null) resolve();
          else reject(error);
          if (this.size === 0) this.wake?.();
        },
      };
      request.signal.addEventListener('abort', onAbort, { once: true });
      queue.add(waiter);
      // A wait that was reckoned for background calls is too long for an interactive one.
      if (request.priority === 'interactive') {
        this.askAgain = true;
        this.wake?.();
      }
      void this.pump();
    });
  }

  /** Holds every call back for that many milliseconds, here at once and in the other processes through the budget. */
  async pause(ms: number): Promise<void> {
    this.pausedUntil = Math.max(this.pausedUntil, this.clock.now() + ms);
    await this.budget.pause(ms);
  }

  private get size(): number {
    return this.waiting.interactive.size + this.waiting.background.size;
  }

  private async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    try {
      while (this.size > 0) {
        this.askAgain = false;
        const waitMs = await this.serve();
        if (waitMs === 0 || this.askAgain) continue;
        this.refuseHopeless(waitMs);
        if (this.size > 0) await this.sleep(waitMs);
      }
    } catch (error) {
      for (const waiter of [...this.waiting.interactive, ...this.waiting.background]) waiter.settle(error);
    } finally {
      this.pumping = false;
    }
  }

  /** @returns milliseconds until it is worth while to ask again, 0 when somebody was served */
  private async serve(): Promise<number> {
    const pauseMs = this.pausedUntil - this.clock.now();
    if (pauseMs > 0) return pauseMs;
    const aged = [...this.waiting.background].filter((waiter) => this.clock.now() - waiter.since >= AGEING_MS);
    const urgent = this.waiting.interactive.size + aged.length;
    const priority = urgent > 0 ? 'interactive' : 'background';
    const grant = await this.budget.take(urgent > 0 ? urgent : this.waiting.background.size, priority);
    for (let permits = grant.granted; permits > 0; permits -= 1) this.next(aged)?.settle(null);
    // Spread, so that the processes that wait for the same permit do not all ask at the same moment.
    return grant.granted > 0 ? 0 : Math.max(1, grant.waitMs * (1 + Math.random() * 0.2));
  }

  private next(aged: Waiter[]): Waiter | undefined {
    const [interactive] = this.waiting.interactive;
    const [background] = this.waiting.background;
    let turn = interactive ?? background;
    if (interactive !== undefined && background !== undefined && aged.includes(background) && !this.agedWasLast) {
      turn = background;
    }
    this.agedWasLast = turn?.priority === 'background';
    return turn;
  }

  private refuseHopeless(waitMs: number): void {
    const until = this.clock.now() + waitMs;
    for (const waiter of [...this.waiting.interactive, ...this.waiting.background]) {
      if (waiter.deadline < until) waiter.settle(new NoTurnError(waitMs));
    }
  }

  private async sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.wake = null;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.wake = end;
    });
  }
}
