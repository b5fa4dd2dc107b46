import { isIPv6 } from 'node:net';
import { acceptsToken, type FleetView, type InstanceId, instanceOfToken } from '@app/instance-store';
import { type ApiKeyRing, type ApiRole, bearerToken, type KeyVerdict, PLATFORM_PROBLEMS, Problem } from '@app/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Access, type KeyHolder, mayUse } from './access.js';
import { type QueueSessions, sessionIn } from './queue-session.js';
import { type Allowance, type RateLimiter, rateLimit, rateLimitPolicy } from './rate-limiter.js';

/** How many requests are let through. */
export interface RateLimiters {
  /** Per key, shared by all processes. */
  readonly keys: RateLimiter;
  /** Per client address on public routes: wide, only against floods. */
  readonly publicRoutes: RateLimiter;
  /** Per client address for requests with a missing or wrong key; good keys from the same address are not counted. */
  readonly failedKeys: RateLimiter;
}

/**
 * Decides whether a request is let in: whose key it carries, whether the role is enough, and whether the key has requests
 * left. A plain function of the request rather than a chain of guards: every request passes here.
 */
export class RequestAuthorizer {
  private readonly policies: Readonly<Record<keyof RateLimiters, string>>;

  constructor(
    private readonly ring: ApiKeyRing,
    private readonly sessions: QueueSessions,
    private readonly limiters: RateLimiters,
    private readonly fleet: Pick<FleetView, 'get'>,
  ) {
    this.policies = {
      keys: rateLimitPolicy('key', limiters.keys.limit, limiters.keys.windowSeconds),
      publicRoutes: rateLimitPolicy('address', limiters.publicRoutes.limit, limiters.publicRoutes.windowSeconds),
      failedKeys: rateLimitPolicy('failed-keys', limiters.failedKeys.limit, limiters.failedKeys.windowSeconds),
    };
  }

  /**
   * Lets the request in, or throws. Returns a promise only when the shared counters must be asked, or the record of an
   * instance that calls by itself.
   * @throws Problem `unauthorized`, `forbidden`, `rate-limited`
   */
  authorize(request: FastifyRequest, reply: FastifyReply): Promise<void> | void {
    const access: Access = request.is404 ? 'public' : (request.routeOptions.config.access ?? 'admin');
    if (access === 'public') {
      return this.authorizePublic(request, reply);
    }
    const token = bearerToken(request.headers.authorization);
    const instanceId = token === null ? null : instanceOfToken(token);
    if (token !== null && instanceId !== null) return this.authorizeInstance(request, reply, token, instanceId);
    const verdict = token === null ? this.verdictOnSession(request) : this.ring.find(token);
    if (verdict === null || verdict.kind !== 'known') return this.rejectUnknown(request, reply, verdict);
    const { holder } = verdict;
    const spent = this.spend('keys', 'key', holder.name, reply);
    if (spent === undefined) return enter(request, holder, access);
    return spent.then(() => enter(request, holder, access));
  }

  /** The token is read out of the record for each request, so that it ends in all processes when it is revoked. */
  private async authorizeInstance(
    request: FastifyRequest,
    reply: FastifyReply,
    token: string,
    id: InstanceId,
  ): Promise<void> {
    const stored = await this.fleet.get(id);
    if (stored === null || !acceptsToken(stored.record, token)) {
      return this.rejectUnknown(request, reply, { kind: 'unknown' });
    }
    const { novitaInstanceId } = stored.record;
    const holder: KeyHolder = { name: `instance:${id}`, role: 'viewer', instance: { id, novitaInstanceId } };
    await this.spend('keys', 'key', holder.name, reply);
    request.keyName = holder.name;
    const { id: named } = request.params as { readonly id?: string };
    const isOwn = named === id || (novitaInstanceId !== null && named === novitaInstanceId);
    if (request.routeOptions.config.ownInstance === true && isOwn) {
      request.caller = holder;
      return;
    }
    throw new Problem(PLATFORM_PROBLEMS.forbidden, {
      detail: `The token of instance ${id} may read this instance, report its use, and take or end its lease; nothing else.`,
      suggestion: 'Use the key of an operator for anything else.',
    });
  }

