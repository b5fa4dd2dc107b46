import { type Clock, inSpan, type Timestamp } from '@app/platform';
import { BrokenCircuitError, BulkheadRejectedError, CircuitState, TaskCancelledError } from 'cockatiel';
import type { CallPriority } from '../budget/request-budget.port.js';
import { NoTurnError, type TurnQueue } from '../budget/turn-queue.js';
import {
  causeOf,
  NovitaCircuitOpenError,
  NovitaError,
  NovitaNetworkError,
  NovitaRateLimitedError,
  NovitaTimeoutError,
  NovitaUnauthorizedError,
  refusesKey,
} from '../novita.errors.js';
import type { CallOptions } from '../novita.js';
import type { CircuitView, NovitaTrouble } from '../novita-health.js';
import { surpriseOfReason } from '../parsing/surprises.js';
import type { HttpAnswer } from './answer-collector.js';
import type { Attempt, CallObserver } from './attempt.js';
import type { CallPolicies } from './call-policies.js';
import { answeredExchange, brokenExchange } from './finished-exchange.js';
import type { HttpExchange } from './http-exchange.js';
import {
  callName,
  methodOf,
  type NovitaRequest,
  type NovitaSurface,
  queryString,
  SURFACE_PATHS,
} from './novita-request.js';

const CIRCUIT_VIEWS: Record<CircuitState, CircuitView> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
};

export interface NovitaTransportOptions {
  /** Null: nothing is sent, every call fails as unauthorized. */
  readonly apiKey: string | null;
  readonly deadlineMs: number;
}

/** What is known of a call that is still going on, for when its deadline comes. */
interface Progress {
  /** An attempt was sent and the service has not said anything to it. */
  inFlight: boolean;
  lastError: NovitaError | null;
}

/** Carries the requests of resources to Novita and its answers back. */
export interface Transport {
  /** @throws NovitaError; at the caller's abort the reason of its signal */
  call<Answer>(request: NovitaRequest<Answer>, options?: CallOptions): Promise<Answer>;
}

/** Waits for a turn, sends, reads, repeats what may be repeated, and names what went wrong. */
export class NovitaTransport implements Transport {
  private latestTrouble: NovitaTrouble | null = null;
  private sandbox: boolean | null = null;
  private readonly answeredAt = new Map<NovitaSurface, Timestamp>();
  /** The calls under way and what ends them; null once the client is closed. */
  private underWay: Map<Progress, AbortController> | null = new Map();

  constructor(
    private readonly options: NovitaTransportOptions,
    private readonly exchange: HttpExchange,
    private readonly policies: CallPolicies,
    private readonly turns: TurnQueue,
    private readonly clock: Clock,
    private readonly observer: CallObserver,
  ) {}

  circuitState(surface: NovitaSurface): CircuitView {
    return CIRCUIT_VIEWS[this.policies.circuitState(surface)];
  }

  /** When the surface answered last, with whatever status; null before the first answer. */
  lastAnswerAt(surface: NovitaSurface): Timestamp | null {
    return this.answeredAt.get(surface) ?? null;
  }

  /** What the latest exchange with the surface of the instances found. */
  get trouble(): NovitaTrouble | null {
    return this.latestTrouble;
  }

  /** Whether what answers is a sandbox; null before the first answer. */
  get isSandbox(): boolean | null {
    return this.sandbox;
  }

