import { FleetFreshness, type IdleRules, type IdleSettings, idleRulesOf } from '@app/instance-store';
import type { ScheduleSettings } from '@app/jobs';
import { Clock } from '@app/platform';
import { RedisReadiness } from '@app/redis';
import { Injectable } from '@nestjs/common';
import { suspensionReason } from '../policy/evaluation.js';
import { type FleetDataAge, isSuspended } from '../policy/idle-policy.js';
import type { AutoStopSettings } from './auto-stop.settings.js';

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

export function autoStopOptionsOf(
  settings: AutoStopSettings,
  idle: IdleSettings,
  schedule: ScheduleSettings,
): AutoStopOptions {
  return {
    rules: idleRulesOf(idle),
    intervalMs: schedule.AUTO_STOP_INTERVAL,
    // An audit looks for what is overdue by a whole AUTO_STOP_INTERVAL.
    auditIntervalMs: Math.max(schedule.DEADLINE_SWEEP_INTERVAL, schedule.AUTO_STOP_INTERVAL / 5),
    maxStalenessMs: settings.AUTO_STOP_MAX_STALENESS,
    synchronised: schedule.SYNC_ENABLE_AUTOMATIC_SYNC,
    gpuThresholdPercent: settings.AUTO_STOP_GPU_SIGNAL ? settings.AUTO_STOP_GPU_THRESHOLD_PERCENT : null,
    maxLeaseMs: settings.AUTO_STOP_MAX_LEASE,
  };
}

/** Whether nothing at all may be stopped at present. Costs no round trip. */
@Injectable()
export class Suspension {
  constructor(
    private readonly fleet: FleetFreshness,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
    private readonly redis: RedisReadiness,
  ) {}

  /** In how many ms stops are possible again after Redis was away; 0 when they are. */
  settlesInMs(): number {
    return this.redis.settlesInMs;
  }

  /** How old the data is at this moment. */
  dataAge(): FleetDataAge {
    const { maxStalenessMs, synchronised } = this.options;
    return { asOf: this.fleet.instancesAsOf(), maxStalenessMs, required: synchronised };
  }

  /** Of data that is too old, in words; null when it is fresh enough, or auto-stop is switched off. */
  reason(): string | null {
    if (!this.options.rules.enabled) return null;
    const dataAge = this.dataAge();
    const now = this.clock.now();
    return isSuspended(dataAge, now) ? suspensionReason(dataAge, now) : null;
  }
}