  /** No key is needed; a request with one may be shown more, and is not counted here. */
  private authorizePublic(request: FastifyRequest, reply: FastifyReply): Promise<void> | void {
    const token = bearerToken(request.headers.authorization);
    const verdict = token === null ? null : this.ring.find(token);
    if (verdict?.kind === 'known') {
      const { holder } = verdict;
      request.caller = holder;
      request.keyName = holder.name;
    } else if (token !== null && instanceOfToken(token) === null) {
      // Or keys could be guessed here.
      return this.spend('failedKeys', 'failed-keys', addressKey(request.ip), reply);
    }
    return this.spend('publicRoutes', 'address', addressKey(request.ip), reply);
  }

  private verdictOnSession(request: FastifyRequest): KeyVerdict | null {
    if (request.routeOptions.config.queueSession !== true) return null;
    const session = sessionIn(request.headers.cookie);
    const holder = session === null ? null : this.sessions.holderOf(session);
    return holder === null ? null : { kind: 'known', holder };
  }

  /** @param verdict on the key; null for a request without one */
  private async rejectUnknown(request: FastifyRequest, reply: FastifyReply, verdict: KeyVerdict | null): Promise<void> {
    await this.spend('failedKeys', 'failed-keys', addressKey(request.ip), reply);
    if (verdict?.kind === 'expired') {
      throw new Problem(PLATFORM_PROBLEMS['key-expired'], {
        detail: `The key "${verdict.name}" was valid until ${verdict.expiredAt}.`,
      });
    }
    throw new Problem(PLATFORM_PROBLEMS.unauthorized, {
      detail: verdict === null ? 'The request carries no API key.' : 'The API key is not known here.',
    });
  }

  private spend(limiter: keyof RateLimiters, policy: string, key: string, reply: FastifyReply): Promise<void> | void {
    const allowance = this.limiters[limiter].take(key);
    if (allowance instanceof Promise) return allowance.then((known) => this.setHeaders(limiter, policy, known, reply));
    return this.setHeaders(limiter, policy, allowance, reply);
  }

  private setHeaders(limiter: keyof RateLimiters, policy: string, allowance: Allowance, reply: FastifyReply): void {
    reply.header('ratelimit-policy', this.policies[limiter]);
    reply.header('ratelimit', rateLimit(policy, allowance));
    if (allowance.allowed) return;
    throw new Problem(PLATFORM_PROBLEMS['rate-limited'], {
      detail: `More than ${allowance.limit} requests in a minute.`,
      retryAfterSeconds: allowance.resetSeconds,
    });
  }
}

function enter(request: FastifyRequest, holder: KeyHolder, needed: ApiRole): void {
  request.caller = holder;
  request.keyName = holder.name;
  const isClosed =
    holder.limits !== undefined && needed !== 'viewer' && request.routeOptions.config.limitedKeys !== true;
  if (isClosed) {
    throw new Problem(PLATFORM_PROBLEMS.forbidden, {
      detail: `The key "${holder.name}" has limits; it may read, and create, command, lease and change single instances, and begin a sync.`,
      suggestion: 'Use a key without limits for anything else.',
    });
  }
  if (mayUse(holder.role, needed)) return;
  throw new Problem(PLATFORM_PROBLEMS.forbidden, {
    detail: `The key "${holder.name}" is a ${holder.role}'s; this needs at least the role ${needed}.`,
  });
}

/**
 * The key under which requests of one client address are counted. Of an IPv6 address only the /64: a single host may
 * use all addresses of its network.
 */
export function addressKey(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...Array.from({ length: zeros }, () => '0'), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
