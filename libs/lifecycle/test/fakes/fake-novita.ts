import {
  type CallOptions,
  type CreateInstanceInput,
  type KnownNovitaStatus,
  type NovitaApi,
  NovitaError,
  type NovitaInstance,
  type NovitaInstanceId,
  NovitaInvalidStateError,
  type NovitaJob,
  NovitaNetworkError,
  NovitaNotFoundError,
  type NovitaPortMapping,
  type Page,
} from '@app/novita-client';
import { type Clock, timestampFromMs } from '@app/platform';
import { aNovitaInstance } from '@app/testing';

/** What goes wrong with one call: it never arrives, or it takes effect and its answer is lost, or an error of choice. */
export type CallFault = 'lost-before' | 'lost-after' | Error;
export type Call = 'list' | 'get' | 'create' | 'start' | 'stop' | 'restart' | 'delete' | 'migrate' | 'jobs';

interface Course {
  readonly word: KnownNovitaStatus;
  /** How long it stays there, ms; the last word has no end. */
  readonly forMs: number;
}

const COMING_UP: readonly Course[] = [
  { word: 'toCreate', forMs: 2_000 },
  { word: 'creating', forMs: 5_000 },
  { word: 'pulling', forMs: 40_000 },
];
const STARTING: readonly Course[] = [
  { word: 'toStart', forMs: 2_000 },
  { word: 'starting', forMs: 10_000 },
];
const STOPPING: readonly Course[] = [
  { word: 'toStop', forMs: 2_000 },
  { word: 'stopping', forMs: 8_000 },
];
const RESTARTING: readonly Course[] = [
  { word: 'toRestart', forMs: 2_000 },
  { word: 'restarting', forMs: 10_000 },
];
const REMOVING: readonly Course[] = [
  { word: 'toRemove', forMs: 2_000 },
  { word: 'removing', forMs: 5_000 },
];

const MIGRATING_MS = 60_000;
const MIGRATING: readonly Course[] = [{ word: 'migrating', forMs: MIGRATING_MS }];

/** How the next migration goes: it may end down, fail, hang, or make another instance. */
export type MigrationCourse = 'ends-up' | 'ends-down' | 'fails' | 'hangs' | 'elsewhere';

const SPOT_FREE = { billingMode: null, spotStatus: null, spotReclaimAt: null };

interface Job {
  readonly id: string;
  readonly instanceId: NovitaInstanceId;
  readonly createdAt: number;
  readonly course: MigrationCourse;
}

interface Machine {
  readonly id: NovitaInstanceId;
  readonly name: string;
  readonly portMappings: readonly NovitaPortMapping[];
  readonly createdAt: number;
  course: readonly Course[];
  since: number;
  then: KnownNovitaStatus;
  statusError: NovitaInstance['statusError'];
  spot: Pick<NovitaInstance, 'billingMode' | 'spotStatus' | 'spotReclaimAt'>;
}

/**
 * A provider in memory: instances go through their words as the clock goes on, a listing shows a new one late, and any
 * call can be made to fail.
 */
export class FakeNovita {
  /** How long a new instance stays out of listings. */
  listLagMs = 20_000;
  /** How long a new instance is denied when it is asked for by its id. */
  getLagMs = 0;
  createTimeoutMs = 30_000;
  /** Asked at every call; null for none. */
  providerErrorOf: (call: Call) => CallFault | null = () => null;
  /** Every call, when it came and how it ended; `lost` ones may have taken effect. */
  readonly log: {
    readonly call: Call;
    readonly at: number;
    readonly priority: CallOptions['priority'];
    ending: 'answered' | 'lost' | 'refused';
  }[] = [];
  readonly creates: CreateInstanceInput[] = [];
  migrationCourse: MigrationCourse = 'ends-up';
  readonly jobs: Job[] = [];
  private readonly machines: Machine[] = [];

  constructor(private readonly clock: Clock) {}

  /** All that were ever made, as they stand now. */
  get all(): readonly NovitaInstance[] {
    return this.machines.map((machine) => this.shown(machine));
  }

  /** Those that bill for their GPU or are about to. */
  get live(): readonly NovitaInstance[] {
    return this.all.filter(
      ({ status }) => !['toStop', 'stopping', 'exited', 'toRemove', 'removing', 'removed'].includes(status),
    );
  }

