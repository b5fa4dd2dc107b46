import { type InstanceId, type InstanceRecord, memoryStore, type NovitaInstanceId } from '@app/instance-store';
import { MetricsRegistry, type Timestamp } from '@app/platform';
import { aNewInstance, FakeClock, type InstanceOverrides } from '@app/testing';
import { FleetSampler } from '../../src/history/fleet-sampler.js';
import { MemoryFleetHistory } from '../../src/history/memory-fleet-history.js';
import { IdleCosts } from '../../src/spend/idle-cost.js';
import type { SpendOptions } from '../../src/spend/spend-options.js';
import { SpendReadings } from '../../src/spend/spend-readings.js';
import { StoredSpendReports } from '../../src/spend/stored-spend-reports.js';
import { MemoryAutoStopStatsStore } from '../../src/stats/memory-auto-stop-stats-store.js';
import { OPTIONS } from './check-world.js';

export const HOUR = 3_600_000;
/** The second day of a month. */
const START = Date.UTC(2026, 2, 2, 6);
const NEVER = new AbortController().signal;
let made = 0;

/** A fleet in memory and what reports on its spend. */
export class SpendWorld {
  readonly clock = new FakeClock(START);
  readonly store = memoryStore(this.clock);
  readonly history = new MemoryFleetHistory();
  readonly stats = new MemoryAutoStopStatsStore();
  readonly readings = new SpendReadings(this.store.spend, this.clock);
  readonly registry = new MetricsRegistry();
  readonly options: SpendOptions;
  readonly reports: StoredSpendReports;

  constructor(options: Partial<SpendOptions> = {}) {
    this.options = { dailyLimitUsd: null, enforced: false, intervalMs: 60_000, ...options };
    this.reports = new StoredSpendReports(
      this.store.records,
      this.store.spend,
      this.readings,
      this.stats,
      this.clock,
      this.options,
    );
  }

  /** As a worker has it; the listing before is of now unless another time is said. */
  sampler(instancesAsOf: Timestamp | null = this.clock.timestamp()): FleetSampler {
    const idle = new IdleCosts(this.store.records, this.clock, OPTIONS);
    return new FleetSampler(
      this.store.records,
      this.store.spend,
      this.history,
      { instancesAsOf: () => instancesAsOf },
      idle,
      this.stats,
      this.clock,
    );
  }

  /** Ready, for a dollar an hour. */
  async add(overrides: InstanceOverrides = {}): Promise<InstanceRecord> {
    made += 1;
    const novitaInstanceId = `n${made}` as NovitaInstanceId;
    const record = aNewInstance({ novitaInstanceId, status: 'ready', price: { usdPerHour: 1 }, ...overrides });
    const result = await this.store.records.insert(record);
    if (result.outcome !== 'inserted') throw new Error(result.outcome);
    return result.stored.record;
  }

  async stop(record: InstanceRecord, by: 'auto-stop' | 'user:a' = 'user:a'): Promise<void> {
    const desired = { state: 'stopped', at: this.clock.timestamp(), by } as const;
    const result = await this.store.records.write({ ...record, desired, status: 'stopped' }, { kind: 'command' });
    if (result.outcome !== 'written') throw new Error(result.outcome);
  }

  async remove(id: InstanceId): Promise<void> {
    const stored = await this.store.records.get(id);
    await this.store.records.remove(id, stored?.record.revision ?? 0);
  }

  book(): Promise<void> {
    return this.store.spend.accrue(this.clock.timestamp(), NEVER);
  }
}
