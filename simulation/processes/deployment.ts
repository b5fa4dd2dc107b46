import { AutoStopWorkerModule } from '@app/auto-stop';
import { InstanceStoreModule, MemoryChangeFeed } from '@app/instance-store';
import { JobsModule, JobsWorkerModule } from '@app/jobs';
import { LifecycleWorkerModule } from '@app/lifecycle';
import { MigrationWorkerModule } from '@app/migration';
import { Novita, NovitaClientModule, NovitaHealth, NovitaKeyCheckModule } from '@app/novita-client';
import {
  Clock,
  Draining,
  HealthIndicatorRegistry,
  IdGenerator,
  MetricsRegistry,
  ProcessIdentity,
  Settings,
  timestampFromMs,
} from '@app/platform';
import { FleetId, RedisConnections, RedisModule, RedisReadiness } from '@app/redis';
import { loadSettings } from '@app/settings';
import { SpendWorkerModule } from '@app/spend';
import { FleetFreshnessModule, SyncWorkerModule } from '@app/sync';
import { WebhooksModule } from '@app/webhooks';
import type { InjectionToken } from '@nestjs/common';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { ulid } from 'ulid';
import { FLEET_MODULES } from '../../apps/api/src/fleet-modules.js';
import { PortProber } from '../../libs/lifecycle/src/reconcile/port-prober.js';
import type { Random } from '../runtime/random.js';
import type { Scheduler } from '../runtime/scheduler.js';
import type { NovitaWorld } from '../world/novita-world.js';
import { Container, nameOf } from './container.js';
import { JobDispatch } from './job-dispatch.js';
import { type Role, SimProcess } from './process.js';
import { overTheWire } from './shared-ports.js';
import { SharedState } from './shared-state.js';
import type { Weather } from './weather.js';
import { Wire } from './wire.js';

const FLEET_ID = 'sim1';
/** Few instances are many pages, so that lists can drift. */
const PAGE_SIZE = 3;
const FIRST_PID = 100;

/** What comes again and again comes often: so an hour holds what takes days otherwise, and a run is over soon. */
export const SETTINGS = loadSettings({
  NODE_ENV: 'test',
  LOG_LEVEL: 'silent',
  FLEET_ID,
  NOVITA_API_KEY: 'simulated',
  DATA_DIR: '/data',
  DEADLINE_SWEEP_INTERVAL: '2m',
  SYNC_INTERVAL_MINUTES: '8m',
  AUTO_STOP_INTERVAL: '2m',
  AUTO_STOP_THRESHOLD: '10m',
  AUTO_STOP_WARNING: '2m',
  MIGRATION_INTERVAL_MINUTES: '5m',
});

const API_MODULES = FLEET_MODULES;
const WORKER_MODULES = [
  JobsModule,
  InstanceStoreModule,
  LifecycleWorkerModule,
  SyncWorkerModule,
  FleetFreshnessModule,
  AutoStopWorkerModule,
  MigrationWorkerModule,
  SpendWorkerModule,
  JobsWorkerModule.forRoot({} as never),
];
/** The sandbox stands in for the client's own connections; nobody here listens to webhooks. */
const WITHOUT: ReadonlySet<unknown> = new Set([
  NovitaClientModule,
  NovitaKeyCheckModule,
  ScheduleModule,
  WebhooksModule,
]);

class VirtualClock extends Clock {
  constructor(override readonly now: () => number) {
    super();
  }
}

class SeededIds extends IdGenerator {
  constructor(private readonly random: Random) {
    super();
  }

  override ulid(): string {
    return ulid(undefined, this.random.fraction);
  }
}

/** Nothing may be read from it: whatever rests on Redis is answered over the wire. */
const NO_CONNECTIONS = new Proxy(
  {},
  {
    get(_, member) {
      throw new Error(`a process asked Redis itself: ${String(member)}`);
    },
  },
);

/** Two API processes and two workers with the state that they share. */
export class Deployment {
  readonly state: SharedState;
  readonly wire: Wire;
  readonly dispatch: JobDispatch;
  readonly processes: SimProcess[] = [];
  /** Called with every process that has started. */
  onUp: (process: SimProcess) => void = () => undefined;
  private readonly clock: Clock;
  private readonly sections: ReadonlyMap<InjectionToken, unknown>;
  private lastPid = FIRST_PID;

  constructor(
    private readonly scheduler: Scheduler,
    readonly weather: Weather,
    private readonly random: Random,
    private readonly world: NovitaWorld,
    feedOf: (clock: Clock) => MemoryChangeFeed,
  ) {
    this.clock = new VirtualClock(scheduler.now);
    this.sections = new Map<InjectionToken, unknown>([[Settings, SETTINGS], ...SETTINGS.sections]);
    const feed = feedOf(this.clock);
    this.state = new SharedState(new Map([...this.platformOf('redis', 1), [MemoryChangeFeed, feed]]));
    this.wire = new Wire(scheduler, weather, (probability) => random.chance(probability));
    this.dispatch = new JobDispatch(scheduler, weather, random, () => this.processes);
  }

