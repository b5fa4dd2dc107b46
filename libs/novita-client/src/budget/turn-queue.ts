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

/** A call that waited this long is served in turn with those above it, so that it is never starved. */
const AGEING_MS = 5_000;
/**
 * When a call has waited this long, and no call but urgent ones was served meanwhile, it also asks for the permits that
 * are kept for urgent calls: the urgent calls of other processes may go on taking all others. A queue that is merely
 * long leaves them alone.
 */
const STARVING_MS = 15_000;

const PRIORITIES: readonly CallPriority[] = ['urgent', 'interactive', 'background'];

/**
 * Lets calls go one by one as the budget grants them: urgent ones first, then interactive ones, each kind in the order
 * of arrival. It holds no timer while no call waits.
 */
export class TurnQueue {
  private readonly waiting: Record<CallPriority, Set<Waiter>> = {
    urgent: new Set(),
    interactive: new Set(),
    background: new Set(),
  };
  private pausedUntil = 0;
  private pumping = false;
  private wake: (() => void) | null = null;
  private askAgain = false;
  private agedWasLast = false;
  private lastAged: CallPriority | null = null;
  /** When a call that is not urgent was served last. */
  private lowerServedAt = 0;

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
      // A wait that was reckoned for calls below it is too long for this one.
      if (request.priority !== 'background') {
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
    return this.waiting.urgent.size + this.waiting.interactive.size + this.waiting.background.size;
  }

  private get everyone(): readonly Waiter[] {
    return PRIORITIES.flatMap((priority) => [...this.waiting[priority]]);
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
      for (const waiter of this.everyone) waiter.settle(error);
    } finally {
      this.pumping = false;
    }
  }

  /** @returns milliseconds until it is worth while to ask again, 0 when a call was served */
  private async serve(): Promise<number> {
    const pauseMs = this.pausedUntil - this.clock.now();
    if (pauseMs > 0) return pauseMs;
    const { priority, wanted } = this.claim();
    const grant = await this.budget.take(wanted, priority);
    for (let permits = grant.granted; permits > 0; permits -= 1) this.next()?.settle(null);
    // Spread, so that the processes that wait for the same permit do not all ask at the same moment.
    return grant.granted > 0 ? 0 : Math.max(1, grant.waitMs * (1 + Math.random() * 0.2));
  }

  /** For whom permits are asked: those of the highest priority that waits, and those that have waited too long. */
  private claim(): { readonly priority: CallPriority; readonly wanted: number } {
    const { urgent, interactive, background } = this.waiting;
    const starving = this.isStarving() ? 1 : 0;
    if (urgent.size + starving > 0) return { priority: 'urgent', wanted: urgent.size + starving };
    const aged = [...background].filter((waiter) => this.age(waiter) >= AGEING_MS).length;
    if (interactive.size + aged > 0) return { priority: 'interactive', wanted: interactive.size + aged };
    return { priority: 'background', wanted: background.size };
  }

  /** The first of the highest priority; every other turn is that of a lower one which has waited too long. */
  private next(): Waiter | undefined {
    const first = PRIORITIES.map((priority) => head(this.waiting[priority])).find((waiter) => waiter !== undefined);
    if (first === undefined) return undefined;
    const below = PRIORITIES.slice(PRIORITIES.indexOf(first.priority) + 1);
    const aged = this.agedWasLast ? undefined : this.firstAged(AGEING_MS, below);
    this.agedWasLast = aged !== undefined;
    if (aged !== undefined) this.lastAged = aged.priority;
    const turn = aged ?? first;
    if (turn.priority !== 'urgent') this.lowerServedAt = this.clock.now();
    return turn;
  }

  private isStarving(): boolean {
    if (this.clock.now() - this.lowerServedAt < STARVING_MS) return false;
    return this.firstAged(STARVING_MS, ['interactive', 'background']) !== undefined;
  }

  /** Of those that have waited so long: the two lower priorities take turns, so that neither starves the other. */
  private firstAged(ms: number, priorities: readonly CallPriority[]): Waiter | undefined {
    const aged = priorities
      .map((priority) => head(this.waiting[priority]))
      .filter((waiter) => waiter !== undefined && this.age(waiter) >= ms);
    return aged.find((waiter) => waiter?.priority !== this.lastAged) ?? aged[0];
  }

  private age({ since }: Waiter): number {
    return this.clock.now() - since;
  }

  private refuseHopeless(waitMs: number): void {
    const until = this.clock.now() + waitMs;
    for (const waiter of this.everyone) {
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

/** The one that came first. */
function head(waiters: ReadonlySet<Waiter>): Waiter | undefined {
  return waiters.values().next().value;
}
