import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { Draining } from './draining.js';
import { type HealthIndicator, HealthIndicatorRegistry, NotWellError } from './health-indicator-registry.js';

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
