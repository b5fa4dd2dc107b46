import { orStoreError } from '@app/instance-store';
import { isObject, parseJson, parseTimestamp } from '@app/platform';
import { FleetKeys, type RedisConnections, RedisScript } from '@app/redis';
import type { CheckReport } from './check-report.js';

export type RecordedCheck = Omit<CheckReport, 'verdicts'>;

export interface RecordedStats {
  /** The latest check that was no dry run; null before the first. */
  readonly lastRun: RecordedCheck | null;
  /** Since the fleet's first check. */
  readonly totals: {
    readonly checked: number;
    readonly eligible: number;
    readonly stopped: number;
    readonly failed: number;
  };
}

/** Keeps what checks did, for all processes. */
export abstract class AutoStopStatsStore {
  /** One round trip. @throws StoreUnavailableError */
  abstract read(): Promise<RecordedStats>;

  /** Replaces the latest run and adds to the totals, together. @throws StoreUnavailableError */
  abstract record(run: RecordedCheck): Promise<void>;

  /** Adds one instance to the totals that was stopped between two checks. @throws StoreUnavailableError */
  abstract countStop(): Promise<void>;
}

const COUNTS = ['checked', 'eligible', 'stopped', 'failed'] as const;
export const NO_STATS: RecordedStats = { lastRun: null, totals: { checked: 0, eligible: 0, stopped: 0, failed: 0 } };

/** Within one process. */
export class MemoryAutoStopStatsStore extends AutoStopStatsStore {
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

  override async countStop(): Promise<void> {
    const { totals } = this.stats;
    this.stats = { ...this.stats, totals: { ...totals, stopped: totals.stopped + 1 } };
    return Promise.resolve();
  }
}

const RECORD = RedisScript.fromFile(new URL('./record-check.lua', import.meta.url));

/** In Redis: the fields `last` and those of `COUNTS` in one hash. */
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
    const [run, ...totals] = await orStoreError(this.connections.commands.hmget(this.key, 'last', ...COUNTS));
    const [checked = 0, eligible = 0, stopped = 0, failed = 0] = totals.map((count) => Number(count ?? 0));
    return { lastRun: readCheckDocument(run ?? ''), totals: { checked, eligible, stopped, failed } };
  }

  override async record(run: RecordedCheck): Promise<void> {
    const added = COUNTS.flatMap((name) => (run[name] === 0 ? [] : [name, run[name]]));
    const args = [JSON.stringify({ run }), ...added];
    await orStoreError(RECORD.run(this.connections.commands, [this.key], args));
  }

  override async countStop(): Promise<void> {
    await orStoreError(this.connections.commands.hincrby(this.key, 'stopped', 1));
  }
}

/** @returns null for what no check of ours has written */
function readCheckDocument(json: string): RecordedCheck | null {
  const document = parseJson(json);
  return isObject(document) ? readRun(document['run']) : null;
}

function readRun(value: unknown): RecordedCheck | null {
  if (!isObject(value)) return null;
  const { checkId, trigger, dryRun, suspended, more } = value;
  const { checked, eligible, warned, stopped, failed } = value;
  const startedAt = parseTimestamp(value['startedAt']);
  const endedAt = parseTimestamp(value['endedAt']);
  if (typeof checkId !== 'string' || (trigger !== 'schedule' && trigger !== 'manual')) return null;
  if (startedAt === null || endedAt === null) return null;
  if (typeof dryRun !== 'boolean' || typeof more !== 'boolean') return null;
  if (suspended !== null && typeof suspended !== 'string') return null;
  if (
    typeof checked !== 'number' ||
    typeof eligible !== 'number' ||
    typeof warned !== 'number' ||
    typeof stopped !== 'number' ||
    typeof failed !== 'number'
  ) {
    return null;
  }
  const counts = { checked, eligible, warned, stopped, failed };
  return { checkId, trigger, dryRun, startedAt, endedAt, suspended, more, ...counts };
}
