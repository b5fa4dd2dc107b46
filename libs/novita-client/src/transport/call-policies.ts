import {
  type BulkheadPolicy,
  bulkhead,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  decorrelatedJitterGenerator,
  ExponentialBackoff,
  handleWhenResult,
  noJitterGenerator,
  type RetryPolicy,
  retry,
  type TimeoutPolicy,
  TimeoutStrategy,
  timeout,
} from 'cockatiel';
import type { CallPriority } from '../budget/request-budget.port.js';
import { type Attempt, countsAgainstService, mayRepeat } from './attempt.js';
import type { NovitaEffect, NovitaSurface } from './novita-request.js';

export interface CallPolicyOptions {
  /** Milliseconds for a call with all its waits and repeats. */
  readonly deadlineMs: number;
  /** Milliseconds for one exchange with the service. */
  readonly attemptTimeoutMs: number;
  /** Further attempts after the first. */
  readonly retries: Record<NovitaEffect, number>;
  readonly retryDelay: { readonly firstMs: number; readonly maxMs: number };
  readonly breaker: {
    /** Failures in a row that open it. */
    readonly failures: number;
    readonly firstOpenMs: number;
    readonly maxOpenMs: number;
  };
  /** Attempts under way at most, for each priority a compartment of its own. */
  readonly concurrency: Record<CallPriority, number>;
  /** Attempts that wait for a place at most. */
  readonly queue: number;
}

/**
 * The four policies, from the outside in. The order is what makes them right:
 *
 * 1. Timeout: the caller's deadline bounds everything inside it, the waits between attempts included. It also ends the
 *    call at the caller's abort, since cockatiel's sleep between two attempts does not listen to the signal.
 * 2. Retry: around the breaker, so that each attempt is judged by itself and an open breaker ends the repeating.
 * 3. Circuit breaker: counts attempts, not calls; refuses before it needs a place in the bulkhead.
 * 4. Bulkhead: innermost, so that a call that sleeps between attempts holds no place. One compartment for each
 *    priority: background calls can fill theirs and never keep a person or a stop waiting.
 *
 * Inside the bulkhead an attempt waits for its turn in the request budget and then has a timeout of its own, counted
 * from the moment it is sent.
 */
export class CallPolicies {
  private readonly deadline: TimeoutPolicy;
  private readonly exchange: TimeoutPolicy;
  private readonly retries: Record<NovitaEffect, RetryPolicy>;
  private readonly breakers: Record<NovitaSurface, CircuitBreakerPolicy>;
  private readonly bulkheads: Record<CallPriority, BulkheadPolicy>;

  constructor(options: CallPolicyOptions) {
    this.deadline = timeout(options.deadlineMs, { strategy: TimeoutStrategy.Aggressive, abortOnReturn: false });
    // Without abortOnReturn its signal is aborted by the timer or the caller only, so that an abort means a timeout.
    this.exchange = timeout(options.attemptTimeoutMs, { strategy: TimeoutStrategy.Cooperative, abortOnReturn: false });
    const retryOf = (effect: NovitaEffect): RetryPolicy =>
      retry(
        handleWhenResult((result) => mayRepeat(effect, result as Attempt<unknown>)),
        {
          maxAttempts: options.retries[effect],
          backoff: new ExponentialBackoff({
            generator: decorrelatedJitterGenerator,
            initialDelay: options.retryDelay.firstMs,
            maxDelay: options.retryDelay.maxMs,
          }),
        },
        // Its sleep outlives an aborted call and must not keep the process alive; the deadline's timer does that.
      ).dangerouslyUnref();
    this.retries = { read: retryOf('read'), command: retryOf('command'), create: retryOf('create') };
    const breakerOf = (): CircuitBreakerPolicy =>
      circuitBreaker(
        handleWhenResult((result) => countsAgainstService(result as Attempt<unknown>)),
        {
          breaker: new ConsecutiveBreaker(options.breaker.failures),
          halfOpenAfter: new ExponentialBackoff({
            generator: noJitterGenerator,
            initialDelay: options.breaker.firstOpenMs,
            maxDelay: options.breaker.maxOpenMs,
          }),
        },
      );
    this.breakers = { gpu: breakerOf(), metrics: breakerOf(), billing: breakerOf() };
    this.bulkheads = {
      urgent: bulkhead(options.concurrency.urgent, options.queue),
      interactive: bulkhead(options.concurrency.interactive, options.queue),
      background: bulkhead(options.concurrency.background, options.queue),
    };
  }

  circuitState(surface: NovitaSurface): CircuitState {
    return this.breakers[surface].state;
  }

  /**
   * @param attempt one try; it throws only what says nothing of the service
   * @throws BrokenCircuitError when the breaker is open, TaskCancelledError at the deadline or the caller's abort
   */
  async run<Answer>(
    call: { readonly effect: NovitaEffect; readonly surface: NovitaSurface; readonly priority: CallPriority },
    signal: AbortSignal,
    attempt: (signal: AbortSignal) => Promise<Attempt<Answer>>,
  ): Promise<Attempt<Answer>> {
    const breaker = this.breakers[call.surface];
    const places = this.bulkheads[call.priority];
    const guarded = async (signal: AbortSignal): Promise<Attempt<Answer>> => {
      const probe = breaker.state === CircuitState.HalfOpen;
      try {
        const ended = await places.execute((context) => attempt(context.signal), signal);
        return ended.kind === 'unproven' ? { ...ended, probe } : ended;
      } catch (error) {
        return { kind: 'unproven', error, probe };
      }
    };
    return this.deadline.execute(
      (limited) =>
        this.retries[call.effect].execute(async (repeat) => {
          // The sleep before this attempt may have outlasted the call.
          if (repeat.signal.aborted) return { kind: 'unproven', error: repeat.signal.reason, probe: false } as const;
          return breaker.execute((context) => guarded(context.signal), repeat.signal);
        }, limited.signal),
      signal,
    );
  }

  /** One exchange with the service, with its own timeout. `exchange` listens to the signal that it is given. */
  async withExchangeTimeout<Answer>(
    signal: AbortSignal,
    exchange: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    return this.exchange.execute((context) => exchange(context.signal), signal);
  }
}
