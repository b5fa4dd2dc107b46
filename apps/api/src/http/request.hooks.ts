import { type Clock, Problem, validationFailed } from '@app/platform';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { API_PROBLEMS } from '../problems/api.problems.js';
import type { Admission } from '../security/admission.js';
import type { ApiHeaders } from './api-headers.js';
import { ClockText } from './clock-text.js';
import { PAGE_HEADERS, PAGE_POLICIES, SECURITY_HEADERS } from './security-headers.js';

/** A client that is refused while Redis is away tries again after so long. */
const AWAY_RETRY_SECONDS = 5;
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface RequestHooksOptions {
  readonly admission: Admission;
  readonly clock: Clock;
  readonly apiHeaders: ApiHeaders;
  /** Whether Redis is away, and commands that end a bill are taken without it. */
  readonly isDegraded: () => boolean;
}

/**
 * What happens to every request before its route: headers that every answer carries, refusals included, and the door.
 * Plain Fastify hooks, synchronous where they can be: each is paid for by every request.
 */
export function addRequestHooks(
  server: FastifyInstance,
  { admission, clock, apiHeaders, isDegraded }: RequestHooksOptions,
): void {
  const clockText = new ClockText(clock);
  if (server.earlyHeaders !== undefined) {
    server.earlyHeaders.of = (url) =>
      url.startsWith('/api/')
        ? { ...apiHeaders.all(), ...(apiHeaders.knowsFleet() && { 'x-data-as-of': clockText.now() }) }
        : SECURITY_HEADERS;
  }

  server.addHook('onRequest', (request, reply, done) => {
    const { page, datesItself = false } = request.routeOptions.config;
    if (request.url.startsWith('/api/')) {
      reply.headers(apiHeaders.all());
      // Some routes replace it by the age of what they show; those that date themselves claim nothing before.
      const asOf = apiHeaders.asOf();
      if (asOf !== null) reply.header('x-data-source', 'memory');
      if (!datesItself && apiHeaders.knowsFleet()) reply.header('x-data-as-of', asOf ?? clockText.now());
    } else if (page !== undefined) {
      reply.headers(PAGE_HEADERS);
      PAGE_POLICIES[page](request.raw, reply.raw, done);
      return;
    } else {
      reply.headers(SECURITY_HEADERS);
    }
    done();
  });

  server.addHook('onRequest', (request, reply, done) => {
    const admitted: typeof done = (refusal) => {
      if (request.caller !== null && request.url.startsWith('/api/')) apiHeaders.tellError(reply);
      done(refusal);
    };
    let pending: Promise<void> | void;
    try {
      pending = admission.admit(request, reply);
    } catch (refusal) {
      admitted(refusal as Error);
      return;
    }
    if (pending === undefined) admitted();
    else void finish(pending, admitted);
  });

  server.addHook('onRequest', (request, _reply, done) => {
    done(refusalOfQuery(request) ?? (isDegraded() ? refusalWhileAway(request) : undefined));
  });
}

/** A command says what it is to do in its body. What a query asks for, such as a dry run, would be passed over unheard. */
function refusalOfQuery(request: FastifyRequest): Problem | undefined {
  if (READS.has(request.method) || request.routeOptions.config.takesQuery === true) return undefined;
  if (!request.url.startsWith('/api/') || !request.url.includes('?')) return undefined;
  const names = Object.keys(request.query as Readonly<Record<string, unknown>>);
  if (names.length === 0) return undefined;
  return validationFailed(
    names.map((name) => ({ pointer: `?${name.slice(0, 100)}`, detail: 'is not known: this command takes no query' })),
  );
}

/** At once: nobody waits for a Redis that is known to be away. */
function refusalWhileAway(request: FastifyRequest): Problem | undefined {
  const { takenWhileAway = false } = request.routeOptions.config;
  if (READS.has(request.method) || takenWhileAway || request.is404) return undefined;
  if (!request.url.startsWith('/api/')) return undefined;
  return new Problem(API_PROBLEMS.degraded, {
    detail: 'Redis is away: stops, deletes, reports of use and leases are taken meanwhile, this command is not.',
    retryAfterSeconds: AWAY_RETRY_SECONDS,
  });
}

async function finish(pending: Promise<void>, done: (refusal?: Error) => void): Promise<void> {
  try {
    await pending;
  } catch (refusal) {
    done(refusal as Error);
    return;
  }
  done();
}
