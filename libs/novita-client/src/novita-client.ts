import type { Clock, Timestamp } from '@app/platform';
import type { Redis } from 'ioredis';
import { FailoverRequestBudget } from './budget/failover-request-budget.js';
import { LocalRequestBudget } from './budget/local-request-budget.js';
import { RedisRequestBudget } from './budget/redis-request-budget.js';
import { budgetLimits, type RequestBudget } from './budget/request-budget.port.js';
import { TurnQueue } from './budget/turn-queue.js';
import { type CallOptions, Novita } from './novita.js';
import { type CircuitView, NovitaHealth, type NovitaTrouble } from './novita-health.js';
import { HttpAccount } from './resources/http-account.js';
import { HttpCatalogue } from './resources/http-catalogue.js';
import { HttpInstances } from './resources/http-instances.js';
import { ResourceReader } from './resources/resource-reader.js';
import type { HttpAnswer } from './transport/answer-collector.js';
import type { CallObserver } from './transport/attempt.js';
import { CallPolicies, type CallPolicyOptions } from './transport/call-policies.js';
import { answeredExchange, brokenExchange } from './transport/finished-exchange.js';
import { type Exchange, HttpExchange, type ProxyOptions } from './transport/http-exchange.js';
import {
  callName,
  methodOf,
  type NovitaRequest,
  type NovitaSurface,
  queryString,
  SURFACE_PATHS,
} from './transport/novita-request.js';
import { NovitaTransport, type Transport } from './transport/novita-transport.js';

export interface NovitaClientOptions {
  readonly baseUrl: string;
  /** Default: none. */
  readonly proxy?: ProxyOptions | null;
  /** Null: every call fails as unauthorized. */
  readonly apiKey: string | null;
  /** Milliseconds for one exchange; a call with its waits and repeats may take twice that. */
  readonly timeoutMs: number;
  readonly maxRequestsPerSecond: number;
  readonly pageSize: number;
  /** Replaces parts of `DEFAULT_CALL_POLICIES`. */
  readonly policies?: Partial<CallPolicyOptions>;
  /** Bytes of one answer at most; default 32 MiB. */
  readonly maxAnswerBytes?: number;
}

export interface NovitaClientParts {
  readonly clock: Clock;
  readonly observer: CallObserver;
  /** Null: the request budget is this process's own. */
  readonly shared: { readonly redis: Redis; readonly keyPrefix: string } | null;
  /** Called when the shared budget cannot be asked, and with null when it can again. */
  readonly onBudgetChange: (cause: Error | null) => void;
}

export interface NovitaClient {
  readonly novita: Novita;
  readonly health: NovitaHealth;
  circuitState(surface: NovitaSurface): CircuitView;
  /** Null before the first answer. */
  lastAnswerAt(surface: NovitaSurface): Timestamp | null;
  /** @param graceMs how long the requests under way may still take */
  close(graceMs: number): Promise<void>;
}

/** Pages of one listing at most: a million instances at the default page size. */
const MAX_PAGES = 10_000;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const MAX_CONNECT_MS = 10_000;

const DEFAULT_CALL_POLICIES: Omit<CallPolicyOptions, 'deadlineMs' | 'attemptTimeoutMs'> = {
  retries: { read: 3, command: 2, create: 2 },
  // Well below the time that a process has to drain, since the sleep does not end at an abort.
  retryDelay: { firstMs: 250, maxMs: 5_000 },
  breaker: { failures: 8, firstOpenMs: 2_000, maxOpenMs: 30_000 },
  concurrency: { urgent: 16, interactive: 16, background: 16 },
  queue: 1_000,
};

