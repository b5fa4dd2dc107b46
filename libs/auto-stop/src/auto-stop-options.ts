import { type IdleRules, idleRulesOf } from '@app/instance-store';
import type { Settings } from '@app/platform';
import type { FleetPicture } from './check/fleet-picture.port.js';
import type { PictureAge } from './policy/idle-signals.js';

/** By what auto-stop goes. Times in milliseconds. */
export abstract class AutoStopOptions {
  abstract readonly rules: IdleRules;
  /** Between two checks. */
  abstract readonly intervalMs: number;
  abstract readonly maxStalenessMs: number;
  /** Whether the fleet is synchronised by itself, so that an old picture means that something is wrong. */
  abstract readonly synchronised: boolean;
  /** From which utilisation on a GPU counts as used; null: it is not looked at. */
  abstract readonly gpuThresholdPercent: number | null;
  abstract readonly maxLeaseMs: number;
}

export function autoStopOptionsOf(settings: Settings): AutoStopOptions {
  return {
    rules: idleRulesOf(settings),
    intervalMs: settings.AUTO_STOP_INTERVAL,
    maxStalenessMs: settings.AUTO_STOP_MAX_STALENESS,
    synchronised: settings.SYNC_ENABLE_AUTOMATIC_SYNC,
    gpuThresholdPercent: settings.AUTO_STOP_GPU_SIGNAL ? settings.AUTO_STOP_GPU_THRESHOLD_PERCENT : null,
    maxLeaseMs: settings.AUTO_STOP_MAX_LEASE,
  };
}

/** How old the picture is at this moment. */
export function pictureAge(fleet: FleetPicture, { maxStalenessMs, synchronised }: AutoStopOptions): PictureAge {
  return { asOf: fleet.instancesAsOf(), maxStalenessMs, required: synchronised };
}
