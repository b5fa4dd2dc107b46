import { type RedisConnections, RedisScript } from '@app/platform';
import { orUnavailable } from '../redis-reply.js';
import { AutoStopStatsStore, type CheckRecord, NO_STATS, type RecordedStats } from './auto-stop-stats-store.port.js';
import { readCheckDocument } from './check-document.js';

/** KEYS: the hash tag. Answers the latest check, or false, and the totals. */
const READ = new RedisScript(String.raw`
return {
  redis.call('GET', KEYS[1] .. ':auto-stop:last'),
  redis.call('HMGET', KEYS[1] .. ':auto-stop:totals', 'checked', 'eligible', 'stopped', 'failed'),
}
`);

/** KEYS: the hash tag. ARGV: the check, and what it adds to checked, eligible, stopped and failed. */
const RECORD = new RedisScript(String.raw`
redis.call('SET', KEYS[1] .. ':auto-stop:last', ARGV[1])
for i, name in ipairs({'checked', 'eligible', 'stopped', 'failed'}) do
  redis.call('HINCRBY', KEYS[1] .. ':auto-stop:totals', name, ARGV[i + 1])
end
return 1
`);

/** In Redis: `auto-stop:last` and `auto-stop:totals`. */
export class RedisAutoStopStatsStore extends AutoStopStatsStore {
  constructor(
    private readonly connections: RedisConnections,
    private readonly keyPrefix: string,
  ) {
    super();
  }

  override async read(): Promise<RecordedStats> {
    const [json, totals] = (await this.run(READ, [])) as [string | null, (string | null)[]];
    const last = json === null ? null : readCheckDocument(json);
    const [checked, eligible, stopped, failed] = totals.map((count) => Number(count ?? 0));
    return {
      lastRun: last?.run ?? null,
      totals: { checked: checked ?? 0, eligible: eligible ?? 0, stopped: stopped ?? 0, failed: failed ?? 0 },
      idleUsdPerHour: last?.idleUsdPerHour ?? NO_STATS.idleUsdPerHour,
      waiting: last?.waiting ?? NO_STATS.waiting,
    };
  }

  override async record(check: CheckRecord): Promise<void> {
    const { checked, eligible, stopped, failed } = check.run;
    await this.run(RECORD, [JSON.stringify(check), checked, eligible, stopped, failed]);
  }

  private async run(script: RedisScript, args: readonly (string | number)[]): Promise<unknown> {
    return orUnavailable(script.run(this.connections.commands, [`{${this.keyPrefix}}`], args));
  }
}
