import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { type BudgetLimits, type CallPriority, type Grant, RequestBudget } from './request-budget.port.js';

/**
 * One token bucket for all processes. Time is Redis's own, so that the clocks of the hosts do not matter. The key ends
 * when it would be full again: an absent bucket is a full one.
 * ARGV: rate a second, burst, floor, wanted, pause in ms. Returns {granted, ms to wait}.
 */
const SCRIPT = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local rate, burst, floor = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local wanted, pause = tonumber(ARGV[4]), tonumber(ARGV[5])
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'pausedUntil')
local at = tonumber(state[2]) or now
local tokens = math.min(burst, (tonumber(state[1]) or burst) + math.max(0, now - at) * rate / 1000)
local pausedUntil = math.max(tonumber(state[3]) or 0, pause > 0 and now + pause or 0)
local granted, wait = 0, 0
if pausedUntil > now then
  wait = pausedUntil - now
else
  granted = math.max(0, math.min(wanted, math.floor(tokens - floor)))
  tokens = tokens - granted
  if granted < wanted then wait = math.ceil((floor + 1 - tokens) * 1000 / rate) end
end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now), 'pausedUntil', tostring(pausedUntil))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst * 1000 / rate) + math.max(0, pausedUntil - now) + 1000)
return {granted, wait}
`;
const SCRIPT_SHA = createHash('sha1').update(SCRIPT).digest('hex');

/**
 * The budget that all processes share. One round trip serves all calls of a process that wait at that moment, so it
 * costs at most one a call; nothing is taken in advance, because a permit in the hands of an idle process is lost.
 */
export class RedisRequestBudget extends RequestBudget {
  private readonly key: string;

  /** @param keyPrefix first part of every key of this fleet, which is also its hash tag */
  constructor(
    private readonly limits: BudgetLimits,
    private readonly redis: Redis,
    keyPrefix: string,
  ) {
    super();
    this.key = `{${keyPrefix}}:novita-budget`;
  }

  /** @throws what ioredis throws when Redis is away */
  override async take(wanted: number, priority: CallPriority): Promise<Grant> {
    return this.run(wanted, priority === 'background' ? this.limits.reserve : 0, 0);
  }

  /** @throws what ioredis throws when Redis is away */
  override async pause(ms: number): Promise<void> {
    await this.run(0, 0, Math.ceil(ms));
  }

  private async run(wanted: number, floor: number, pauseMs: number): Promise<Grant> {
    const { ratePerSecond, burst } = this.limits;
    const values = [this.key, ratePerSecond, burst, floor, wanted, pauseMs] as const;
    let reply: unknown;
    try {
      reply = await this.redis.evalsha(SCRIPT_SHA, 1, ...values);
    } catch (error) {
      // A Redis that was restarted does not know the script yet.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      reply = await this.redis.eval(SCRIPT, 1, ...values);
    }
    const [granted, waitMs] = reply as [number, number];
    return { granted, waitMs };
  }
}
