import { type IdleRules, idleRulesOf } from '@app/instance-store';
import { Clock, type Settings, type Timestamp } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { suspensionReason } from '../policy/evaluation.js';
import { type FleetDataAge, isSuspended } from '../policy/idle-policy.js';

/** The settings of auto-stop. Times in milliseconds. */
export abstract class AutoStopOptions {
  abstract readonly rules: IdleRules;
  /** Between two checks. */
  abstract readonly intervalMs: number;
  /** Between two audits of the deadlines that no check has met. */
  abstract readonly auditIntervalMs: number;
  abstract readonly maxStalenessMs: number;
  /** Whether the fleet is listed on a schedule, so that old data means that something is wrong. */
  abstract readonly synchronised: boolean;
  /** A GPU counts as used from this utilisation on; null: nobody asks for it. */
  abstract readonly gpuThresholdPercent: number | null;
  abstract readonly maxLeaseMs: number;
}

export function autoStopOptionsOf(settings: Settings): AutoStopOptions {
  return {
    rules: idleRulesOf(settings),
    intervalMs: settings.AUTO_STOP_INTERVAL,
    // An audit looks for what is overdue by a whole AUTO_STOP_INTERVAL.
    auditIntervalMs: Math.max(settings.DEADLINE_SWEEP_INTERVAL, settings.AUTO_STOP_INTERVAL / 5),
    maxStalenessMs: settings.AUTO_STOP_MAX_STALENESS,
    synchronised: settings.SYNC_ENABLE_AUTOMATIC_SYNC,
    gpuThresholdPercent: settings.AUTO_STOP_GPU_SIGNAL ? settings.AUTO_STOP_GPU_THRESHOLD_PERCENT : null,
    maxLeaseMs: settings.AUTO_STOP_MAX_LEASE,
  };
}

/** How old the data of the fleet is. An application provides it from what its sync knows; this library knows no sync. */
export abstract class FleetFreshness {
  /** When the listing began that last showed every live record; null when there was none yet. Costs no round trip. */
  abstract instancesAsOf(): Timestamp | null;
}

/** Whether nothing at all may be stopped at present, because the data of the fleet is too old. Costs no round trip. */
@Injectable()
export class Suspension {
  constructor(
    private readonly fleet: FleetFreshness,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
  ) {}

  /** How old the data is at this moment. */
  dataAge(): FleetDataAge {
    const { maxStalenessMs, synchronised } = this.options;
    return { asOf: this.fleet.instancesAsOf(), maxStalenessMs, required: synchronised };
  }

  /** In words; null when stops are possible, or auto-stop is switched off. */
  reason(): string | null {
    if (!this.options.rules.enabled) return null;
    const dataAge = this.dataAge();
    const now = this.clock.now();
    return isSuspended(dataAge, now) ? suspensionReason(dataAge, now) : null;
  }
}
