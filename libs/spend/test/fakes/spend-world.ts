import {
  type IdleRules,
  type InstanceId,
  type InstanceRecord,
  memoryStore,
  type NovitaInstanceId,
} from '@app/instance-store';
import { MetricsRegistry, type Timestamp, timestampFromMs } from '@app/platform';
import { aNewInstance, anInstance, FakeClock, type InstanceOverrides } from '@app/testing';
import { FleetSampler, HistorySampler } from '../../src/accrual/spend-accrual.processor.js';
import { MemoryFleetHistory } from '../../src/history/fleet-history.js';
import { RunningCosts } from '../../src/idle/idle-cost.js';
import { MemoryIdleCostStore } from '../../src/idle/idle-cost-store.js';
import type { SpendOptions } from '../../src/limits/spend-options.js';
import { SpendReadings, SpendReports } from '../../src/reports/spend-reports.js';
import { SpentToday } from '../../src/reports/spent-today.js';

export const HOUR = 3_600_000;
/** The second day of a month. */
const START = Date.UTC(2026, 2, 2, 6);
const NEVER = new AbortController().signal;
let made = 0;

const MINUTE = 60_000;
export const NOW = Date.UTC(2026, 5, 1, 12);

/** So many minutes from now; negative for the past. */
export const minutes = (count: number): Timestamp => timestampFromMs(NOW + Math.round(count * MINUTE));

/** 20 minutes, with a warning 5 minutes before. */
export const RULES: IdleRules = {
  enabled: true,
  thresholdMs: 20 * MINUTE,
  warningMs: 5 * MINUTE,
  byTemplate: new Map<string, number | 'off'>([['never', 'off']]),
};

/** Ready for an hour, desired to run. */
export function anIdleInstance(overrides: InstanceOverrides = {}): InstanceRecord {
  made += 1;
  return anInstance({
    novitaInstanceId: made.toString(16).padStart(16, '0') as NovitaInstanceId,
    status: 'ready',
    desired: { state: 'running', at: minutes(-65), by: 'user:test' },
    ...overrides,
    timestamps: { created: minutes(-65), started: minutes(-62), ready: minutes(-60), ...overrides.timestamps },
  });
}

/** A fleet in memory and what reports on its spend. */
export class SpendWorld {
  readonly clock = new FakeClock(START);
  readonly store = memoryStore(this.clock);
  readonly history = new MemoryFleetHistory();
  readonly idleCosts = new MemoryIdleCostStore();
  readonly readings = new SpendReadings(this.store.spend, this.clock);
  readonly registry = new MetricsRegistry();
  readonly options: SpendOptions;
  readonly today: SpentToday;
  readonly reports: SpendReports;

  constructor(options: Partial<SpendOptions> = {}) {
    this.options = {
      dailyLimitUsd: null,
      ownerDailyLimitUsd: null,
      enforcement: 'off',
      intervalMs: 60_000,
      billCheck: true,
      billTolerancePercent: 5,
      ...options,
    };
    const { records, spend } = this.store;
    this.today = new SpentToday(spend, this.clock, this.options);
    this.reports = new SpendReports(records, spend, this.readings, this.today, this.clock, this.options);
  }

  /** As a worker has it. */
  sampler(hasListed = true): FleetSampler {
    return new FleetSampler(
      { instancesAsOf: () => (hasListed ? this.clock.timestamp() : null) },
      new HistorySampler(this.store.spend, this.history, this.clock),
      new RunningCosts(this.store.records, this.clock, RULES),
      this.idleCosts,
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

  accrue(): Promise<void> {
    return this.store.spend.accrue(this.clock.timestamp(), NEVER);
  }
}