  /** Puts an instance there by hand. */
  add(name: string, word: KnownNovitaStatus): NovitaInstanceId {
    return this.make(name, [], [], word).id;
  }

  /** Sets the word of an instance by hand; it stays there. */
  set(id: NovitaInstanceId, word: KnownNovitaStatus, statusError: NovitaInstance['statusError'] = null): void {
    const machine = this.machine(id);
    machine.course = [];
    machine.then = word;
    machine.since = this.clock.now();
    machine.statusError = statusError;
  }

  /** Takes the machine of a spot instance away, now. */
  reclaim(id: NovitaInstanceId): void {
    this.set(id, 'exited');
    const spotReclaimAt = timestampFromMs(this.clock.now());
    this.machine(id).spot = { billingMode: 'spot', spotStatus: 'terminated', spotReclaimAt };
  }

  wordOf(id: NovitaInstanceId): string {
    return this.shown(this.machine(id)).status;
  }

  /** The calls of the real API that the life cycle makes of an instance. */
  get api(): Pick<
    NovitaApi,
    | 'listInstances'
    | 'getInstance'
    | 'createInstance'
    | 'startInstance'
    | 'stopInstance'
    | 'restartInstance'
    | 'deleteInstance'
    | 'migrateInstance'
    | 'listJobs'
  > {
    return {
      listInstances: (filter, options) => this.list(filter?.name ?? '', options),
      getInstance: (id, options) => this.call('get', () => this.get(id), options),
      createInstance: (input, options) => this.call('create', () => this.create(input), options),
      startInstance: (id, options) =>
        this.call('start', () => this.command(id, ['exited'], STARTING, 'running'), options),
      stopInstance: (id, options) =>
        this.call('stop', () => this.command(id, ['running'], STOPPING, 'exited'), options),
      restartInstance: (id, options) =>
        this.call('restart', () => this.command(id, ['running'], RESTARTING, 'running'), options),
      deleteInstance: (id, options) => this.call('delete', () => this.command(id, null, REMOVING, 'removed'), options),
      migrateInstance: (id, options) => this.call('migrate', () => this.migrate(id), options),
      listJobs: (options) => this.listJobs(options),
    };
  }

  get calls(): readonly Call[] {
    return this.log.map(({ call }) => call);
  }

  private async call<Value>(call: Call, effect: () => Value, options: CallOptions = {}): Promise<Value> {
    const { priority } = options;
    const entry: (typeof this.log)[number] = { call, at: this.clock.now(), priority, ending: 'lost' };
    this.log.push(entry);
    const fault = this.providerErrorOf(call);
    // The answer comes later than the call, so that others get their turn in between.
    await Promise.resolve();
    // The caller hangs up on a create that takes longer, well before its grace is over.
    const late = call === 'create' && this.clock.now() > entry.at + this.createTimeoutMs;
    if (fault === 'lost-before' || late) throw new NovitaNetworkError('the connection broke', { call });
    if (fault !== null && fault !== 'lost-after') {
      if (fault instanceof NovitaError && !fault.effectUnknown) entry.ending = 'refused';
      throw fault;
    }
    const value = effect();
    await Promise.resolve();
    if (fault === 'lost-after') throw new NovitaNetworkError('the connection broke', { call });
    entry.ending = 'answered';
    return value;
  }

  private async *list(name: string, options?: CallOptions): AsyncGenerator<Page<NovitaInstance>> {
    const startedAt = this.clock.timestamp();
    const shown = (): NovitaInstance[] =>
      this.machines
        .filter((machine) => machine.name.includes(name) && this.clock.now() >= machine.createdAt + this.listLagMs)
        .map((machine) => this.shown(machine))
        .filter(({ status }) => status !== 'removed');
    const items = await this.call('list', shown, options);
    const verdict = { clean: true, reason: null, startedAt, total: items.length, distinct: items.length, pages: 1 };
    yield { items, total: items.length, malformed: [], index: 0, verdict };
  }

