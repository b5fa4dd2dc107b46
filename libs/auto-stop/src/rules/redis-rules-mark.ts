import { type RedisConnections, RedisScript } from '@app/redis';
import { orUnavailable } from '../redis-reply.js';
import { RulesMark, type RulesReading } from './rules-mark.port.js';

/** More than three times the pause between two reports: a process that misses some and writes is not forgotten. */
const IN_USE_MS = 200_000;

const SHARED = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[2])
local others = redis.call('ZCARD', KEYS[2])
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then others = others - 1 end
`;

/** KEYS settled, in use. ARGV fingerprint, life in ms. Answers {settled rules or '', count of others}. */
const REPORT = new RedisScript(`${SHARED}
redis.call('ZADD', KEYS[2], now, ARGV[1])
if others > 0 then redis.call('DEL', KEYS[1]) end
return {redis.call('GET', KEYS[1]) or '', others}
`);

/** KEYS and ARGV as above. Answers 1 when it took effect. */
const SETTLE = new RedisScript(`${SHARED}
if others > 0 then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1
`);

/** Two keys: `auto-stop:rules`, and the sorted set `auto-stop:rules-in-use` by the time of the latest report. */
export class RedisRulesMark extends RulesMark {
  private readonly keys: readonly string[];

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
    private readonly inUseMs = IN_USE_MS,
  ) {
    super();
    this.keys = ['rules', 'rules-in-use'].map((name) => `{${keyPrefix}}:auto-stop:${name}`);
  }

  override async report(fingerprint: string): Promise<RulesReading> {
    const answer = await this.run(REPORT, fingerprint);
    if (!Array.isArray(answer)) throw new Error('Redis answered a script with something else than a list');
    const [settled, others] = answer as unknown[];
    return { settled: typeof settled === 'string' && settled !== '' ? settled : null, others: Number(others) };
  }

  override async settle(fingerprint: string): Promise<boolean> {
    return (await this.run(SETTLE, fingerprint)) === 1;
  }

  private run(script: RedisScript, fingerprint: string): Promise<unknown> {
    return orUnavailable(script.run(this.connections.commands, this.keys, [fingerprint, this.inUseMs]));
  }
}
