import { type RedisConnections, RedisScript } from '@app/redis';
import { orUnavailable } from '../redis-reply.js';
import type { IdleCost } from '../spend/idle-cost.js';
import { AutoStopStatsStore, type RecordedCheck, type RecordedStats } from './auto-stop-stats-store.port.js';
import { readCheckDocument, readIdleDocument } from './check-document.js';

const COUNTS = ['checked', 'eligible', 'stopped', 'failed'] as const;

/** KEYS: the hash tag. ARGV: the check, then pairs of a count and what is added to it. */
const RECORD = new RedisScript(String.raw`
local key = KEYS[1] .. ':auto-stop:stats'
redis.call('HSET', key, 'last', ARGV[1])
for i = 2, #ARGV, 2 do
  redis.call('HINCRBY', key, ARGV[i], ARGV[i + 1])
end
return 1
`);

/** In Redis: one hash, `auto-stop:stats`, of the latest check, the totals, and what idled last. */
export class RedisAutoStopStatsStore extends AutoStopStatsStore {
  private readonly base: string;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.base = `{${keyPrefix}}`;
  }

  override async read(): Promise<RecordedStats> {
    const fields = await orUnavailable(
      this.connections.commands.hmget(`${this.base}:auto-stop:stats`, 'last', 'idle', ...COUNTS),
    );
    const [run, idle, ...totals] = fields;
    const [checked = 0, eligible = 0, stopped = 0, failed = 0] = totals.map((count) => Number(count ?? 0));
    return {
      lastRun: readCheckDocument(run ?? ''),
      totals: { checked, eligible, stopped, failed },
      idle: readIdleDocument(idle ?? ''),
    };
  }

  override async record(run: RecordedCheck): Promise<void> {
    const added = COUNTS.flatMap((name) => (run[name] === 0 ? [] : [name, run[name]]));
    const args = [JSON.stringify({ run }), ...added];
    await orUnavailable(RECORD.run(this.connections.commands, [this.base], args));
  }

  override async noteIdle(idle: IdleCost): Promise<void> {
    await orUnavailable(this.connections.commands.hset(`${this.base}:auto-stop:stats`, 'idle', JSON.stringify(idle)));
  }
}
