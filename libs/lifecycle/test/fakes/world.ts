import { MemoryCatalogueMirror } from '@app/catalogue-mirror';
import {
  type InstanceRecord,
  type PortProbe,
  type PortSpec,
  RecordSettings,
  type ReplacementPreview,
  StopHolders,
} from '@app/instance-store';
import { Novita, type NovitaInstanceId } from '@app/novita-client';
import { loadSection, msFromTimestamp, ProcessIdentity } from '@app/platform';
import type { FaultEffect, SandboxOptions } from '@app/sandbox';
import { anInstance, FakeClock, type InstanceOverrides, SandboxNovita } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Registry } from 'prom-client';
import { expect } from 'vitest';
import { CatalogueCache } from '../../src/catalogue/catalogue-cache.js';
import { applyCommand } from '../../src/commands/command-rules.js';
import type { RunCommand } from '../../src/commands/instance-commands.js';
import { DecidedRecords } from '../../src/reconcile/decided-records.js';
import { LifetimeEnds } from '../../src/reconcile/lifetime-ends.js';
import { MigrationMetrics } from '../../src/reconcile/migration-metrics.js';
import { MigrationPlaces } from '../../src/reconcile/migration-places.js';
import { MigrationWrites } from '../../src/reconcile/migration-writes.js';
import { PolicySource } from '../../src/reconcile/policy-source.js';
import { PortProber } from '../../src/reconcile/port-prober.js';
import { MarkerListing, ProviderObserver } from '../../src/reconcile/provider-observer.js';
import { LifecycleMetrics } from '../../src/reconcile/reconcile-metrics.js';
import { type NextPass, Reconciler } from '../../src/reconcile/reconciler.js';
import { CataloguePreviews } from '../../src/reconcile/replacement-previews.js';
import { StepRunner } from '../../src/reconcile/step-runner.js';
import type { LifecyclePolicy } from '../../src/state-machine/model.js';
import { TestStore } from './test-store.js';

export const POLICY: LifecyclePolicy = {
  pollIntervalMs: 30_000,
  startupTimeoutMs: 600_000,
  createRetryGraceMs: 60_000,
  backOff: { firstMs: 5_000, maxMs: 300_000 },
  settledRefreshMs: null,
  tombstoneMs: 604_800_000,
  foreignChangeAgeMs: 60_000,
  migration: {
    enabled: true,
    fallback: 'same-product',
    maxPriceIncreasePercent: 20,
    timeoutMs: 1_800_000,
    minIntervalMs: 14_400_000,
    giveUpAfterMs: 86_400_000,
    maxAtOnce: 5,
    stockRetry: { firstMs: 60_000, maxMs: 1_800_000 },
    failureRetry: { firstMs: 900_000, maxMs: 14_400_000 },
  },
};

const RECORD_SETTINGS = loadSection(RecordSettings, {});

/** Endpoints hold every migration, as long as there are any. */
class FakeHolders extends StopHolders {
  endpointIds: readonly string[] = [];

  override async of(): Promise<readonly string[]> {
    return Promise.resolve(this.endpointIds);
  }
}

/** What the sandbox offers. */
const OFFERED = { productId: '4090.24c96g.hk', clusterId: '7' };

class FakeProber extends PortProber {
  answers: (port: number) => boolean = () => true;

  constructor(private readonly clock: FakeClock) {
    super();
  }

  override probe(ports: readonly PortSpec[]): Promise<readonly PortProbe[]> {
    const at = this.clock.timestamp();
    return Promise.resolve(
      ports.map(({ port, protocol }) => {
        const ok = this.answers(port);
        return { port, protocol, ok, at, detail: ok ? '200' : 'ECONNREFUSED' };
      }),
    );
  }
}

/** The call never arrives. */
export const LOST_BEFORE: FaultEffect = { kind: 'reset' };
/** The call takes effect, and its answer is lost. */
export const LOST_AFTER: FaultEffect = { kind: 'reset', afterEffect: true };

/** Stops the process in the middle: nothing after it happens. */
export class Crash extends Error {}

/** One record, one provider, one clock, and as many workers as wanted. */
export class World {
  readonly clock = new FakeClock();
  readonly store = new TestStore(this.clock);
  readonly novita: SandboxNovita;
  readonly prober = new FakeProber(this.clock);
  readonly holders = new FakeHolders();
  readonly metrics = new Registry();
  readonly policy: LifecyclePolicy;
  /** Called before and after every call of a worker to the outside; throw a `Crash` to end the worker there. */
  atEffect: (effect: string, args: readonly unknown[]) => void = () => undefined;
  readonly id: InstanceRecord['id'];
  private readonly catalogue: CatalogueCache;
  private readonly lifecycleMetrics: LifecycleMetrics;
  private readonly migrationMetrics: MigrationMetrics;
  private readonly process = new ProcessIdentity('test');

  constructor(
    overrides: InstanceOverrides = {},
    policy: Partial<LifecyclePolicy> = {},
    options: Pick<SandboxOptions, 'migrationEndsIn'> = {},
  ) {
    // Thousands of passes write thousands of lines, and another file of this process may have set a logger.
    Logger.overrideLogger(false);
    this.novita = new SandboxNovita(this.clock, options);
    this.policy = { ...POLICY, ...policy };
    this.catalogue = new CatalogueCache(this.novita.client, new MemoryCatalogueMirror(() => undefined), this.clock);
    this.lifecycleMetrics = new LifecycleMetrics(this.metrics, this.policy.startupTimeoutMs);
    this.migrationMetrics = new MigrationMetrics(this.metrics);
    const at = this.clock.timestamp();
    const record = anInstance({
      desired: { state: 'running', at, by: 'user:test' },
      timestamps: { created: at },
      deadlines: { nextReconcileAt: at, startupBy: this.later(this.policy.startupTimeoutMs) },
      ...overrides,
      spec: { ...OFFERED, ...overrides.spec },
    });
    this.id = record.id;
    this.store.put(record);
    this.novita.faults.add({ kind: 'late', listsMs: 20_000 });
  }