/** Puts the client together. Connects to nothing until the first call. */
export function createNovitaClient(options: NovitaClientOptions, parts: NovitaClientParts): NovitaClient {
  const deadlineMs = options.policies?.deadlineMs ?? 2 * options.timeoutMs;
  const policies: CallPolicyOptions = {
    ...DEFAULT_CALL_POLICIES,
    attemptTimeoutMs: options.timeoutMs,
    ...options.policies,
    deadlineMs,
  };
  const exchange = new HttpExchange({
    baseUrl: options.baseUrl,
    proxy: options.proxy ?? null,
    apiKey: options.apiKey ?? '',
    // One for each place in the bulkheads, so that nothing waits unseen inside the pool.
    connections: policies.concurrency.interactive + policies.concurrency.background,
    connectTimeoutMs: Math.min(MAX_CONNECT_MS, policies.attemptTimeoutMs),
    maxAnswerBytes: options.maxAnswerBytes ?? MAX_ANSWER_BYTES,
  });
  const transport = new NovitaTransport(
    { apiKey: options.apiKey, deadlineMs },
    exchange,
    new CallPolicies(policies),
    new TurnQueue(budgetOf(options.maxRequestsPerSecond, parts), parts.clock),
    parts.clock,
    parts.observer,
  );
  const reader = new ResourceReader(transport, parts.clock, parts.observer, {
    pageSize: options.pageSize,
    maxPages: MAX_PAGES,
  });
  return {
    novita: resourcesOver(transport, reader),
    health: new TransportHealth(transport),
    circuitState: (surface) => transport.circuitState(surface),
    lastAnswerAt: (surface) => transport.lastAnswerAt(surface),
    close: (graceMs) => transport.close(graceMs),
  };
}

/**
 * Novita over an exchange of the caller's: each call is sent once and at once. For a sandbox in the same process.
 * @param pageSize items asked for in one page of a list
 */
export function novitaOver(exchange: Exchange, clock: Clock, pageSize: number): Novita {
  const transport = new DirectTransport(exchange, clock);
  const observer = {
    exchanged: () => undefined,
    notSent: () => undefined,
    malformed: () => undefined,
    surprised: () => undefined,
  };
  return resourcesOver(transport, new ResourceReader(transport, clock, observer, { pageSize, maxPages: MAX_PAGES }));
}

/**
 * Sends every call at once and once: no limits, no repeats, no timers. For a Novita in the same process, whose clock is
 * not the machine's.
 */
class DirectTransport implements Transport {
  constructor(
    private readonly exchange: Exchange,
    private readonly clock: Clock,
  ) {}

  async call<Answer>(request: NovitaRequest<Answer>, options: CallOptions = {}): Promise<Answer> {
    const signal = options.signal ?? new AbortController().signal;
    signal.throwIfAborted();
    const path = `${SURFACE_PATHS[request.surface]}${request.path}${queryString(request.query)}`;
    let answer: HttpAnswer;
    try {
      answer = await this.exchange.send(methodOf(request), path, request.body, signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw brokenExchange(callName(request), cause).error;
    }
    const attempt = answeredExchange(request, answer, '', this.clock.now());
    if (attempt.kind === 'answered') return attempt.answer;
    throw attempt.error;
  }
}

function resourcesOver(transport: Transport, reader: ResourceReader): Novita {
  return new Novita(new HttpInstances(transport, reader), new HttpCatalogue(reader), new HttpAccount(reader));
}

function budgetOf(ratePerSecond: number, parts: NovitaClientParts): RequestBudget {
  const limits = budgetLimits(ratePerSecond);
  const local = new LocalRequestBudget(limits, parts.clock);
  if (parts.shared === null) return local;
  const shared = new RedisRequestBudget(limits, parts.shared.redis, parts.shared.keyPrefix, parts.clock);
  return new FailoverRequestBudget(shared, local, parts.clock, parts.onBudgetChange);
}

class TransportHealth extends NovitaHealth {
  constructor(private readonly transport: NovitaTransport) {
    super();
  }

  /** Of the surface that the instances are on; the others do not decide whether the fleet can be controlled. */
  override circuitState(): CircuitView {
    return this.transport.circuitState('gpu');
  }

  override lastAnswerAt(): Timestamp | null {
    return this.transport.lastAnswerAt('gpu');
  }

  override trouble(): NovitaTrouble | null {
    return this.transport.trouble;
  }

  override sandbox(): boolean | null {
    return this.transport.isSandbox;
  }
}
