import { DegradedMode } from '@app/instance-store';
import { HttpSettings, Problem, validationFailed } from '@app/platform';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { RequestAuthorizer } from '../auth/request-authorizer.js';
import { API_PROBLEMS } from '../errors/api.problems.js';
import { presentAnswers } from './answer.js';
import { ApiHeaders, type SyncSource } from './api-headers.js';
import { IdempotencyHooks } from './idempotency.js';
import { encodeAnswers } from './negotiation.js';
import { PAGE_HEADERS, PAGE_POLICIES, SECURITY_HEADERS } from './security-headers.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether its answers say the age of their data themselves; all others are as of now. */
    datesItself?: boolean;
    /** Whether its answer may take so long that what its headers say of the sync is old by then. */
    outlastsSync?: boolean;
    /** The source whose sync its headers speak of; absent for Novita. */
    syncSource?: SyncSource;
    /** Whether the command is accepted while Redis is away; every other one is rejected then. */
    acceptedWhileAway?: boolean;
    /** Whether a command takes a query. */
    takesQuery?: boolean;
  }
}

/** A client that is refused while Redis is away tries again after so long. */
const AWAY_RETRY_SECONDS = 5;
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * The steps of every request before its route, and of every answer after it: headers that every answer carries, rejections
 * included, the key's role and budget, idempotency, encoding. Plain Fastify hooks, synchronous where they can be: each is
 * paid for by every request.
 */
@Injectable()
export class HttpPipeline implements OnApplicationBootstrap {
  constructor(
    private readonly adapters: HttpAdapterHost,
    private readonly authorizer: RequestAuthorizer,
    private readonly idempotency: IdempotencyHooks,
    private readonly settings: HttpSettings,
    private readonly apiHeaders: ApiHeaders,
    private readonly degraded: DegradedMode,
  ) {}

  /** To be called before the routes are made. A hook that completes the config of routes must be on the server before it. */
  prepareRoutes(server: FastifyInstance): void {
    server.decorateRequest('caller', null);
    server.decorateRequest('idempotencyClaim', null);
    server.addHook('onRoute', (route) => {
      this.openPublicly(route);
      if (route.config?.outlastsSync === true) this.renewSyncHeaders(route);
      presentAnswers(route);
      this.idempotency.attachTo(route);
      encodeAnswers(route);
    });
  }

  /** After the platform's own hooks, so that a rejection carries its request id and is logged and measured. */
  onApplicationBootstrap(): void {
    const server = this.adapters.httpAdapter.getInstance<FastifyInstance>();
    this.setEarlyHeaders(server);
    server.addHook('onRequest', (request, reply, done) => this.setHeaders(request, reply, done));
    server.addHook('onRequest', (request, reply, done) => this.authorize(request, reply, done));
    server.addHook('onRequest', (request, _reply, done) => {
      done(rejectionOfQuery(request) ?? (this.degraded.isOn ? rejectionWhileAway(request) : undefined));
    });
  }

  private openPublicly(route: RouteOptions): void {
    const isMetrics = route.url === '/metrics' && this.settings.METRICS_PUBLIC;
    // Of the CORS plugin, for any address: it answers as if it were not there, so that no key is asked for.
    const isPreflightRoute = route.method === 'OPTIONS' && route.url.endsWith('*');
    if (isMetrics || isPreflightRoute) route.config = { ...route.config, access: 'public' };
  }

  private renewSyncHeaders(route: RouteOptions): void {
    const renew = (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Send): void => {
      if (request.caller !== null) this.apiHeaders.renewSync(reply);
      done(null, payload);
    };
    route.onSend = [...[route.onSend ?? []].flat(), renew];
  }

  /** Of answers to requests that Fastify never sees, as they are no HTTP. */
  private setEarlyHeaders(server: FastifyInstance): void {
    if (server.earlyHeaders === undefined) return;
    server.earlyHeaders.of = (url) =>
      url.startsWith('/api/')
        ? { ...this.apiHeaders.all(), ...(this.apiHeaders.knowsFleet() && { 'x-data-as-of': this.apiHeaders.now() }) }
        : SECURITY_HEADERS;
  }

  private setHeaders(request: FastifyRequest, reply: FastifyReply, done: Next): void {
    const { page, datesItself = false, syncSource } = request.routeOptions.config;
    if (request.url.startsWith('/api/')) {
      reply.headers(this.apiHeaders.all(syncSource));
      // Some routes replace it by the age of what they show; those that date themselves claim nothing before.
      const asOf = this.apiHeaders.asOf();
      if (asOf !== null) reply.header('x-data-source', 'memory');
      if (!datesItself && this.apiHeaders.knowsFleet()) reply.header('x-data-as-of', asOf ?? this.apiHeaders.now());
    } else if (page !== undefined) {
      reply.headers(PAGE_HEADERS);
      PAGE_POLICIES[page](request.raw, reply.raw, done);
      return;
    } else {
      reply.headers(SECURITY_HEADERS);
    }
    done();
  }

  private authorize(request: FastifyRequest, reply: FastifyReply, done: Next): void {
    const authorized: Next = (rejection) => {
      // Of a key for the fleet; an instance sees itself alone.
      const { caller, url } = request;
      if (caller !== null && caller.instance === undefined && url.startsWith('/api/')) {
        this.apiHeaders.addError(reply, request.routeOptions.config.syncSource);
      }
      done(rejection);
    };
    let pending: Promise<void> | void;
    try {
      pending = this.authorizer.authorize(request, reply);
    } catch (rejection) {
      authorized(rejection as Error);
      return;
    }
    if (pending === undefined) authorized();
    else void finish(pending, authorized);
  }
}

type Next = (rejection?: Error) => void;
type Send = (error: null, payload: unknown) => void;

async function finish(pending: Promise<void>, done: Next): Promise<void> {
  try {
    await pending;
  } catch (rejection) {
    done(rejection as Error);
    return;
  }
  done();
}

/** A command says what it is to do in its body. A query, such as `?dryRun=true`, would be passed over without a word. */
function rejectionOfQuery(request: FastifyRequest): Problem | undefined {
  if (READS.has(request.method) || request.routeOptions.config.takesQuery === true) return undefined;
  if (!request.url.startsWith('/api/') || !request.url.includes('?')) return undefined;
  const names = Object.keys(request.query as Readonly<Record<string, unknown>>);
  if (names.length === 0) return undefined;
  return validationFailed(
    names.map((name) => ({ pointer: `?${name.slice(0, 100)}`, detail: 'is not known: this command takes no query' })),
  );
}

/** At once: nobody waits for a Redis that is known to be away. */
function rejectionWhileAway(request: FastifyRequest): Problem | undefined {
  const { acceptedWhileAway = false } = request.routeOptions.config;
  if (READS.has(request.method) || acceptedWhileAway || request.is404) return undefined;
  if (!request.url.startsWith('/api/')) return undefined;
  return new Problem(API_PROBLEMS.degraded, {
    detail: 'Redis is away: stops, deletes, reports of use and leases are accepted meanwhile, this command is not.',
    retryAfterSeconds: AWAY_RETRY_SECONDS,
  });
}
