import { clustersOf, GPU_PRODUCTS } from '../catalogue/gpu-products.js';
import type { SandboxTiming } from '../timing.js';
import { Account } from './account.js';
import { Agenda } from './agenda.js';
import { BillLedger } from './bill-ledger.js';
import { ChangeJournal } from './change-journal.js';
import {
  createSteps,
  migrateSteps,
  removeSteps,
  restartSteps,
  startSteps,
  stopSteps,
  upgradeSteps,
} from './courses.js';
import { Fleet } from './fleet.js';
import { InstanceRecord, type InstanceSpec, type InstanceState } from './instance-record.js';
import type { Interference } from './interference.js';
import { type Job, Jobs, type JobType } from './jobs.js';
import type { SandboxClock } from './sandbox-clock.js';
import type { SeededRandom } from './seeded-random.js';
import { reclaim } from './spot-reclaim.js';
import { ACCEPTED_IN, type Command, type SandboxStatus, WrongStateError } from './status.js';
import { Stock } from './stock.js';
import { Travel } from './travel.js';

export interface WorldSettings {
  readonly timing: SandboxTiming;
  readonly migrationEndsIn: 'running' | 'exited';
}

/** Everything that the provider would know, and the commands that change it. Call `settle` before you read it. */
export class World {
  readonly fleet = new Fleet();
  readonly jobs = new Jobs();
  readonly stock = new Stock();
  readonly journal = new ChangeJournal();
  readonly bills = new BillLedger();
  readonly account: Account;
  private readonly agenda = new Agenda();
  private readonly travel: Travel;
  private nextOrder = 0;

  constructor(
    readonly settings: WorldSettings,
    readonly clock: SandboxClock,
    readonly random: SeededRandom,
    readonly interference: Interference,
  ) {
    this.account = new Account(random);
    this.travel = new Travel({
      clock,
      interference,
      timing: settings.timing,
      agenda: this.agenda,
      journal: this.journal,
      bills: this.bills,
      fleet: this.fleet,
      stock: this.stock,
      jobs: this.jobs,
    });
  }

  /** Plays what is due. */
  settle(): void {
    this.agenda.playUntil(this.clock.now());
  }

  /** @throws RangeError when it is negative or not a number */
  setSpeed(speed: number): void {
    this.settle();
    this.clock.setSpeed(speed);
  }

  /** @throws RangeError when it would go back */
  advance(ms: number): void {
    this.settle();
    this.clock.advance(ms);
    this.settle();
  }

  /** A record at rest, not yet part of the fleet's life: for seeding. */
  place(name: string, spec: InstanceSpec, createdAt: number): InstanceRecord {
    const record = new InstanceRecord(this.random.instanceId(), this.nextOrder++, name, spec, createdAt);
    this.fleet.add(record);
    return record;
  }

  /** As another world has it, at rest. Its GPUs are taken from no stock. */
  restore({ id, name, spec, createdAt, ...state }: InstanceState): void {
    const record = new InstanceRecord(id, this.nextOrder++, name, spec, createdAt);
    this.fleet.add(record);
    this.travel.force(record, state.status, this.clock.now());
    const { statusError, lastStartedAt, lastStoppedAt, endsAt } = state;
    const { spotStatus, spotReclaimAt, autoRenew, autoMigrate } = state;
    Object.assign(record, { statusError, lastStartedAt, lastStoppedAt, endsAt });
    Object.assign(record, { spotStatus, spotReclaimAt, autoRenew, autoMigrate });
  }

  /** The caller has reserved the GPUs in the stock. @param failure see `createSteps` */
  create(name: string, spec: InstanceSpec, endsAt: number, failure: string | null): InstanceRecord {
    const record = this.place(name, spec, Math.floor(this.clock.realNow()));
    this.journal.note(record.createdAt, record.id, null);
    record.endsAt = endsAt;
    record.stockHeld = spec.kind === 'gpu' ? spec.gpuNum : 0;
    this.travel.begin(record, createSteps(this.settings.timing, failure));
    return record;
  }

  /** @throws WrongStateError when the command is not accepted now */
  require(record: InstanceRecord, command: Command): void {
    if (!ACCEPTED_IN[command].includes(record.status)) throw new WrongStateError(record.status);
  }

  /** @throws WrongStateError */
  start(record: InstanceRecord, failure: string | null): void {
    this.require(record, 'start');
    this.travel.begin(record, startSteps(this.settings.timing, failure));
  }

  /** @throws WrongStateError */
  stop(record: InstanceRecord): void {
    this.require(record, 'stop');
    this.travel.begin(record, stopSteps(this.settings.timing));
  }

  /** @throws WrongStateError */
  restart(record: InstanceRecord): void {
    this.require(record, 'restart');
    this.travel.begin(record, restartSteps(this.settings.timing));
  }

