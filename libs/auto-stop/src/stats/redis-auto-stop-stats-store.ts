import { FleetKeys, type RedisConnections, RedisScript } from '@app/redis';
import { orStoreUnavailable } from '../redis-reply.js';
import type { IdleCost } from '../spend/idle-cost.js';
import { AutoStopStatsStore, type RecordedCheck, type RecordedStats } from './auto-stop-stats-store.port.js';
import { readCheckDocument, readIdleDocument } from './check-document.js';

const COUNTS = ['checked', 'eligible', 'stopped', 'failed'] as const;

const RECORD = RedisScript.fromFile(new URL('./record-check.lua', import.meta.url));

/** In Redis: one hash of the latest check, the totals, and what idled last. */
export class RedisAutoStopStatsStore extends AutoStopStatsStore {
  private readonly key: string;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.key = new FleetKeys(keyPrefix).autoStopStats;
  }

  override async read(): Promise<RecordedStats> {
    const fields = await orStoreUnavailable(this.connections.commands.hmget(this.key, 'last', 'idle', ...COUNTS));
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
    await orStoreUnavailable(RECORD.run(this.connections.commands, [this.key], args));
  }

  override async noteIdle(idle: IdleCost): Promise<void> {
    await orStoreUnavailable(this.connections.commands.hset(this.key, 'idle', JSON.stringify(idle)));
  }
}
