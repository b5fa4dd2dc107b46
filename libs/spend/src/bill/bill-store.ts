import { orStoreError } from '@app/instance-store';
import { isObject, parseJson, parseTimestamp, type Timestamp } from '@app/platform';
import { FleetKeys, type RedisConnections, RedisScript } from '@app/redis';
import { BILL_UNKNOWN, type BillDay, type BilledInstance } from './bill-day.js';

/** The latest check, whatever came of it. */
export interface BillRun {
  readonly at: Timestamp;
  readonly trigger: 'schedule' | 'manual';
  /** Why nothing could be compared; null when it could. */
  readonly error: string | null;
}

export interface BillState {
  /** Null before the first. */
  readonly lastRun: BillRun | null;
  readonly days: ReadonlyMap<number, BillDay>;
}

/** Days that are kept. */
export const BILL_DAYS_KEPT = 31;

/** Keeps what checks of the bill found, for all processes. */
export abstract class BillStore {
  /** One round trip. @throws StoreUnavailableError */
  abstract read(): Promise<BillState>;

  /** Replaces the latest run and these days, and forgets those before the oldest that are kept. @throws StoreUnavailableError */
  abstract record(run: BillRun, days: readonly BillDay[], today: number): Promise<void>;
}

/** Within one process. */
export class MemoryBillStore extends BillStore {
  private lastRun: BillRun | null = null;
  private readonly days = new Map<number, BillDay>();

  override async read(): Promise<BillState> {
    return Promise.resolve({ lastRun: this.lastRun, days: new Map(this.days) });
  }

  override async record(run: BillRun, days: readonly BillDay[], today: number): Promise<void> {
    this.lastRun = run;
    for (const day of days) this.days.set(day.day, day);
    for (const day of this.days.keys()) if (day < today - BILL_DAYS_KEPT) this.days.delete(day);
    return Promise.resolve();
  }
}

const RECORD = RedisScript.fromFile(new URL('./record-bill.lua', import.meta.url));
const RUN = 'run';

/** In Redis: one hash of the days, each as JSON under its number, and of the latest run under `run`. */
export class RedisBillStore extends BillStore {
  private readonly key: string;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.key = new FleetKeys(keyPrefix).billChecks;
  }

  override async read(): Promise<BillState> {
    const { [RUN]: run = '', ...days } = await orStoreError(this.connections.commands.hgetall(this.key));
    const read = Object.values(days).flatMap((json) => readDay(json) ?? []);
    return { lastRun: readRun(run), days: new Map(read.map((day) => [day.day, day])) };
  }

  override async record(run: BillRun, days: readonly BillDay[], today: number): Promise<void> {
    const fields = days.flatMap((day) => [day.day, JSON.stringify(day)]);
    const values = [today - BILL_DAYS_KEPT, RUN, JSON.stringify(run), ...fields];
    await orStoreError(RECORD.run(this.connections.commands, [this.key], values));
  }
}

/** @returns null for what no check of ours has written */
function readRun(json: string): BillRun | null {
  const run = parseJson(json);
  if (!isObject(run)) return null;
  const at = parseTimestamp(run['at']);
  const { trigger, error } = run;
  if (at === null || (trigger !== 'schedule' && trigger !== 'manual')) return null;
  return { at, trigger, error: typeof error === 'string' ? error : null };
}

/** @returns null for what no check of ours has written */
function readDay(json: string): BillDay | null {
  const value = parseJson(json);
  if (!isObject(value)) return null;
  const { day, meteredUsd, billedUsd, monthly, instances, detail } = value;
  const checkedAt = parseTimestamp(value['checkedAt']);
  const unknown = BILL_UNKNOWN.find((known) => known === value['unknown']) ?? null;
  if (checkedAt === null || !isNumber(day) || !isNumber(meteredUsd)) return null;
  const others = unknown === null ? readOthers(value['others']) : null;
  // One that is compared has amounts.
  if (unknown === null && (!isNumber(billedUsd) || others === null)) return null;
  if (!isObject(monthly) || !Array.isArray(instances)) return null;
  if (!isNumber(monthly['instances']) || !isNumber(monthly['usd'])) return null;
  return {
    day,
    checkedAt,
    meteredUsd,
    billedUsd: isNumber(billedUsd) ? billedUsd : null,
    unknown,
    detail: typeof detail === 'string' ? detail : null,
    monthly: { instances: monthly['instances'], usd: monthly['usd'] },
    instances: instances.flatMap((instance: unknown) => readInstance(instance) ?? []),
    others,
    isAnnounced: value['isAnnounced'] === true,
  };
}

function readOthers(value: unknown): BillDay['others'] {
  if (!isObject(value)) return null;
  const { instances, meteredUsd, billedUsd } = value;
  if (!isNumber(instances) || !isNumber(meteredUsd) || !isNumber(billedUsd)) return null;
  return { instances, meteredUsd, billedUsd };
}

function readInstance(value: unknown): BilledInstance | null {
  if (!isObject(value)) return null;
  const { novitaInstanceId, instanceId, name, meteredUsd, billedUsd } = value;
  if (!isNumber(meteredUsd) || !isNumber(billedUsd)) return null;
  return {
    novitaInstanceId: textOrNull(novitaInstanceId),
    instanceId: textOrNull(instanceId) as BilledInstance['instanceId'],
    name: textOrNull(name),
    meteredUsd,
    billedUsd,
  };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