  get record(): InstanceRecord {
    return this.store.now(this.id);
  }

  /** Its id at the provider; throws while there is none. */
  get novitaId(): NovitaInstanceId {
    const id = this.record.novitaInstanceId;
    if (id === null) throw new Error('no id yet');
    return id;
  }

  /** Every status that was ever written, without repetitions. */
  get statuses(): readonly string[] {
    const statuses = this.store.history.map(({ status }) => status);
    return statuses.filter((status, index) => status !== statuses[index - 1]);
  }

  later(ms: number): ReturnType<FakeClock['timestamp']> {
    return new FakeClock(this.clock.now() + ms).timestamp();
  }

  /** What would be bought in its place now; null for nothing, whatever is on offer. */
  async preview(): Promise<ReplacementPreview | null> {
    const policies = new PolicySource(
      { policy: this.policy, maxRequestsPerSecond: 10 },
      this.store.records,
      this.clock,
    );
    const previews = await new CataloguePreviews(this.catalogue, policies).of([this.record]);
    return previews.get(this.id) ?? null;
  }

  /** Does as the command route does. */
  command(command: RunCommand): void {
    const { record } = this;
    const next = applyCommand(record, command, 'user:test', this.clock.now(), this.policy);
    if (next !== record) this.store.put(next);
  }

  /** A worker of its own: shares store and provider with the others, and can die. */
  worker(): Reconciler {
    let death: unknown = null;
    const atEffect = (effect: string, args: readonly unknown[]): void => {
      // A dead process does nothing more, whatever its code does with the error.
      if (death !== null) throw death;
      try {
        this.atEffect(effect, args);
      } catch (error) {
        death = error;
        throw error;
      }
    };
    const records = watched(this.store.records, 'store', atEffect);
    const idle = watched(this.store.idle, 'store', atEffect);
    const { instances, catalogue, account } = this.novita.client;
    const novita = new Novita(watched(instances, 'novita', atEffect), catalogue, watched(account, 'novita', atEffect));
    const prober = watched(this.prober, 'prober', atEffect);
    const { clock, lifecycleMetrics: metrics, policy } = this;
    const decided = new DecidedRecords(
      records,
      idle,
      new LifetimeEnds(records, clock, RECORD_SETTINGS, this.holders),
      clock,
      metrics,
    );
    const places = new MigrationPlaces(this.store.deadlines, this.store.locks, this.process);
    return new Reconciler(
      decided,
      new ProviderObserver(novita, records, clock, new MarkerListing(novita), this.catalogue),
      new StepRunner(novita, records, this.store.audit, prober, clock, metrics),
      new PolicySource({ policy, maxRequestsPerSecond: 10 }, this.store.records, clock),
      new MigrationWrites(decided, places, this.migrationMetrics, clock, RECORD_SETTINGS, this.holders),
      clock,
    );
  }

  async pass(worker: Reconciler = this.worker()): Promise<NextPass | null> {
    return worker.reconcile(this.id, new AbortController().signal);
  }

  /**
   * Lets workers pass as the queue and the sweep would, the clock going on in between, until the record is at rest or
   * `until` says so. A worker that crashes is followed by a fresh one.
   *
   * @throws when that takes more than `maxPasses`
   */
  async run(until: (world: World) => boolean = isAtRest, maxPasses = 300): Promise<void> {
    for (let passes = 0; passes < maxPasses; passes++) {
      if (until(this)) return;
      this.clock.advance(Math.max(1, this.dueInMs()));
      try {
        await this.pass();
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
    }
    throw new Error(`not at rest after ${maxPasses} passes: ${JSON.stringify(this.record)}`);
  }

  private dueInMs(): number {
    const next = this.record.deadlines.nextReconcileAt;
    return next === undefined ? 1_000 : msFromTimestamp(next) - this.clock.now();
  }
}

/** Never two that bill. Asked at every effect of thousands of lives, so it makes an assertion only of what fails. */
export function expectOneLiveAtMost({ novita }: World): void {
  const { length } = novita.live;
  if (length > 1) expect(length).toBeLessThanOrEqual(1);
}

/** Nothing is left to do: the desired state is reached or given up, and the provider has confirmed it. */
export function isAtRest({ record }: World): boolean {
  return (
    record.status === 'terminated' || (record.confirmedAt !== null && record.deadlines.nextReconcileAt === undefined)
  );
}

function watched<Target extends object>(target: Target, name: string, atEffect: World['atEffect']): Target {
  return new Proxy(target, {
    get(real, member) {
      const value: unknown = Reflect.get(real, member);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const effect = `${name}.${String(member)}`;
        atEffect(`before ${effect}`, args);
        const result: unknown = value.apply(real, args);
        if (!(result instanceof Promise)) return result;
        return result.then((answer: unknown) => {
          atEffect(`after ${effect}`, args);
          return answer;
        });
      };
    },
  });
}