  async call<Answer>(request: NovitaRequest<Answer>, options: CallOptions = {}): Promise<Answer> {
    options.signal?.throwIfAborted();
    const call = callName(request);
    const { apiKey } = this.options;
    if (apiKey === null) {
      const error = new NovitaUnauthorizedError(`${call} was not sent: NOVITA_API_KEY is not set`, { call });
      this.noteTrouble(error);
      throw error;
    }
    if (this.underWay === null) throw clientClosed(call);

    // Not AbortSignal.any: a signal that lives as long as the process would gather a listener for every call.
    const ending = new AbortController();
    const onAbort = (): void => ending.abort(options.signal?.reason);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    const progress: Progress = { inFlight: false, lastError: null };
    this.underWay.set(progress, ending);
    try {
      return await inSpan(
        `novita ${call}`,
        () => ({ attributes: { 'novita_fleet.novita.priority': options.priority ?? 'background' } }),
        () => this.run(request, apiKey, options, ending.signal, progress),
      );
    } finally {
      this.underWay?.delete(progress);
      options.signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Ends every call, at once those that wait and after the grace those that were sent; then closes the connections. */
  async close(graceMs: number): Promise<void> {
    if (this.underWay === null) return;
    const calls = this.underWay;
    this.underWay = null;
    const closed = new Error('the client is closed');
    for (const [progress, ending] of calls) if (!progress.inFlight) ending.abort(closed);
    await this.exchange.close(graceMs);
    for (const ending of calls.values()) ending.abort(closed);
  }

  private async run<Answer>(
    request: NovitaRequest<Answer>,
    apiKey: string,
    options: CallOptions,
    signal: AbortSignal,
    progress: Progress,
  ): Promise<Answer> {
    const priority = options.priority ?? 'background';
    const deadline = this.clock.now() + this.options.deadlineMs;
    let attempt: Attempt<Answer>;
    try {
      const call = { effect: request.effect, surface: request.surface, priority };
      attempt = await this.policies.run(call, signal, (limited) =>
        this.attempt(request, apiKey, priority, deadline, limited, progress),
      );
    } catch (error) {
      attempt = { kind: 'unproven', error, probe: false };
    }
    if (attempt.kind === 'answered') return attempt.answer;
    if (attempt.kind !== 'unproven') throw attempt.error;
    throw this.errorOf(attempt.error, callName(request), options.signal, progress);
  }

  private async attempt<Answer>(
    request: NovitaRequest<Answer>,
    apiKey: string,
    priority: CallPriority,
    deadline: number,
    signal: AbortSignal,
    progress: Progress,
  ): Promise<Attempt<Answer>> {
    await this.turns.take({ priority, signal, deadline });
    progress.inFlight = true;
    const call = callName(request);
    const startedAt = performance.now();
    const attempt = await this.send(request, apiKey, signal);
    const outcome = attempt.kind === 'answered' ? 'ok' : attempt.kind === 'unproven' ? 'aborted' : attempt.error.kind;
    this.observer.exchanged(call, outcome, performance.now() - startedAt);
    if (attempt.kind !== 'unproven') progress.inFlight = false;
    if (request.surface === 'gpu' && attempt.kind !== 'unproven') {
      this.noteTrouble(attempt.kind === 'answered' ? null : attempt.error);
    }
    if (attempt.kind === 'refused' || attempt.kind === 'failed') {
      progress.lastError = attempt.error;
      const { kind, context } = attempt.error;
      const surprise = surpriseOfReason(context.reason);
      if (surprise !== null) this.observer.surprised(call, [surprise]);
      const asksForPause = kind === 'rate-limited' || kind === 'server-fault';
      if (asksForPause && context.retryAfterMs !== undefined) await this.turns.pause(context.retryAfterMs);
    }
    return attempt;
  }

  /** An answer of any other kind proves that Novita is there and takes the key. */
  private noteTrouble(error: NovitaError | null): void {
    const kind = error === null ? null : troubleKindOf(error);
    if (error === null || kind === null) {
      this.latestTrouble = null;
      return;
    }
    const since = this.latestTrouble?.kind === kind ? this.latestTrouble.since : this.clock.timestamp();
    this.latestTrouble = { kind, message: causeOf(error), since };
  }

  private async send<Answer>(
    request: NovitaRequest<Answer>,
    apiKey: string,
    signal: AbortSignal,
  ): Promise<Attempt<Answer>> {
    const call = callName(request);
    const path = `${SURFACE_PATHS[request.surface]}${request.path}${queryString(request.query)}`;
    let timedOut = false;
    let answer: HttpAnswer;
    try {
      answer = await this.policies.withExchangeTimeout(signal, (limited) => {
        limited.addEventListener('abort', () => (timedOut = !signal.aborted), { once: true });
        return this.exchange.send(methodOf(request), path, request.body, limited);
      });
    } catch (cause) {
      if (signal.aborted) return { kind: 'unproven', error: signal.reason, probe: false };
      if (timedOut) {
        return { kind: 'failed', error: new NovitaTimeoutError(`${call} took too long`, { call }), unsent: false };
      }
      return brokenExchange(call, cause);
    }
    this.answeredAt.set(request.surface, this.clock.timestamp());
    // What a proxy answers in its place says nothing of what stands behind it.
    if (answer.fromSandbox || (answer.status >= 200 && answer.status <= 299)) this.sandbox = answer.fromSandbox;
    return answeredExchange(request, answer, apiKey, this.clock.now());
  }

  /** What to throw when the call ended before the service had the last word. */
  private errorOf(cause: unknown, call: string, callerSignal: AbortSignal | undefined, progress: Progress): unknown {
    if (callerSignal?.aborted === true) return callerSignal.reason;
    if (this.underWay === null) return clientClosed(call);
    if (cause instanceof NoTurnError) {
      return progress.lastError ?? this.notSent(call, NovitaRateLimitedError, cause.message, cause.waitMs);
    }
    if (cause instanceof BrokenCircuitError) {
      const why = this.latestTrouble?.message ?? 'Novita fails';
      return this.notSent(
        call,
        NovitaCircuitOpenError,
        `${why}, and the circuit breaker is open`,
        undefined,
        new Error(why),
      );
    }
    if (cause instanceof BulkheadRejectedError) {
      return this.notSent(call, NovitaRateLimitedError, 'too many calls wait already');
    }
    // What is left is the deadline, or an error of this program, which must not pass for one of the service.
    if (!isCancellation(cause)) return cause;
    // A request that is on its way may still take effect, whatever an earlier attempt came to.
    if (progress.inFlight) return new NovitaTimeoutError(`${call} took too long`, { call });
    return progress.lastError ?? this.notSent(call, NovitaRateLimitedError, 'no turn in time');
  }

  private notSent(
    call: string,
    Kind: typeof NovitaRateLimitedError | typeof NovitaCircuitOpenError,
    reason: string,
    retryAfterMs?: number,
    cause?: Error,
  ): NovitaError {
    const context = {
      call,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(cause !== undefined && { cause }),
    };
    const error = new Kind(`${call} was not sent: ${reason}`, context);
    this.observer.notSent(call, error.kind);
    return error;
  }
}

function troubleKindOf(error: NovitaError): NovitaTrouble['kind'] | null {
  if (refusesKey(error)) return 'key-refused';
  return error.kind === 'network' || error.kind === 'timeout' ? 'unreachable' : null;
}

function clientClosed(call: string): NovitaNetworkError {
  return new NovitaNetworkError(`${call} ended: the client is closed`, { call });
}

/** Cockatiel's own words for a deadline that came, or for a signal that one of its policies aborted. */
function isCancellation(cause: unknown): boolean {
  return cause instanceof TaskCancelledError || (cause instanceof DOMException && cause.name === 'AbortError');
}
