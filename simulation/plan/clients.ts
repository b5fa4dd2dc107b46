import { Leases } from '@app/auto-stop';
import { FleetView, type InstanceId, StoreUnavailableError } from '@app/instance-store';
import { InstanceCommands } from '@app/lifecycle';
import { MINUTE_MS, Problem, SECOND_MS, timestampFromMs } from '@app/platform';
import { SyncRequests } from '@app/sync';
import { LastUsedController } from '../../apps/api/src/instances/last-used.controller.js';
import type { Deployment } from '../processes/deployment.js';
import type { SimProcess } from '../processes/process.js';
import type { Random } from '../runtime/random.js';
import type { Scheduler } from '../runtime/scheduler.js';
import type { ClientStep } from './plan.js';

/** What a client learned of its request. `unknown`: no answer came. */
type Answered<Value> =
  | { readonly kind: 'taken'; readonly value: Value }
  | { readonly kind: 'refused'; readonly error: unknown }
  | { readonly kind: 'unknown' };

/** Where a use or a lease is kept. */
export interface Kept<Process = SimProcess> {
  readonly acknowledgedMs: number;
  /** Of the process in whose journal it is until it is replayed; null for one that is in the store. */
  readonly journalOf: Process | null;
}

export interface Use<Process = SimProcess> extends Kept<Process> {
  readonly atMs: number;
}

/** What a client was promised, and when. */
export interface Acknowledged<Process = SimProcess> {
  /** By the client's own count. */
  readonly order: number;
  readonly id: InstanceId;
  readonly name: string;
  /** The latest desired state that was acknowledged, with its time as the service says it. */
  desired: { readonly state: 'running' | 'stopped' | 'deleted'; readonly at: string };
  readonly uses: Use<Process>[];
  lease: (Kept<Process> & { readonly untilMs: number }) | null;
  /** Minutes; null for the default. Undefined while an answer to a change of it was lost. */
  threshold: number | null | undefined;
  autoStop: boolean;
}

const CALLER = { keyName: 'client' };
const CLIENT_PATIENCE_MS = 70 * SECOND_MS;
const RETRY_MS = 10 * SECOND_MS;
const MOST_TRIES = 6;