  private get(id: NovitaInstanceId): NovitaInstance {
    const machine = this.machine(id);
    const instance = this.shown(machine);
    if (instance.status === 'removed' || this.clock.now() < machine.createdAt + this.getLagMs)
      throw new NovitaNotFoundError('instance not found', { call: 'get' });
    return instance;
  }

  private create(input: CreateInstanceInput): { readonly id: NovitaInstanceId } {
    this.creates.push(input);
    const mappings = (input.ports ?? []).map(({ port, type }) => ({ port, type, endpoint: `endpoint-of-${port}` }));
    return { id: this.make(input.name, mappings, COMING_UP, 'running').id };
  }

  private command(
    id: NovitaInstanceId,
    allowed: readonly string[] | null,
    course: readonly Course[],
    then: KnownNovitaStatus,
  ): void {
    const machine = this.machine(id);
    const { status } = this.shown(machine);
    if (status === 'removed') throw new NovitaNotFoundError('instance not found', { call: 'command' });
    if (allowed !== null && !allowed.includes(status)) {
      throw new NovitaInvalidStateError('invalid state change', { call: 'command', httpStatus: 400 });
    }
    machine.course = course;
    machine.then = then;
    machine.since = this.clock.now();
  }

  private migrate(id: NovitaInstanceId): { readonly newInstanceId: NovitaInstanceId | null } {
    const course = this.migrationCourse;
    const then = course === 'ends-down' || course === 'fails' ? 'exited' : 'running';
    const steps = course === 'hangs' ? [{ word: 'migrating' as const, forMs: Number.POSITIVE_INFINITY }] : MIGRATING;
    this.command(id, ['exited'], course === 'elsewhere' ? [] : steps, course === 'elsewhere' ? 'exited' : then);
    const createdAt = this.clock.now();
    this.jobs.push({ id: `job-${this.jobs.length + 1}`, instanceId: id, createdAt, course });
    if (course !== 'elsewhere') return { newInstanceId: null };
    const { name, portMappings } = this.machine(id);
    return { newInstanceId: this.make(name, portMappings, MIGRATING, 'running').id };
  }

  private async *listJobs(options?: CallOptions): AsyncGenerator<Page<NovitaJob>> {
    const startedAt = this.clock.timestamp();
    const items = await this.call('jobs', () => this.jobs.map((job) => this.shownJob(job)), options);
    const verdict = { clean: true, reason: null, startedAt, total: items.length, distinct: items.length, pages: 1 };
    yield { items, total: items.length, malformed: [], index: 0, verdict };
  }

  private shownJob({ id, instanceId, createdAt, course }: Job): NovitaJob {
    const isOver = course !== 'hangs' && this.clock.now() >= createdAt + MIGRATING_MS;
    const ending = course === 'fails' ? 'fail' : 'success';
    return {
      id,
      type: 'instanceMigrate',
      state: isOver ? ending : 'running',
      errorMessage: isOver && course === 'fails' ? 'it failed' : null,
      instanceId,
      createdAt: timestampFromMs(createdAt),
    };
  }

  private make(
    name: string,
    portMappings: readonly NovitaPortMapping[],
    course: readonly Course[],
    then: KnownNovitaStatus,
  ): Machine {
    const id = `n${String(this.machines.length + 1).padStart(15, '0')}` as NovitaInstanceId;
    const now = this.clock.now();
    const machine: Machine = {
      id,
      name,
      portMappings,
      createdAt: now,
      course,
      since: now,
      then,
      statusError: null,
      spot: SPOT_FREE,
    };
    this.machines.push(machine);
    return machine;
  }

  private machine(id: NovitaInstanceId): Machine {
    const machine = this.machines.find((candidate) => candidate.id === id);
    if (machine === undefined) throw new NovitaNotFoundError('instance not found', { call: 'get' });
    return machine;
  }

  private shown(machine: Machine): NovitaInstance {
    const { id, name, createdAt, portMappings, statusError, spot } = machine;
    let age = this.clock.now() - machine.since;
    let status = machine.then;
    for (const { word, forMs } of machine.course) {
      if (age < forMs) {
        status = word;
        break;
      }
      age -= forMs;
    }
    return aNovitaInstance({
      id,
      name,
      status,
      statusError,
      portMappings,
      ...spot,
      createdAt: timestampFromMs(createdAt),
    });
  }
}