  /** Asked again while it is being removed, it changes nothing. @throws WrongStateError */
  remove(record: InstanceRecord): void {
    this.require(record, 'remove');
    if (record.status === 'toRemove' || record.status === 'removing') return;
    this.travel.begin(record, removeSteps(this.settings.timing));
  }

  /** @throws WrongStateError */
  edit(record: InstanceRecord, spec: InstanceSpec): void {
    this.require(record, 'edit');
    this.change(record, () => (record.spec = spec));
  }

  /** @throws WrongStateError */
  upgrade(record: InstanceRecord, spec: InstanceSpec): void {
    this.require(record, 'upgrade');
    const from = record.status === 'exited' ? 'exited' : 'running';
    this.travel.begin(record, upgradeSteps(this.settings.timing, from));
    record.spec = spec;
  }

  /** Moves to another cluster of the same product when one has room. @throws WrongStateError */
  migrate(record: InstanceRecord, failure: string | null, type: JobType = 'instanceMigrate'): Job {
    this.require(record, 'migrate');
    const product = GPU_PRODUCTS.find((candidate) => candidate.id === record.spec.productId);
    const next =
      product === undefined ? undefined : clustersOf(product).find((cluster) => this.hasRoom(record, cluster.id));
    const job = this.addJob(type, record.id);
    const steps = migrateSteps(this.settings.timing, this.settings.migrationEndsIn, failure);
    this.travel.begin(record, steps, job.id);
    if (next !== undefined) record.spec = { ...record.spec, clusterId: next.id, clusterName: next.name };
    const { productId, clusterId, gpuNum } = record.spec;
    if (this.settings.migrationEndsIn === 'running' && this.stock.take(productId, clusterId, gpuNum)) {
      record.stockHeld = gpuNum;
    }
    return job;
  }

  /**
   * Makes another instance with the same order; the one that was asked for stays as it is. Whether the provider ever
   * does so is not known: one client reads `newInstanceId` from its answer.
   *
   * @throws WrongStateError
   */
  migrateElsewhere(record: InstanceRecord, failure: string | null): InstanceRecord {
    this.require(record, 'migrate');
    const job = this.addJob('instanceMigrate', record.id);
    const made = this.place(record.name, record.spec, Math.floor(this.clock.realNow()));
    this.journal.note(made.createdAt, made.id, null);
    this.travel.begin(made, migrateSteps(this.settings.timing, this.settings.migrationEndsIn, failure), job.id);
    return made;
  }

  /** @throws WrongStateError */
  saveImage(record: InstanceRecord): Job {
    this.require(record, 'saveImage');
    const job = this.addJob('saveImage', record.id);
    this.agenda.add(this.clock.now() + this.settings.timing.saveImageMs, () => this.jobs.finish(job.id, 'success'));
    return job;
  }

  /** A migration that is broken off leaves the instance where it was. */
  breakJob(job: Job): void {
    this.jobs.finish(job.id, 'break');
    const record = this.fleet.get(job.instanceId);
    if (record?.course?.jobId === job.id) this.travel.force(record, 'exited', this.clock.now());
  }

  /** By the provider; a spot instance only. */
  reclaimSpot(record: InstanceRecord): void {
    const parts = { clock: this.clock, agenda: this.agenda, timing: this.settings.timing, journal: this.journal };
    reclaim(parts, record, (at) => {
      this.travel.force(record, 'exited', at);
      if (record.autoMigrate) this.migrate(record, null, 'autoInstanceMigrate');
    });
  }

  /** Changes anything but the status, so that a lagging list shows it later. */
  change(record: InstanceRecord, apply: () => void): void {
    const now = Math.floor(this.clock.realNow());
    this.journal.note(now, record.id, record.freeze());
    apply();
    this.bills.note(record, now);
  }

  /** By the provider's console: it stays so until a command. */
  setStatus(record: InstanceRecord, status: SandboxStatus): void {
    this.travel.force(record, status, this.clock.now());
  }

  vanish(record: InstanceRecord): void {
    this.travel.drop(record, this.clock.now());
  }

  /** Lets instances go on that no fault holds any more. */
  releaseHeld(): void {
    this.settle();
    this.travel.release();
  }

  private hasRoom(record: InstanceRecord, clusterId: string): boolean {
    const { productId, gpuNum, clusterId: present } = record.spec;
    return clusterId !== present && this.stock.available(productId, clusterId) >= gpuNum;
  }

  private addJob(type: JobType, instanceId: string): Job {
    const createdAt = Math.floor(this.clock.realNow());
    const job: Job = {
      id: this.random.alphanumeric(16),
      type,
      instanceId,
      createdAt,
      state: 'running',
      errorMessage: '',
    };
    this.jobs.add(job);
    return job;
  }
}
