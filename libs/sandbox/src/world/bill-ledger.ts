import { CPU_PRODUCTS } from '../catalogue/cpu-products.js';
import { GPU_PRODUCTS } from '../catalogue/gpu-products.js';
import type { InstanceRecord, InstanceSpec } from './instance-record.js';
import type { SandboxStatus } from './status.js';

export const HOUR_MS = 3_600_000;
/** Of what is older nothing is kept. */
const HOURS_KEPT = 70 * 24;
/** A price is in 1/100000 USD. */
const MICRO_PER_UNIT = 10;

/** By the provider's guide: from the pull of the image until it is off. */
const BILLED: ReadonlySet<SandboxStatus> = new Set([
  'pulling',
  'running',
  'starting',
  'toStop',
  'stopping',
  'toRestart',
  'restarting',
  'toReset',
  'resetting',
]);

/** What one instance is charged for in one period. */
export interface Charge {
  readonly spec: InstanceSpec;
  /** Cards times seconds. */
  readonly cardSeconds: number;
  readonly microUsd: number;
}

interface Running {
  readonly spec: InstanceSpec;
  /** Micro-USD per hour. */
  readonly rate: number;
  readonly sinceMs: number;
}

/** What instances that are paid by use are charged, by the hour. Times are those of the callers' clocks. */
export class BillLedger {
  private readonly running = new Map<string, Running>();
  private readonly hours = new Map<number, Map<string, Charge>>();

  /** To be told whenever the state or the order of an instance may have changed. */
  note(record: Pick<InstanceRecord, 'id' | 'status' | 'spec'>, atMs: number): void {
    const before = this.running.get(record.id);
    const rate = BILLED.has(record.status) ? rateOf(record.spec) : 0;
    if ((before?.rate ?? 0) === rate) return;
    if (before !== undefined) this.settle(record.id, before, atMs);
    if (rate > 0) this.running.set(record.id, { spec: record.spec, rate, sinceMs: atMs });
  }

  /** The instance is gone. */
  close(id: string, atMs: number): void {
    const before = this.running.get(id);
    if (before !== undefined) this.settle(id, before, atMs);
  }

  /** By hour (hours since 1970) and instance, up to now. */
  *charges(fromMs: number, untilMs: number): Generator<readonly [hour: number, id: string, charge: Charge]> {
    for (const [hour, charges] of this.hours) {
      if (hour * HOUR_MS < fromMs || hour * HOUR_MS >= untilMs) continue;
      for (const [id, charge] of charges) yield [hour, id, charge];
    }
    for (const [id, running] of this.running) {
      for (const [hour, charge] of piecesOf({ ...running, sinceMs: Math.max(running.sinceMs, fromMs) }, untilMs)) {
        yield [hour, id, charge];
      }
    }
  }

  private settle(id: string, running: Running, atMs: number): void {
    this.running.delete(id);
    for (const [hour, charge] of piecesOf(running, atMs)) {
      const charges = this.hours.get(hour) ?? new Map<string, Charge>();
      this.hours.set(hour, charges);
      charges.set(id, addUp(charges.get(id), charge));
    }
    const oldest = Math.floor(atMs / HOUR_MS) - HOURS_KEPT;
    for (const hour of this.hours.keys()) if (hour < oldest) this.hours.delete(hour);
  }
}

export function addUp(before: Charge | undefined, charge: Charge): Charge {
  if (before === undefined) return charge;
  return {
    spec: charge.spec,
    cardSeconds: before.cardSeconds + charge.cardSeconds,
    microUsd: before.microUsd + charge.microUsd,
  };
}

function* piecesOf({ spec, rate, sinceMs }: Running, untilMs: number): Generator<readonly [hour: number, Charge]> {
  for (let from = Math.max(sinceMs, untilMs - HOURS_KEPT * HOUR_MS); from < untilMs; ) {
    const hour = Math.floor(from / HOUR_MS);
    const until = Math.min(untilMs, (hour + 1) * HOUR_MS);
    const ms = until - from;
    yield [hour, { spec, cardSeconds: (spec.gpuNum * ms) / 1_000, microUsd: (rate * ms) / HOUR_MS }];
    from = until;
  }
}

/** 0 for what is paid by the month. */
function rateOf({ kind, productId, gpuNum, billingMode }: InstanceSpec): number {
  if (billingMode === 'monthly') return 0;
  if (kind === 'cpu') return (CPU_PRODUCTS.find(({ id }) => id === productId)?.price ?? 0) * MICRO_PER_UNIT;
  const product = GPU_PRODUCTS.find(({ id }) => id === productId);
  const price = billingMode === 'spot' ? product?.spotPrice : product?.price;
  return (price ?? 0) * gpuNum * MICRO_PER_UNIT;
}
