import type { Clock } from '@app/platform';
import type { LocalRequestBudget } from './local-request-budget.js';
import { type CallPriority, type Grant, RequestBudget } from './request-budget.port.js';

/** A permit must not cost more time than the call is worth; a Redis that hangs counts as away. */
const SHARED_TIMEOUT_MS = 1_000;
/** While Redis is away only every so often one call finds out whether it is back. */
const ASK_AGAIN_MS = 2_000;

/** The shared budget, and the process's own while the shared one cannot be asked. Never fails. */
export class FailoverRequestBudget extends RequestBudget {
  private sharedAwayUntil = 0;

  /** @param onChange called once at every change, with the error that caused it, or null when Redis is back */
  constructor(
    private readonly shared: RequestBudget,
    private readonly local: LocalRequestBudget,
    private readonly clock: Clock,
    private readonly onChange: (cause: Error | null) => void,
  ) {
    super();
  }

  override async take(wanted: number, priority: CallPriority): Promise<Grant> {
    const grant = await this.askShared(() => this.shared.take(wanted, priority));
    if (grant === null) return this.local.take(wanted, priority);
    this.local.spend(grant.granted);
    return grant;
  }

  override async pause(ms: number): Promise<void> {
    await this.local.pause(ms);
    await this.askShared(() => this.shared.pause(ms));
  }

  private async askShared<Answer>(ask: () => Promise<Answer>): Promise<Answer | null> {
    if (this.clock.now() < this.sharedAwayUntil) return null;
    try {
      const answer = await within(ask(), SHARED_TIMEOUT_MS);
      if (this.sharedAwayUntil > 0) this.onChange(null);
      this.sharedAwayUntil = 0;
      return answer;
    } catch (error) {
      if (this.sharedAwayUntil === 0) this.onChange(error instanceof Error ? error : new Error(String(error)));
      this.sharedAwayUntil = this.clock.now() + ASK_AGAIN_MS;
      return null;
    }
  }
}

async function within<Answer>(work: Promise<Answer>, ms: number): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
