import type { Clock } from '@app/platform';
import { FleetKeys, listReply, RedisScript } from '@app/redis';
import type { Redis } from 'ioredis';
import { type BudgetLimits, type CallPriority, type Grant, RequestBudget } from './request-budget.port.js';

const TAKE = RedisScript.fromFile(new URL('./take-permits.lua', import.meta.url));

/** Permits drawn in advance are what the rate earns in this time, and never more than the most. */
const ADVANCE_MS = 10;
const MOST_IN_ADVANCE = 64;
/** Then they are given up, so that a pause that another process asks for is heeded here soon. */
const ADVANCE_LIFE_MS = 50;

/**
 * The budget that all processes share. One round trip serves all calls of a process that wait at that moment, so it
 * costs at most one a call. Below a hundred a second none is drawn in advance, because a permit in the hands of an
 * idle process is lost; above, and while the bucket is at least half full, a few are, so that a reader of a hundred
 * thousand items does not wait for Redis before each page.
 */
export class RedisRequestBudget extends RequestBudget {
  private readonly key: string;
  private readonly advance: number;
  private inHand = { permits: 0, drawnAt: 0 };

  /** @param keyPrefix first part of every key of this fleet, which is also its hash tag */
  constructor(
    private readonly limits: BudgetLimits,
    private readonly redis: Redis,
    keyPrefix: string,
    private readonly clock: Clock,
  ) {
    super();
    this.advance = Math.min(MOST_IN_ADVANCE, Math.floor((limits.ratePerSecond * ADVANCE_MS) / 1_000));
    this.key = new FleetKeys(keyPrefix).novitaBudget;
  }

  /** @throws what ioredis throws when Redis is away */
  override async take(wanted: number, priority: CallPriority): Promise<Grant> {
    const now = this.clock.now();
    const age = now - this.inHand.drawnAt;
    const permits = age >= 0 && age < ADVANCE_LIFE_MS ? this.inHand.permits : 0;
    if (permits >= wanted) {
      this.inHand.permits = permits - wanted;
      return { granted: wanted, waitMs: 0 };
    }
    this.inHand.permits = 0;
    const floor = this.limits.reserve[priority];
    const { granted, waitMs, advance } = await this.run(wanted - permits, floor, 0, this.advance);
    this.inHand = { permits: advance, drawnAt: now };
    return { granted: permits + granted, waitMs };
  }

  /** @throws what ioredis throws when Redis is away */
  override async pause(ms: number): Promise<void> {
    this.inHand.permits = 0;
    await this.run(0, 0, Math.ceil(ms), 0);
  }

  private async run(
    wanted: number,
    floor: number,
    pauseMs: number,
    early: number,
  ): Promise<Grant & { readonly advance: number }> {
    const { ratePerSecond, burst } = this.limits;
    const args = [ratePerSecond, burst, floor, wanted, pauseMs, early];
    const [granted = 0, waitMs = 0, advance = 0] = listReply(await TAKE.run(this.redis, [this.key], args)).map(Number);
    return { granted, waitMs, advance };
  }
}
