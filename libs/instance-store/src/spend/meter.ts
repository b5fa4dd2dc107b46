import type { InstanceRecord } from '../instance.js';
import { isLive, maybeBilling } from '../instance-status.js';

/**
 * What an instance costs or spares at present. `billing`: it may be on the account's bill. `unpriced`: likewise, but
 * nobody knows at what price, so that it is counted and in no sum. `saving`: it is not billed because auto-stop has
 * stopped it.
 */
type MeterKind = 'billing' | 'unpriced' | 'saving';
/** Of these time is kept. */
export type RunningMeter = Exclude<MeterKind, 'unpriced'>;

export interface Meter {
  /** Empty when none runs. */
  readonly meter: MeterKind | '';
  /** Whole micro-USD per hour; 0 unless the meter keeps time. */
  readonly rate: number;
}

const MICRO = 1_000_000;
/** A million USD per hour: beyond belief, and small enough that no sum of them overflows a counter. */
const HIGHEST_RATE = 1e12;
const NONE: Meter = { meter: '', rate: 0 };

/**
 * Which meter runs for a record. Pure; the store derives it at every write, so that no writer can forget it. Those that
 * were made elsewhere are metered too: they are on the same bill.
 *
 * The price of an hour is `price.usdPerHour`, for all GPUs together. For monthly billing that is an hour's share of the
 * month, and it counts as long as the instance exists: a month is paid whether it runs or stands still, and nothing is
 * saved by a stop.
 */
export function meterOf(record: InstanceRecord): Meter {
  const rate = rateOf(record);
  if (mayCost(record)) return rate === null ? { meter: 'unpriced', rate: 0 } : { meter: 'billing', rate };
  return rate !== null && isSpared(record) ? { meter: 'saving', rate } : NONE;
}

export function usdFromMicro(micro: number): number {
  return micro / MICRO;
}

function mayCost({ status, spec, novitaInstanceId, attempts, desired, confirmedAt }: InstanceRecord): boolean {
  if (!isLive(status)) return false;
  // Nothing was made, and no create is on its way whose outcome is not known: there is nothing to charge for.
  if (novitaInstanceId === null && attempts.openCreate === null) return false;
  if (spec.billingMode === 'monthly') return true;
  // It is still shown as failed when the provider has agreed that it stands still.
  if (status === 'failed' && desired.state !== 'running' && confirmedAt !== null) return false;
  return maybeBilling(status);
}

function isSpared({ status, spec, desired }: InstanceRecord): boolean {
  const stoppedAsIdle = desired.state === 'stopped' && desired.by === 'auto-stop';
  return status === 'stopped' && stoppedAsIdle && spec.billingMode !== 'monthly';
}

function rateOf({ price: { usdPerHour } }: InstanceRecord): number | null {
  if (typeof usdPerHour !== 'number' || !Number.isFinite(usdPerHour) || usdPerHour < 0) return null;
  return Math.min(Math.round(usdPerHour * MICRO), HIGHEST_RATE);
}
