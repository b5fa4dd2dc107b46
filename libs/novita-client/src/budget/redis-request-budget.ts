import type { Clock } from '@app/platform';
import type { Redis } from 'ioredis';
import { RedisScript } from '../redis/redis-script.js';
import { type BudgetLimits, type CallPriority, type Grant, RequestBudget } from './request-budget.port.js';

/**
 * One token bucket for all processes. Time is Redis's own, so that the clocks of the hosts do not matter. The key ends
 * when it would be full again: an absent bucket is a full one.
 * ARGV: rate a second, burst, floor, wanted, pause in ms, wanted in advance. Returns {granted, ms to wait, granted in
 * advance}; nothing is granted in advance from a bucket less than half full.
 */
const TAKE = new RedisScript(`
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local rate, burst, floor = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local wanted, pause, early = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'pausedUntil')
local at = tonumber(state[2]) or now
local tokens = math.min(burst, (tonumber(state[1]) or burst) + math.max(0, now - at) * rate / 1000)
local pausedUntil = math.max(tonumber(state[3]) or 0, pause > 0 and now + pause or 0)
local granted, wait, advance = 0, 0, 0
if pausedUntil > now then
  wait = pausedUntil - now
else
  granted = math.max(0, math.min(wanted, math.floor(tokens - floor)))
  tokens = tokens - granted
  if granted < wanted then wait = math.ceil((floor + 1 - tokens) * 1000 / rate) end
  advance = math.max(0, math.min(early, math.floor(tokens - burst / 2)))
  tokens = tokens - advance
end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now), 'pausedUntil', tostring(pausedUntil))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst * 1000 / rate) + math.max(0, pausedUntil - now) + 1000)
return {granted, wait, advance}
`);

/** Permits drawn in advance are what the rate earns in this time, and never more than the most. */
const ADVANCE_MS = 10;
const MOST_IN_ADVANCE = 64;
/** Then they are given up, so that a pause that another process asks for is heeded here soon. */
const ADVANCE_LIFE_MS = 50;

/**
 * The budget that all processes share. One round trip serves all calls of a process that wait at that moment, so it
 * costs at most one a call. Below a hundred a second nothing is taken in advance, because a permit in the hands of an
 * idle process is lost; above, and while the bucket is at least half full, a few are, so that whoever reads a hundred
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
    this.key = `{${keyPrefix}}:novita-budget`;
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
    const reply = await TAKE.run(this.redis, this.key, args);
    const [granted, waitMs, advance] = reply as [number, number, number];
    return { granted, waitMs, advance };
  }
}
