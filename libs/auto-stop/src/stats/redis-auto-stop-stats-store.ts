import { type RedisConnections, RedisScript } from '@app/platform';
import { orUnavailable } from '../redis-reply.js';
import { AutoStopStatsStore, type CheckRecord, NO_STATS, type RecordedStats } from './auto-stop-stats-store.port.js';
import { readCheckDocument } from './check-document.js';

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

/** In Redis: one hash, `auto-stop:stats`, of the latest check and the totals. */
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
      this.connections.commands.hmget(`${this.base}:auto-stop:stats`, 'last', ...COUNTS),
    );
    const [json, ...totals] = fields;
    const last = json === null || json === undefined ? null : readCheckDocument(json);
    const [checked = 0, eligible = 0, stopped = 0, failed = 0] = totals.map((count) => Number(count ?? 0));
    return {
      lastRun: last?.run ?? null,
      totals: { checked, eligible, stopped, failed },
      idleUsdPerHour: last?.idleUsdPerHour ?? NO_STATS.idleUsdPerHour,
      waiting: last?.waiting ?? NO_STATS.waiting,
    };
  }

  override async record(check: CheckRecord): Promise<void> {
    const added = COUNTS.flatMap((name) => (check.run[name] === 0 ? [] : [name, check.run[name]]));
    const args = [JSON.stringify(check), ...added];
    await orUnavailable(RECORD.run(this.connections.commands, [this.base], args));
  }
}
