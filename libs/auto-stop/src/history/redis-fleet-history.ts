import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { type RedisConnections, RedisScript } from '@app/redis';
import { orUnavailable } from '../redis-reply.js';
import { FleetHistory, type FleetSample, HISTORY_MS, HISTORY_POINTS, SAMPLE_MS } from './fleet-history.port.js';
import { minuteOf } from './minute-of.js';
import { thinOut } from './thin-out.js';

/**
 * KEYS: the hash tag. ARGV: beginning of the minute in epoch milliseconds, the sample, up to when samples are dropped,
 * how many are kept whatever the clocks of workers say.
 */
const RECORD = new RedisScript(String.raw`
local key = KEYS[1] .. ':fleet-history'
local minute, sample, droppedTo, kept = unpack(ARGV)
redis.call('ZREMRANGEBYSCORE', key, minute, minute)
redis.call('ZADD', key, minute, sample)
redis.call('ZREMRANGEBYSCORE', key, '-inf', droppedTo)
redis.call('ZREMRANGEBYRANK', key, 0, -tonumber(kept) - 1)
return 1
`);

const MOST_KEPT = HISTORY_MS / SAMPLE_MS;

/**
 * In Redis: one sorted set, `fleet-history`, of the samples by the minute that they are of. A sample reads
 * `1772359200000 12 4.2`: when in epoch milliseconds, how many run, USD per hour.
 */
export class RedisFleetHistory extends FleetHistory {
  private readonly base: string;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.base = `{${keyPrefix}}`;
  }

  override async record({ at, running, usdPerHour }: FleetSample): Promise<void> {
    const minute = minuteOf(at);
    const sample = `${msFromTimestamp(at)} ${running} ${usdPerHour}`;
    await orUnavailable(
      RECORD.run(this.connections.commands, [this.base], [minute, sample, minute - HISTORY_MS, MOST_KEPT]),
    );
  }

  override async latest(since: Timestamp): Promise<readonly FleetSample[]> {
    const from = minuteOf(since);
    const samples = await orUnavailable(
      this.connections.commands.zrange(`${this.base}:fleet-history`, from, '+inf', 'BYSCORE'),
    );
    return thinOut(samples, HISTORY_POINTS).flatMap((sample) => readSample(sample) ?? []);
  }
}

/** @returns null for what this file did not write */
function readSample(text: string): FleetSample | null {
  const numbers = text.split(' ').map(Number);
  const [atMs, running, usdPerHour] = numbers;
  if (atMs === undefined || running === undefined || usdPerHour === undefined) return null;
  return numbers.every((number) => Number.isFinite(number) && number >= 0)
    ? { at: timestampFromMs(atMs), running, usdPerHour }
    : null;
}
