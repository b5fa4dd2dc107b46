import {
  type ApiKeyHolder,
  type ApiKeyRing,
  type ApiRole,
  bearerToken,
  PLATFORM_PROBLEMS,
  Problem,
} from '@app/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { QueueSessions } from '../queues/queue-sessions.js';
import { sessionIn } from '../queues/session-cookie.js';
import { type Access, mayUse } from './access.js';
import { addressKey } from './client-address.js';
import { rateLimit, rateLimitPolicy } from './rate-limit-headers.js';
import type { Allowance, RequestBudget } from './request-budget.js';

/** How many requests are let through. */
export interface RequestBudgets {
  /** Per key, shared by all processes. */
  readonly keys: RequestBudget;
  /** Per client address on public routes: wide, only against floods. */
  readonly publicRoutes: RequestBudget;
  /** Per client address for requests with a missing or wrong key; good keys from the same address are not counted. */
  readonly failedKeys: RequestBudget;
}

/**
 * Decides at the door whether a request may come in: whose key it carries, whether the role is enough, and whether the
 * key has requests left. A plain function of the request rather than a chain of guards: every request passes here.
 */
export class Admission {
  private readonly policies: Readonly<Record<keyof RequestBudgets, string>>;

  constructor(
    private readonly ring: ApiKeyRing,
    private readonly sessions: QueueSessions,
    private readonly budgets: RequestBudgets,
  ) {
    this.policies = {
      keys: rateLimitPolicy('key', budgets.keys.limit, budgets.keys.windowSeconds),
      publicRoutes: rateLimitPolicy('address', budgets.publicRoutes.limit, budgets.publicRoutes.windowSeconds),
      failedKeys: rateLimitPolicy('failed-keys', budgets.failedKeys.limit, budgets.failedKeys.windowSeconds),
    };
  }

  /**
   * Lets the request in, or throws. Returns a promise only when the shared counters must be asked.
   * @throws Problem `unauthorized`, `forbidden`, `rate-limited`
   */
  admit(request: FastifyRequest, reply: FastifyReply): Promise<void> | void {
    const access: Access = request.is404 ? 'public' : (request.routeOptions.config.access ?? 'admin');
    if (access === 'public') {
      return this.admitToPublic(request, reply);
    }
    const token = bearerToken(request.headers.authorization);
    const holder = token === null ? this.holderOfSession(request) : this.ring.find(token);
    if (holder === null) return this.refuseUnknown(request, reply, token === null);
    const spent = this.spend('keys', 'key', holder.name, reply);
    if (spent === undefined) return enter(request, holder, access);
    return spent.then(() => enter(request, holder, access));
  }

  /** A key is not asked for, but who shows one may be told more. Its requests are not counted here. */
  private admitToPublic(request: FastifyRequest, reply: FastifyReply): Promise<void> | void {
    const token = bearerToken(request.headers.authorization);
    const holder = token === null ? null : this.ring.find(token);
    if (holder !== null) {
      request.caller = holder;
      request.keyName = holder.name;
    } else if (token !== null) {
      // Or keys could be guessed here.
      return this.spend('failedKeys', 'failed-keys', addressKey(request.ip), reply);
    }
    return this.spend('publicRoutes', 'address', addressKey(request.ip), reply);
  }

  private holderOfSession(request: FastifyRequest): ApiKeyHolder | null {
    if (request.routeOptions.config.queueSession !== true) return null;
    const session = sessionIn(request.headers.cookie);
    return session === null ? null : this.sessions.holderOf(session);
  }

  private async refuseUnknown(request: FastifyRequest, reply: FastifyReply, isMissing: boolean): Promise<void> {
    await this.spend('failedKeys', 'failed-keys', addressKey(request.ip), reply);
    throw new Problem(PLATFORM_PROBLEMS.unauthorized, {
      detail: isMissing ? 'The request carries no API key.' : 'The API key is not known here.',
    });
  }

  private spend(budget: keyof RequestBudgets, policy: string, key: string, reply: FastifyReply): Promise<void> | void {
    const allowance = this.budgets[budget].take(key);
    if (allowance instanceof Promise) return allowance.then((known) => this.tell(budget, policy, known, reply));
    return this.tell(budget, policy, allowance, reply);
  }

  private tell(budget: keyof RequestBudgets, policy: string, allowance: Allowance, reply: FastifyReply): void {
    reply.header('ratelimit-policy', this.policies[budget]);
    reply.header('ratelimit', rateLimit(policy, allowance));
    if (allowance.allowed) return;
    throw new Problem(PLATFORM_PROBLEMS['rate-limited'], {
      detail: `More than ${allowance.limit} requests in a minute.`,
      retryAfterSeconds: allowance.resetSeconds,
    });
  }
}

function enter(request: FastifyRequest, holder: ApiKeyHolder, needed: ApiRole): void {
  request.caller = holder;
  request.keyName = holder.name;
  if (mayUse(holder.role, needed)) return;
  throw new Problem(PLATFORM_PROBLEMS.forbidden, {
    detail: `The key "${holder.name}" is a ${holder.role}'s; this needs at least the role ${needed}.`,
  });
}
