import { orStoreError } from '@app/instance-store';
import { isObject, parseJson, parseTimestamp } from '@app/platform';
import { FleetKeys, type RedisConnections, RedisScript } from '@app/redis';
import type { MigrationCheckReport } from './check-report.js';

export type RecordedCheck = Omit<MigrationCheckReport, 'verdicts'>;

export interface RecordedStats {
  /** The latest check that was no dry run; null before the first. */
  readonly lastRun: RecordedCheck | null;
  /** Since the fleet's first check. */
  readonly totals: Pick<RecordedCheck, 'checked' | 'eligible' | 'handedOver'>;
}

/** Keeps what checks did, for all processes. */
export abstract class MigrationStatsStore {
  /** One round trip. @throws StoreUnavailableError */
  abstract read(): Promise<RecordedStats>;

  /** Replaces the latest run and adds to the totals, together. @throws StoreUnavailableError */
  abstract record(run: RecordedCheck): Promise<void>;
}

const COUNTS = ['checked', 'eligible', 'handedOver'] as const;
const NO_STATS: RecordedStats = { lastRun: null, totals: { checked: 0, eligible: 0, handedOver: 0 } };

/** Within one process. */
export class MemoryMigrationStatsStore extends MigrationStatsStore {
  private stats = NO_STATS;

  override async read(): Promise<RecordedStats> {
    return Promise.resolve(this.stats);
  }

  override async record(run: RecordedCheck): Promise<void> {
    const totals = { ...this.stats.totals };
    for (const name of COUNTS) totals[name] += run[name];
    this.stats = { lastRun: run, totals };
    return Promise.resolve();
  }
}

const RECORD = RedisScript.fromFile(new URL('./record-check.lua', import.meta.url));

/** In Redis: the fields `last` and those of `COUNTS` in one hash. */
export class RedisMigrationStatsStore extends MigrationStatsStore {
  private readonly key: string;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.key = new FleetKeys(keyPrefix).migrationStats;
  }

  override async read(): Promise<RecordedStats> {
    const [run, ...totals] = await orStoreError(this.connections.commands.hmget(this.key, 'last', ...COUNTS));
    const [checked = 0, eligible = 0, handedOver = 0] = totals.map((count) => Number(count ?? 0));
    return { lastRun: readRun(run ?? ''), totals: { checked, eligible, handedOver } };
  }

  override async record(run: RecordedCheck): Promise<void> {
    const added = COUNTS.flatMap((name) => (run[name] === 0 ? [] : [name, run[name]]));
    await orStoreError(RECORD.run(this.connections.commands, [this.key], [JSON.stringify(run), ...added]));
  }
}

/** @returns null for what no check of ours has written */
function readRun(json: string): RecordedCheck | null {
  const run = parseJson(json);
  if (!isObject(run)) return null;
  const { checkId, trigger, dryRun, startedAt, endedAt, checked, eligible, handedOver } = run;
  const [begun, ended] = [parseTimestamp(startedAt), parseTimestamp(endedAt)];
  if (typeof checkId !== 'string' || (trigger !== 'schedule' && trigger !== 'manual')) return null;
  if (begun === null || ended === null || typeof dryRun !== 'boolean') return null;
  if (typeof checked !== 'number' || typeof eligible !== 'number' || typeof handedOver !== 'number') return null;
  return { checkId, trigger, dryRun, startedAt: begun, endedAt: ended, checked, eligible, handedOver };
}
