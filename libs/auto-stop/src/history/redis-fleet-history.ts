import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { FleetKeys, type RedisConnections, RedisScript } from '@app/redis';
import { orStoreUnavailable } from '../redis-reply.js';
import { FleetHistory, type FleetSample, HISTORY_MS, HISTORY_POINTS, SAMPLE_MS } from './fleet-history.port.js';
import { minuteOf } from './minute-of.js';
import { thinOut } from './thin-out.js';

const RECORD = RedisScript.fromFile(new URL('./record-sample.lua', import.meta.url));
const MOST_KEPT = HISTORY_MS / SAMPLE_MS;

/**
 * In Redis: one sorted set of the samples by the minute that they are of. A sample reads
 * `1772359200000 12 4.2`: when in epoch milliseconds, how many run, USD per hour.
 */
export class RedisFleetHistory extends FleetHistory {
  private readonly key: string;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.key = new FleetKeys(keyPrefix).fleetHistory;
  }

  override async record({ at, running, usdPerHour }: FleetSample): Promise<void> {
    const minute = minuteOf(at);
    const sample = `${msFromTimestamp(at)} ${running} ${usdPerHour}`;
    await orStoreUnavailable(
      RECORD.run(this.connections.commands, [this.key], [minute, sample, minute - HISTORY_MS, MOST_KEPT]),
    );
  }

  override async latest(since: Timestamp): Promise<readonly FleetSample[]> {
    const from = minuteOf(since);
    const samples = await orStoreUnavailable(this.connections.commands.zrange(this.key, from, '+inf', 'BYSCORE'));
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
