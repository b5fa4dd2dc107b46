import { CallLog } from './api/call-log.js';
import { DEFAULT_STOCK, GPU_PRODUCTS } from './catalogue/gpu-products.js';
import type { Fault, FaultControls, StandingFault } from './faults/fault.js';
import { FaultBoard } from './faults/fault-board.js';
import { InvalidFaultError, parseFault } from './faults/parse-fault.js';
import { ActiveFault } from './faults/standing-fault.js';
import type { InstanceRecord, InstanceState } from './world/instance-record.js';
import { SandboxClock } from './world/sandbox-clock.js';
import { placeInstance, seedFleet } from './world/seed-fleet.js';
import { SeededRandom } from './world/seeded-random.js';
import type { SandboxStatus } from './world/status.js';
import { World, type WorldSettings } from './world/world.js';
import {
  type SandboxCall,
  type SandboxInstance,
  type SandboxMigration,
  UnknownInstanceError,
  type WorldView,
} from './world/world-view.port.js';

export interface StageSettings extends WorldSettings {
  readonly instances: number;
  readonly seed: number;
  readonly speed: number;
  /** OperationIds that a fault may name. */
  readonly operations: ReadonlySet<string>;
}

/** The world with its faults and its log, and the hands that reach into it from tests and from the control API. */
export class Stage implements WorldView, FaultControls {
  readonly board = new FaultBoard();
  readonly log = new CallLog();
  private present: World;
  private lastFaultId = 0;

  constructor(
    private readonly settings: StageSettings,
    private readonly realNow: () => number = Date.now,
  ) {
    this.present = this.newWorld();
  }

  /** As it is now. */
  get world(): World {
    this.present.settle();
    return this.present;
  }

  /** Everything as at the start: same seed, no faults, an empty log. */
  reset(): void {
    this.board.remove();
    this.log.clear();
    this.present = this.newWorld();
  }

  /** Epoch milliseconds, as the callers' clocks show them. */
  now(): number {
    return this.realNow();
  }

  // World view

  instances(): readonly SandboxInstance[] {
    const { world } = this;
    return world.fleet.newestFirst(0, world.fleet.size).map((record) => snapshot(record, world));
  }

  instance(id: string): SandboxInstance | undefined {
    const { world } = this;
    const record = world.fleet.get(id);
    return record === undefined ? undefined : snapshot(record, world);
  }

  calls(operation?: string): number {
    return this.log.count(operation);
  }

  callLog(): readonly SandboxCall[] {
    return this.log.latest();
  }

  migrationJobs(): readonly SandboxMigration[] {
    return this.world.jobs
      .newestFirst()
      .filter(({ type }) => type !== 'saveImage')
      .map(({ id, type, instanceId, createdAt, state }) => ({ id, type, instanceId, createdAt, state }));
  }

  seed(count: number): readonly SandboxInstance[] {
    const { world } = this;
    return seedFleet(world, count).map((record) => snapshot(record, world));
  }

  place(name: string, status: SandboxStatus): SandboxInstance {
    const { world } = this;
    const record = placeInstance(world, name);
    world.setStatus(record, status);
    return snapshot(record, world);
  }

  restore(instance: InstanceState): void {
    this.world.restore(instance);
  }

  setStatus(id: string, status: SandboxStatus): void {
    this.world.setStatus(this.find(id), status);
  }

  startFromConsole(id: string): void {
    this.world.start(this.find(id), null);
  }

  stopFromConsole(id: string): void {
    this.world.stop(this.find(id));
  }

  vanish(id: string): void {
    this.world.vanish(this.find(id));
  }

  setSpeed(speed: number): void {
    this.world.setSpeed(speed);
  }

  advance(ms: number): void {
    this.world.advance(ms);
  }

  restock(productId?: string, gpus = DEFAULT_STOCK): void {
    const products = GPU_PRODUCTS.filter(({ id }) => productId === undefined || id === productId);
    if (products.length === 0) throw new RangeError(`no product ${productId ?? ''}`);
    for (const product of products) this.world.stock.refill(product, gpus);
  }

  // Faults

  add(fault: Fault): string {
    const parsed = parseFault(fault, this.settings.operations);
    const id = `fault-${++this.lastFaultId}`;
    if (parsed.kind === 'spot-reclaim') this.reclaim(parsed.instanceId);
    else this.board.put(new ActiveFault(id, parsed, this.hiddenBy(parsed)));
    return id;
  }

  clear(id?: string): number {
    const ended = this.board.remove(id);
    this.world.releaseHeld();
    return ended;
  }

  list(): readonly StandingFault[] {
    return this.board.list();
  }

  private reclaim(id: string): void {
    const record = this.world.fleet.get(id);
    if (record === undefined) throw new InvalidFaultError(`no instance ${id}`);
    if (record.spec.billingMode !== 'spot' || record.status !== 'running') {
      throw new InvalidFaultError(`${id} is not a running spot instance`);
    }
    this.world.reclaimSpot(record);
  }

  /** Spread over the fleet, so that no page is hit alone. At least one for more than 0 percent. */
  private hiddenBy(fault: Fault): ReadonlySet<string> {
    if (fault.kind !== 'vanish') return new Set();
    if (fault.ids !== undefined) return new Set(fault.ids);
    const { fleet } = this.world;
    const count = Math.ceil((fleet.size * (fault.percent ?? 0)) / 100);
    const all = fleet.newestFirst(0, fleet.size);
    const chosen = Array.from({ length: count }, (_, index) => all[Math.floor((index * all.length) / count)]);
    return new Set(chosen.flatMap((record) => (record === undefined ? [] : [record.id])));
  }

  private find(id: string): InstanceRecord {
    const record = this.world.fleet.get(id);
    if (record === undefined) throw new UnknownInstanceError(id);
    return record;
  }

  private newWorld(): World {
    const { seed, speed, instances } = this.settings;
    const clock = new SandboxClock(this.realNow, speed);
    const world = new World(this.settings, clock, new SeededRandom(seed), this.board);
    seedFleet(world, instances);
    return world;
  }
}

function snapshot(record: InstanceRecord, world: World): SandboxInstance {
  const { clusterId, clusterName, productId, gpuNum, billingMode } = record.spec;
  return {
    ...record.freeze(),
    clusterId,
    clusterName,
    productId,
    gpuNum,
    billingMode,
    portsOpen: record.status === 'running' && record.portsOpenAt <= world.clock.now(),
  };
}