  get apis(): readonly SimProcess[] {
    return this.processes.filter(({ role, isUp, isAlive }) => role === 'api' && isUp && isAlive);
  }

  isRunning(pid: number): boolean {
    return this.processes.some((process) => process.pid === pid && process.isAlive);
  }

  /** Whose code runs now. @throws Error when it is nobody's */
  get running(): SimProcess {
    const { owner } = this.scheduler;
    if (owner instanceof SimProcess) return owner;
    throw new Error('the world itself asked for what only processes ask for');
  }

  /** Has the queue take jobs, and starts every process. */
  async begin(names: readonly string[]): Promise<void> {
    await this.dispatch.attach(this.state);
    for (const name of names) this.start(name, name.startsWith('api') ? 'api' : 'worker');
  }

  /** Starts one in place of any of that name. */
  start(name: string, role: Role): void {
    const process = new SimProcess(name, role, ++this.lastPid);
    const place = this.processes.findIndex((other) => other.name === name);
    if (place === -1) this.processes.push(process);
    else this.processes[place] = process;
    this.scheduler.after(0, process, 'starts', () => {
      process
        .start((one) => this.containerOf(one))
        .then(
          () => this.onUp(process),
          (error: unknown) => this.scheduler.fail(new Error(`${name} does not start`, { cause: error })),
        );
    });
  }

  /** Its code stops wherever it is; another one takes its place after that time. */
  kill(name: string, downMs: number): void {
    const process = this.processes.find((one) => one.name === name && one.isAlive);
    if (process === undefined) return;
    process.isAlive = false;
    process.isUp = false;
    this.dispatch.silent(process, Number.POSITIVE_INFINITY);
    this.scheduler.after(downMs, null, `${name} comes again`, () => this.start(name, process.role));
  }

  /** It stands still, and then goes on as if nothing had been. */
  pause(name: string, forMs: number): void {
    const process = this.processes.find((one) => one.name === name && one.isAlive);
    if (process === undefined) return;
    process.pausedUntilMs = Math.max(process.pausedUntilMs, this.scheduler.now() + forMs);
    this.dispatch.silent(process, forMs);
  }

  /** Redis loses its queues: every job that waits, and every schedule. Runs that have begun go on. */
  async loseJobs(): Promise<void> {
    this.state.loseQueue();
    await this.dispatch.attach(this.state);
  }

  private containerOf(process: SimProcess): Container {
    const { state, wire } = this;
    const novita = this.world.clientOf(process, wire, this.clock, PAGE_SIZE);
    const given = new Map<InjectionToken, unknown>([
      ...this.platformOf(process.name, process.pid),
      [SchedulerRegistry, new SchedulerRegistry()],
      [Draining, new Draining()],
      [RedisConnections, NO_CONNECTIONS],
      [RedisReadiness, RedisReadiness.proven(new FleetId(FLEET_ID), timestampFromMs(this.scheduler.now()))],
      [Novita, novita],
      [NovitaHealth, ALWAYS_WELL],
      [PortProber, this.world.proberOf(process, wire, this.clock)],
    ]);
    return new Container({
      modules: process.role === 'api' ? API_MODULES : WORKER_MODULES,
      onDemand: [RedisModule],
      without: WITHOUT,
      given,
      instead: (token, inject) => {
        if (!inject.includes(RedisConnections)) return undefined;
        const port = state.adapterOf(token);
        // Without Redis there is none of it, as with the handles of BullMQ.
        if (port === null) return null;
        if (typeof port !== 'object') return undefined;
        return overTheWire(() => state.adapterOf(token) as object, nameOf(token), process, wire);
      },
    });
  }

  private platformOf(name: string, pid: number): Map<InjectionToken, unknown> {
    return new Map<InjectionToken, unknown>([
      ...this.sections,
      [Clock, this.clock],
      [IdGenerator, new SeededIds(this.random.fork(pid))],
      [ProcessIdentity, new ProcessIdentity(name, 'simulated', pid)],
      [MetricsRegistry, new MetricsRegistry()],
      [HealthIndicatorRegistry, new HealthIndicatorRegistry()],
      [FleetId, new FleetId(FLEET_ID)],
      [SchedulerRegistry, new SchedulerRegistry()],
    ]);
  }
}

class WellNovita extends NovitaHealth {
  override circuitState(): 'closed' {
    return 'closed';
  }

  override lastAnswerAt(): null {
    return null;
  }

  override trouble(): null {
    return null;
  }

  override sandbox(): true {
    return true;
  }
}

const ALWAYS_WELL = new WellNovita();
