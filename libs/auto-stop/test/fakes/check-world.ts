import {
  BEFORE_FIRST_ENTRY,
  type FeedEntry,
  FleetFreshness,
  type InstanceRecord,
  type InstanceStore,
  MemoryChangeFeed,
  memoryStore,
  RecordSettings,
  StopHolders,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import type { InstancesResource } from '@app/novita-client';
import { loadSection, MetricsRegistry, type Timestamp, timestampFromMs } from '@app/platform';
import { FleetId, RedisReadiness } from '@app/redis';
import { FakeClock, type InstanceOverrides, partialNovita } from '@app/testing';
import { NoSharedReadings, UtilisationReader } from '@app/utilisation';
import { AutoStopCheck } from '../../src/check/auto-stop-check.js';
import { CandidateHandler } from '../../src/check/candidate-handler.js';
import { HeldStopJudge } from '../../src/check/held-stop-judge.js';
import { ProviderSignals } from '../../src/check/provider-signals.js';
import { StopClaims } from '../../src/check/stop-claims.js';
import { IdleExplanations } from '../../src/explain/idle-explanations.js';
import { type AutoStopOptions, Suspension } from '../../src/options/auto-stop-options.js';
import { type AutoStopStatsStore, MemoryAutoStopStatsStore } from '../../src/stats/auto-stop-stats-store.js';
import { CheckRecorder } from '../../src/stats/check-recorder.js';
import type { CheckReport } from '../../src/stats/check-report.js';
import { anIdleInstance, MINUTE, minutes, NOW, RULES } from './an-idle-instance.js';
import { FakeQueue } from './fake-queue.js';

class FakeFreshness extends FleetFreshness {
  asOf: Timestamp | null = minutes(-1);

  override instancesAsOf(): Timestamp | null {
    return this.asOf;
  }
}

/** Endpoints hold every stop, as long as there are any. */
class FakeHolders extends StopHolders {
  endpointIds: readonly string[] = [];
  asked = 0;

  override async of(): Promise<readonly string[]> {
    this.asked += 1;
    return Promise.resolve(this.endpointIds);
  }
}

export const OPTIONS: AutoStopOptions = {
  rules: RULES,
  intervalMs: 5 * MINUTE,
  auditIntervalMs: MINUTE,
  maxStalenessMs: 90 * MINUTE,
  synchronised: true,
  gpuThresholdPercent: null,
  maxLeaseMs: 24 * 60 * MINUTE,
};

export interface WorldOptions {
  readonly options?: Partial<AutoStopOptions>;
  readonly instances?: Partial<InstancesResource>;
  /** Instead of one in memory. */
  readonly store?: (clock: FakeClock) => InstanceStore;
  readonly stats?: AutoStopStatsStore;
}

/** A check with everything that it needs, and what tests do with it. */
export class CheckWorld {
  readonly clock = new FakeClock(NOW);
  readonly queue = new FakeQueue();
  readonly freshness = new FakeFreshness();
  readonly registry = new MetricsRegistry();
  readonly options: AutoStopOptions;
  readonly store: InstanceStore;
  readonly stats: AutoStopStatsStore;
  readonly suspension: Suspension;
  readonly redis = RedisReadiness.proven(new FleetId('test'), timestampFromMs(0));
  readonly check: AutoStopCheck;
  readonly holders = new FakeHolders();
  readonly heldStops: HeldStopJudge;
  readonly explanations: IdleExplanations;
  private runs = 0;

  constructor({ options = {}, instances = {}, store, stats = new MemoryAutoStopStatsStore() }: WorldOptions = {}) {
    const { clock, queue, freshness } = this;
    this.options = { ...OPTIONS, ...options };
    this.store = store?.(clock) ?? memoryStore(clock, { rules: this.options.rules });
    this.stats = stats;
    this.suspension = new Suspension(freshness, clock, this.options, this.redis);
    const { records, deadlines, idle, audit } = this.store;
    this.explanations = new IdleExplanations(records, idle, this.suspension, clock, this.options);
    const novita = partialNovita({ instances });
    const provider = new ProviderSignals(
      novita,
      new UtilisationReader(novita, new NoSharedReadings(), clock),
      clock,
      this.options,
    );
    const requests = new ReconcileRequests(queue);
    const claims = new StopClaims(idle, audit, clock, loadSection(RecordSettings, {}), this.holders);
    const candidates = new CandidateHandler(idle, provider, claims, requests, clock, this.options);
    const recorder = new CheckRecorder(stats, this.registry);
    this.heldStops = new HeldStopJudge(candidates, records, idle, this.suspension, recorder, clock);
    this.check = new AutoStopCheck(deadlines, records, candidates, this.suspension, recorder, clock);
  }

  /** Ready for an hour and never used, unless said otherwise. */
  async add(overrides: InstanceOverrides = {}): Promise<InstanceRecord> {
    const { revision: _, ...record } = anIdleInstance(overrides);
    const { stored } = (await this.store.records.insert(record)) as { stored: { record: InstanceRecord } };
    return stored.record;
  }

  run(overrides: { readonly dryRun?: boolean; readonly signal?: AbortSignal } = {}): Promise<CheckReport> {
    this.runs += 1;
    const signal = AbortSignal.timeout(10_000);
    return this.check.run({ trigger: 'schedule', checkId: `check-${this.runs}`, dryRun: false, signal, ...overrides });
  }

  /** The entries in the feed of a store in memory. */
  async announced(): Promise<readonly FeedEntry[]> {
    const { store } = this;
    if (!('feed' in store && store.feed instanceof MemoryChangeFeed)) throw new Error('the store is not in memory');
    return (await store.feed.after(BEFORE_FIRST_ENTRY, 1_000)) ?? [];
  }

  async statusOf({ id }: InstanceRecord): Promise<string | undefined> {
    return (await this.store.records.get(id))?.record.status;
  }

  /** What is due now, for whatever reason. */
  due(): Promise<readonly string[]> {
    return this.store.deadlines.due('autoStopAt', this.clock.timestamp(), 10_000);
  }

  async metric(name: string): Promise<number | undefined> {
    return (await this.registry.getSingleMetric(`novita_fleet_auto_stop_${name}_total`)?.get())?.values[0]?.value;
  }
}
