import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';

/** Whether this process is about to end: it still answers, but should be given nothing new. */
@Injectable()
export class Draining implements OnModuleDestroy {
  private readonly controller = new AbortController();

  get isDraining(): boolean {
    return this.controller.signal.aborted;
  }

  /** Aborted when the draining begins; for streams and waits that should end then. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  begin(): void {
    this.controller.abort();
  }

  /** An application that is closed without a signal drains too. */
  onModuleDestroy(): void {
    this.begin();
  }
}

/** The details of an indicator, shown to everybody: no addresses, no secrets. */
export type HealthDetails = Readonly<Record<string, unknown>> & {
  /** It works, and why the process is of limited use all the same, in words; left out when all is well. */
  readonly degraded?: string;
};

/** Thrown by an indicator whose reason anybody may read; of other errors only that there was one is shown. */
export class NotWellError extends Error {
  override readonly name = 'NotWellError';

  /** @param state one word, such as `full` */
  constructor(
    readonly state: string,
    message: string,
  ) {
    super(message);
  }
}

export interface HealthIndicator {
  readonly name: string;
  /** Whether the process is of no use without it. One that is not needed only makes it `degraded`. */
  readonly needed: boolean;
  /** Throws, or rejects, when it is not well. */
  readonly check: (options: { readonly signal: AbortSignal }) => Promise<HealthDetails | void>;
}

/** The dependencies of this process. Libraries add their own at boot. */
@Injectable()
export class HealthIndicatorRegistry {
  private readonly byName = new Map<string, HealthIndicator>();

  /** @throws Error when the name is taken */
  register(indicator: HealthIndicator): void {
    if (this.byName.has(indicator.name)) throw new Error(`two health indicators are called ${indicator.name}`);
    this.byName.set(indicator.name, indicator);
  }

  all(): readonly HealthIndicator[] {
    return [...this.byName.values()];
  }
}

export interface HealthReport {
  readonly status: 'ok' | 'degraded' | 'error' | 'shutting_down';
  readonly details: HealthIndicatorResult;
}

const CHECK_TIMEOUT_MS = 1_000;
/** Anybody may ask for the health, so asking often must cost the dependencies nothing. */
const CACHE_MS = 500;

/** Asks the indicators and sums up. */
@Injectable()
export class HealthReporter {
  /** In one word, by the name of the indicator; of the latest check, whose result may be cached. */
  private readonly states = new Map<string, string>();

  constructor(
    private readonly terminus: HealthIndicatorService,
    private readonly registry: HealthIndicatorRegistry,
    private readonly draining: Draining,
  ) {}

  async report(): Promise<HealthReport> {
    const results = await Promise.all(this.registry.all().map((indicator) => this.ask(indicator)));
    const details: HealthIndicatorResult = Object.assign({}, ...results);
    return { status: this.draining.isDraining ? 'shutting_down' : summaryOf(details), details };
  }

  private async ask({ name, needed, check }: HealthIndicator): Promise<HealthIndicatorResult> {
    const result = await this.terminus
      .check(name)
      .attempt(async (options) => {
        try {
          const details = await check(options);
          this.states.delete(name);
          return details;
        } catch (error) {
          if (error instanceof NotWellError) {
            this.states.set(name, error.state);
            throw new Error(error.message, { cause: error });
          }
          this.states.delete(name);
          // The cause is for the log of whoever owns the indicator; it may hold addresses.
          throw new Error('not available', { cause: error });
        }
      })
      .withTimeout(CHECK_TIMEOUT_MS)
      .cacheFor(CACHE_MS);
    const entry = result[name];
    if (entry?.status === 'up') return this.judged(name, result, entry);
    const state = this.states.get(name);
    const { status: _, ...details } = entry ?? {};
    const session = this.terminus.check(name);
    if (state === undefined) return needed ? result : session.degraded('not available');
    return needed ? session.down({ ...details, state }) : session.degraded({ ...details, state });
  }

  private judged(
    name: string,
    result: HealthIndicatorResult,
    entry: Readonly<Record<string, unknown>>,
  ): HealthIndicatorResult {
    const { degraded, status: _, ...details } = entry;
    if (typeof degraded !== 'string') return result;
    return this.terminus.check(name).degraded({ ...details, message: degraded });
  }
}

function summaryOf(details: HealthIndicatorResult): 'ok' | 'degraded' | 'error' {
  const states = Object.values(details).map(({ status }) => status);
  if (states.includes('down')) return 'error';
  return states.includes('degraded') ? 'degraded' : 'ok';
}