/** The clients: they ask any API process that answers, by the services that the routes call. */
export class Clients {
  readonly acknowledged: Acknowledged[] = [];
  /** Creates that may have been taken although no answer came. */
  readonly unknownCreates = new Set<string>();
  private asked = 0;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly deployment: Deployment,
    private readonly random: Random,
  ) {}

  carryOut(step: ClientStep): void {
    switch (step.kind) {
      case 'create':
        void this.create(step, ++this.asked, 1);
        return;
      case 'session':
        this.session(step.target, step.everyMs, this.scheduler.now() + step.forMs);
        return;
      case 'sync':
        void this.request('sync', (api) =>
          api
            .get(SyncRequests)
            .run(
              { forceSync: step.force, handleObsoleteInstances: true, dryRun: false, resources: ['instances'] },
              CALLER,
              {
                wait: true,
                patienceMs: MINUTE_MS,
                signal: new AbortController().signal,
              },
            ),
        );
        return;
      case 'stop-all':
        void this.stopAll();
        return;
      case 'start':
      case 'stop':
      case 'restart':
      case 'delete':
        void this.command(step.kind, step.target);
        return;
      case 'use':
        void this.use(this.known(step.target));
        return;
      case 'lease':
        void this.lease(step.target, step.minutes);
        return;
      case 'end-lease':
        void this.endLease(step.target);
        return;
      case 'patch':
        void this.patch(step.target, step.threshold);
        return;
      case 'lifetime':
        void this.limitLife(step.target, step.minutes);
        return;
      case 'read': {
        const known = this.known(step.target);
        void this.request('read', async (api) => {
          const fleet = api.get(FleetView);
          await fleet.list({ limit: 50, sort: 'createdAt' });
          if (known !== null) await fleet.get(known.id);
        });
      }
    }
  }

  private async create(step: Extract<ClientStep, { kind: 'create' }>, order: number, tries: number): Promise<void> {
    const name = `sim-${order}`;
    this.unknownCreates.add(name);
    const answer = await this.request(`create ${name}`, (api) =>
      api.get(InstanceCommands).create(
        {
          name,
          productName: 'RTX 4090 24GB',
          image: 'docker.io/library/nginx:1.29',
          billingMode: step.billing,
          ports: [{ port: 8080, protocol: 'http' }],
          autoStop: { enabled: step.autoStop, ...(step.threshold !== null && { thresholdMinutes: step.threshold }) },
        },
        CALLER,
        `key-${order}`,
      ),
    );
    if (answer.kind === 'taken') {
      const { id, desired } = answer.value.record;
      this.unknownCreates.delete(name);
      this.acknowledged.push({
        order,
        id,
        name,
        desired: { state: desired.state, at: desired.at },
        uses: [],
        lease: null,
        threshold: step.threshold,
        autoStop: step.autoStop,
      });
    } else if (tries < MOST_TRIES && mayBeRepeated(answer)) {
      // By the same key, so it is the same instance.
      this.scheduler.after(RETRY_MS, null, `${name} again`, () => void this.create(step, order, tries + 1));
    }
  }

  private async command(command: 'start' | 'stop' | 'restart' | 'delete', target: number): Promise<void> {
    const known = this.known(target);
    if (known === null) return;
    const answer = await this.request(`${command} ${known.name}`, (api) =>
      api.get(InstanceCommands).run(command, known.id, CALLER),
    );
    if (answer.kind !== 'taken') return;
    const { desired } = answer.value.stored.record;
    if (desired.at > known.desired.at) known.desired = { state: desired.state, at: desired.at };
  }

  private async stopAll(): Promise<void> {
    await this.request('stop-all', (api) => api.get(InstanceCommands).stopAll(CALLER, { dryRun: false }));
  }

  /** Its user is back. */
  useById(id: unknown): void {
    void this.use(this.acknowledged.find((known) => known.id === id) ?? null);
  }

  private async use(known: Acknowledged | null): Promise<void> {
    if (known === null) return;
    const atMs = this.scheduler.now();
    const answer = await this.request(`use ${known.name}`, async (api) => {
      let journalOf: SimProcess | null = null;
      const reply = {
        code: (status: number) => (journalOf = status === 202 ? api : null),
        header: () => reply,
        send: () => reply,
      };
      const request = { caller: { name: CALLER.keyName, role: 'operator' }, url: '/' };
      await api.construct(LastUsedController).report(known.id, {}, request as never, reply as never);
      return journalOf;
    });
    if (answer.kind !== 'taken') return;
    known.uses.push({ atMs, acknowledgedMs: this.scheduler.now(), journalOf: answer.value });
  }

  private session(target: number, everyMs: number, untilMs: number): void {
    void this.use(this.known(target));
    if (this.scheduler.now() + everyMs < untilMs) {
      this.scheduler.after(everyMs, null, 'session', () => this.session(target, everyMs, untilMs));
    }
  }

  private async lease(target: number, minutes: number): Promise<void> {
    const known = this.known(target);
    if (known === null) return;
    const untilMs = this.scheduler.now() + minutes * MINUTE_MS;
    const answer = await this.request(`lease ${known.name}`, async (api) => {
      const stored = await api
        .get(Leases)
        .lease(known.id, { until: timestampFromMs(untilMs), reason: 'simulated' }, CALLER);
      return 'behindSince' in stored ? api : null;
    });
    // One without an answer may stand in the place of the one before, or not.
    const isTaken = answer.kind === 'taken';
    known.lease = isTaken ? { untilMs, acknowledgedMs: this.scheduler.now(), journalOf: answer.value } : null;
  }

  private async endLease(target: number): Promise<void> {
    const known = this.known(target);
    if (known === null) return;
    known.lease = null;
    await this.request(`end lease ${known.name}`, (api) => api.get(Leases).endLease(known.id, CALLER));
  }

  private async patch(target: number, threshold: number | null): Promise<void> {
    const known = this.known(target);
    if (known === null) return;
    known.threshold = undefined;
    const answer = await this.request(`patch ${known.name}`, (api) =>
      api.get(InstanceCommands).changeSettings(known.id, { autoStop: { thresholdMinutes: threshold } }, null, CALLER),
    );
    if (answer.kind === 'taken') known.threshold = threshold;
  }

  private async limitLife(target: number, minutes: number | null): Promise<void> {
    const known = this.known(target);
    if (known === null) return;
    await this.request(`lifetime of ${known.name}`, (api) =>
      api.get(InstanceCommands).changeSettings(known.id, { maxLifetimeMinutes: minutes }, null, CALLER),
    );
  }

  private known(target: number): Acknowledged | null {
    const { acknowledged } = this;
    return acknowledged[target % Math.max(1, acknowledged.length)] ?? null;
  }

  /** @returns in the world, once the answer is back with the client or its patience is over */
  private request<Value>(label: string, work: (api: SimProcess) => Promise<Value>): Promise<Answered<Value>> {
    const { promise, resolve } = Promise.withResolvers<Answered<Value>>();
    const { apis } = this.deployment;
    if (apis.length === 0) return Promise.resolve({ kind: 'unknown' });
    const api = this.random.pick(apis);
    const back = (answer: Answered<Value>): void => {
      const outcome = answer.kind === 'refused' ? nameOf(answer.error) : answer.kind;
      this.scheduler.after(this.random.between(1, 20), null, `client: ${label}: ${outcome}`, () => resolve(answer));
    };
    this.scheduler.after(CLIENT_PATIENCE_MS, null, `client gives up: ${label}`, () => resolve({ kind: 'unknown' }));
    this.scheduler.after(this.random.between(1, 20), api, `asked: ${label}`, () => {
      work(api).then(
        (value) => back({ kind: 'taken', value }),
        (error: unknown) => back({ kind: 'refused', error }),
      );
    });
    return promise;
  }
}

function mayBeRepeated(answer: Answered<unknown>): boolean {
  if (answer.kind === 'unknown') return true;
  if (answer.kind !== 'refused') return false;
  if (answer.error instanceof StoreUnavailableError) return true;
  if (!(answer.error instanceof Problem)) return false;
  return answer.error.details.retryable ?? answer.error.type.retryable;
}

function nameOf(error: unknown): string {
  if (error instanceof Problem) return `problem ${error.type.title}`;
  return error instanceof Error ? `${error.name} ${error.message.slice(0, 60)}` : String(error);
}
