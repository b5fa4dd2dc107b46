import type { Clock } from '@app/platform';
import { LRUCache } from 'lru-cache';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';

/** The verdict on one request, and what the headers say of it. */
export interface Allowance {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds until the window ends. */
  readonly resetSeconds: number;
}

interface CounterWhileAway {
  readonly isOn: () => boolean;
  readonly counter: RateLimiterAbstract;
}

interface Lease {
  /** Requests that this process may still let through by itself. */
  left: number;
  /** Requests that no process has reserved yet. */
  readonly unclaimed: number;
  readonly endsAt: number;
}

/** A lease is this part of the whole: few round trips, and little is tied up in a process that does not need it. */
const LEASE_SHARE = 20;

/**
 * Counts the requests of each key against a limit that all processes share. A process takes a share of what is left at
 * a time and hands it out by itself, so that an ordinary request costs no round trip; together they never let through
 * more than the limit.
 */
export class RateLimiter {
  private readonly leases: LRUCache<string, Lease>;
  private readonly renewals = new Map<string, Promise<void>>();
  private readonly share: number;

  /**
   * @param counter counts for all processes; its `points` is the limit and its `duration` the window in seconds
   * @param maxKeys leases kept at a time; past it the one that was not used for the longest time is given up
   * @param whileAway counts while what all processes share is known to be away
   */
  constructor(
    private readonly counter: RateLimiterAbstract,
    private readonly clock: Clock,
    maxKeys = 10_000,
    private readonly whileAway: CounterWhileAway | null = null,
  ) {
    this.leases = new LRUCache({ max: maxKeys });
    this.share = Math.max(1, Math.floor(counter.points / LEASE_SHARE));
  }

  get limit(): number {
    return this.counter.points;
  }

  get windowSeconds(): number {
    return this.counter.duration;
  }

  /** Takes one request of `key`. Answers at once, without a promise, while the process has a share left. */
  take(key: string): Allowance | Promise<Allowance> {
    return this.takeOwn(key) ?? this.takeShared(key);
  }

  private takeOwn(key: string): Allowance | null {
    const lease = this.leases.get(key);
    const now = this.clock.now();
    if (lease === undefined || now >= lease.endsAt) return null;
    if (lease.left > 0) {
      lease.left--;
      return this.allowance(true, lease, now);
    }
    return lease.unclaimed > 0 ? null : this.allowance(false, lease, now);
  }

  private async takeShared(key: string): Promise<Allowance> {
    for (;;) {
      await this.renew(key);
      // Others who waited for the same share may have used it up.
      const own = this.takeOwn(key);
      if (own !== null) return own;
    }
  }

  /** One renewal at a time for each key; all who wait share it. */
  private renew(key: string): Promise<void> {
    let renewal = this.renewals.get(key);
    if (renewal === undefined) {
      renewal = this.claimShare(key).finally(() => this.renewals.delete(key));
      this.renewals.set(key, renewal);
    }
    return renewal;
  }

  private async claimShare(key: string): Promise<void> {
    const counted = await this.count(key);
    const before = counted.consumedPoints - this.share;
    const granted = Math.min(this.share, Math.max(0, this.counter.points - before));
    this.leases.set(key, {
      left: granted,
      unclaimed: Math.max(0, this.counter.points - counted.consumedPoints),
      // At least a little ahead, or a window that ends right now would be asked for again and again.
      endsAt: this.clock.now() + Math.max(50, counted.msBeforeNext),
    });
  }

  private async count(key: string): Promise<RateLimiterRes> {
    try {
      const counter = this.whileAway?.isOn() === true ? this.whileAway.counter : this.counter;
      return await counter.consume(key, this.share);
    } catch (rejected) {
      // The library throws its result when the limit is passed, and errors for everything else.
      if (rejected instanceof RateLimiterRes) return rejected;
      throw rejected;
    }
  }

  private allowance(allowed: boolean, lease: Lease, now: number): Allowance {
    return {
      allowed,
      limit: this.counter.points,
      remaining: lease.left + lease.unclaimed,
      resetSeconds: Math.max(1, Math.ceil((lease.endsAt - now) / 1000)),
    };
  }
}

/** `RateLimit-Policy` as the IETF draft "RateLimit header fields for HTTP" writes it: a structured field (RFC 9651). */
export function rateLimitPolicy(policy: string, limit: number, windowSeconds: number): string {
  return `"${policy}";q=${limit};w=${windowSeconds}`;
}

/** `RateLimit` of the same draft: what is left (`r`) for so many seconds (`t`). */
export function rateLimit(policy: string, { remaining, resetSeconds }: Allowance): string {
  return `"${policy}";r=${remaining};t=${resetSeconds}`;
}
