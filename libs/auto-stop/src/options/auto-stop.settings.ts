import {
  DAY_MS,
  duration,
  durationOr,
  MINUTE_MS,
  SECOND_MS,
  Setting,
  type SettingRule,
  trueOrFalse,
  wholeNumber,
} from '@app/platform';

/** AUTO_STOP_MAX_LEASE can be no longer. */
export const LONGEST_LEASE_MS = 30 * DAY_MS;

/**
 * The settings of auto-stop beside the idle clock (`IdleSettings` of the store) and the time between two checks
 * (`ScheduleSettings` of the jobs).
 */
export class AutoStopSettings {
  static readonly rules: readonly SettingRule[] = [];

  @Setting({
    kind: trueOrFalse,
    group: 'Auto-stop',
    description:
      "Whether the GPU's utilisation, as Novita measures it, counts as use too. An instance whose figures are missing or late then counts as used.",
    default: 'false',
    example: 'true',
  })
  readonly AUTO_STOP_GPU_SIGNAL!: boolean;

  @Setting({
    kind: wholeNumber(1, 100),
    group: 'Auto-stop',
    description: 'Percentage of GPU utilisation from which on an instance counts as used; with AUTO_STOP_GPU_SIGNAL.',
    default: '5',
    example: '10',
  })
  readonly AUTO_STOP_GPU_THRESHOLD_PERCENT!: number;

  @Setting({
    kind: duration('h', SECOND_MS, LONGEST_LEASE_MS),
    group: 'Auto-stop',
    description: 'The longest time for which an instance can be declared busy at once.',
    default: '24h',
    example: '72h',
  })
  readonly AUTO_STOP_MAX_LEASE!: number;

  @Setting({
    kind: duration('m', SECOND_MS, 30 * DAY_MS),
    group: 'Auto-stop',
    description: 'Nothing is stopped on an observation of an instance that is older than this.',
    default: {
      text: 'three times SYNC_INTERVAL_MINUTES',
      from: (resolved) => `${3 * durationOr(resolved['SYNC_INTERVAL_MINUTES'], 'm', 30 * MINUTE_MS)}ms`,
    },
    example: '2h',
  })
  readonly AUTO_STOP_MAX_STALENESS!: number;
}
