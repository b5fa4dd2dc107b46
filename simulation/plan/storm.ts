import { isMigrationOpen } from '@app/instance-store';
import type { Fault, FaultEffect } from '@app/sandbox';
import type { LatestRecords } from '../checks/latest-records.js';
import type { Deployment } from '../processes/deployment.js';
import { CALM, type Conditions } from '../processes/weather.js';
import type { Random } from '../runtime/random.js';
import type { Scheduler } from '../runtime/scheduler.js';
import type { NovitaWorld } from '../world/novita-world.js';
import type { Clients, Kept } from './clients.js';
import { type ClientStep, describe, type HazardStep, type ListLie, type Plan, PROCESSES, type Step } from './plan.js';

type Window = Extract<HazardStep, { kind: 'redis-away' | 'rough' | 'errors' | 'lists-lie' }>;

/** Answers of Novita that are none; each call gets at most one. */
const ERRORS: readonly FaultEffect[] = [
  { kind: 'error', status: 500, reason: 'UNKNOWN', message: 'unknown error' },
  { kind: 'error', status: 503, reason: 'UNAVAILABLE', message: 'try later' },
  { kind: 'error', status: 429, reason: 'RATE_LIMIT_EXCEEDED', message: 'slow down', retryAfterSeconds: 20 },
  { kind: 'error', status: 400, reason: 'DEPENDENT_RESOURCE_STATE', message: 'invalid state change' },
  { kind: 'succeed-then-500' },
  { kind: 'malformed' },
  { kind: 'malformed', body: 'truncated' },
];

/** As the product promises: a use that was taken without Redis counts ten seconds after Redis is back. */
const SETTLED_MS = 10_000;
/** Workers notice an outage by the work that they do every half minute or so. */
const NOTICED_MS = 40_000;
/** Share of the claims of auto-stop that a use of the same instance overtakes. */
const AMBUSHES = 0.25;
/** A listing may show so much less than there is without being taken for the truth while a create is open; ms. */
const HARMLESS_LAG_MS = 12_000;

function lieEffect(lie: ListLie, mayHide: boolean, random: Random): FaultEffect | null {
  switch (lie) {
    case 'lag':
      return { kind: 'list-lag', ms: random.between(0, mayHide ? 120_000 : HARMLESS_LAG_MS) };
    case 'drift-removed':
      return { kind: 'page-drift', direction: 'removed' };
    case 'drift-inserted':
      return { kind: 'page-drift', direction: 'inserted' };
    case 'duplicates':
      return { kind: 'duplicates' };
    case 'empty':
      return mayHide ? { kind: 'empty-list' } : null;
    case 'bad-item':
      return { kind: 'malformed', body: 'item' };
  }
}

/** Lets the steps of a plan happen: to clients, to processes, to Redis and at Novita. */
export class Storm {
  private readonly windows = new Set<Window>();
  private isOver = false;
  private readonly outages: { readonly fromMs: number; toMs: number }[] = [];
  private redisRoughUntilMs = 0;
  /** Instances that a person has touched at Novita's console. */
  readonly touchedByHand = new Set<string>();

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: Random,
    private readonly deployment: Deployment,
    private readonly world: NovitaWorld,
    private readonly clients: Clients,
    private readonly records: LatestRecords,
  ) {
    world.lieOf = (operation, isList) => this.lieOf(operation, isList);
    deployment.wire.ambush = (label, args) => this.ambush(label, args);
  }

  schedule(plan: Plan): void {
    for (const step of plan.steps) {
      this.scheduler.after(step.atMs, null, `step ${describe(step)}`, () => this.carryOut(step));
    }
    this.world.faults.add({ kind: 'late', listsMs: plan.lateLists });
  }

  /** Nothing goes wrong any more, and what was down is up. */
  end(): void {
    this.isOver = true;
    this.windows.clear();
    this.apply();
    this.world.faults.clear();
    this.world.view.restock();
    for (const name of PROCESSES) {
      const process = this.deployment.processes.find((one) => one.name === name);
      if (process !== undefined) process.pausedUntilMs = 0;
    }
  }

  private carryOut(step: Step): void {
    if (this.isOver) return;
    switch (step.kind) {
      case 'kill':
        this.deployment.kill(step.process, step.downMs);
        return;
      case 'pause':
        this.deployment.pause(step.process, step.forMs);
        return;
      case 'redis-away':
      case 'rough':
      case 'errors':
      case 'lists-lie':
        this.open(step);
        return;
      case 'jobs-lost':
        void this.deployment.loseJobs();
        return;
      case 'no-stock':
        this.fault({ kind: 'out-of-stock' }, step.forMs);
        return;
      case 'no-money':
        this.fault({ kind: 'out-of-balance' }, step.forMs);
        return;
      case 'stuck':
        this.fault({ kind: 'stuck', status: step.status }, step.forMs);
        return;
      case 'fail-start':
        this.world.faults.add({ kind: 'fail-start', message: 'failed to pull image', times: 1 });
        return;
      case 'migrate-elsewhere':
        this.world.faults.add({ kind: 'migrate-elsewhere', times: 1 });
        return;
      case 'console-stop':
      case 'console-start':
      case 'reclaim':
      case 'vanish':
        this.byHand(step.kind, step.target);
        return;
      case 'create':
      case 'start':
      case 'stop':
      case 'restart':
      case 'delete':
      case 'use':
      case 'lease':
      case 'end-lease':
      case 'patch':
      case 'lifetime':
      case 'session':
      case 'sync':
      case 'stop-all':
      case 'read':
        this.clients.carryOut(step satisfies ClientStep);
    }
  }

  /**
   * Whether what was taken into the journal of that process by then has to be in the store by now, and the workers have to
   * know that they must wait for it: Redis was away for so long that they noticed, and is well again.
   */
  isReplayDue({ acknowledgedMs, journalOf }: Kept, now: number): boolean {
    if (journalOf === null) return true;
    if (!journalOf.isAlive || journalOf.pausedUntilMs > now - SETTLED_MS || acknowledgedMs > now - SETTLED_MS)
      return false;
    if (this.redisRoughUntilMs > now - NOTICED_MS) return false;
    return this.outages.every(({ fromMs, toMs }) => toMs < now - NOTICED_MS || toMs - fromMs >= NOTICED_MS);
  }

  private open(window: Window): void {
    const now = this.scheduler.now();
    if (window.kind === 'redis-away') this.outages.push({ fromMs: now, toMs: now + window.forMs });
    if (window.kind === 'rough' && window.place === 'redis') {
      this.redisRoughUntilMs = Math.max(this.redisRoughUntilMs, now + window.forMs);
    }
    this.windows.add(window);
    this.apply();
    this.scheduler.after(window.forMs, null, `over: ${window.kind}`, () => {
      this.windows.delete(window);
      this.apply();
    });
  }

  private apply(): void {
    const loss = { ...CALM.loss };
    const slow = { ...CALM.slow };
    let isRedisAway = false;
    for (const window of this.windows) {
      if (window.kind === 'redis-away') isRedisAway = true;
      if (window.kind !== 'rough') continue;
      loss[window.place] = Math.max(loss[window.place], window.loss);
      slow[window.place] = Math.max(slow[window.place], window.slow);
    }
    this.deployment.weather.conditions = { isRedisAway, loss, slow } satisfies Conditions;
  }

  private fault(fault: Fault, forMs: number): void {
    const id = this.world.faults.add(fault);
    this.scheduler.after(forMs, null, `over: ${fault.kind}`, () => void this.world.faults.clear(id));
  }

  private lieOf(operation: string, isList: boolean): FaultEffect | null {
    for (const window of this.windows) {
      if (window.kind === 'errors' && this.random.chance(window.share)) return this.random.pick(ERRORS);
      if (window.kind !== 'lists-lie' || !isList || operation !== 'listInstances') continue;
      // Whoever has bought and does not know it yet must be shown it within the grace: else nobody could tell.
      if (this.random.chance(window.share)) return lieEffect(window.lie, !this.isAnyPurchaseOpen(), this.random);
    }
    return null;
  }

  /** The worst moment to use an instance: its stop is judged, and not written yet. */
  private ambush(label: string, [record]: readonly unknown[]): number {
    if (this.isOver || !label.endsWith('idle.claim') || !this.random.chance(AMBUSHES)) return 0;
    if (typeof record === 'object' && record !== null && 'id' in record) this.clients.useById(record.id);
    return this.random.between(60, 300);
  }

  private isAnyPurchaseOpen(): boolean {
    return this.records
      .all()
      .some(({ attempts, migration }) => attempts.openCreate !== null || isMigrationOpen(migration));
  }

  private byHand(kind: 'console-stop' | 'console-start' | 'reclaim' | 'vanish', target: number): void {
    const fitting = this.world.view.instances().filter(({ status, billingMode, spotStatus }) => {
      if (kind === 'console-start') return status === 'exited';
      if (kind === 'reclaim') return status === 'running' && billingMode === 'spot' && spotStatus === 'running';
      return status === 'running';
    });
    const one = fitting[target % Math.max(1, fitting.length)];
    if (one === undefined) return;
    this.touchedByHand.add(one.id);
    switch (kind) {
      case 'console-stop':
        this.world.view.stopFromConsole(one.id);
        return;
      case 'console-start':
        this.world.view.startFromConsole(one.id);
        return;
      case 'reclaim':
        this.world.faults.add({ kind: 'spot-reclaim', instanceId: one.id });
        return;
      case 'vanish':
        this.world.view.vanish(one.id);
    }
  }
}
