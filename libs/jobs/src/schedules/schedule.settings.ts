import { duration, HOUR_MS, SECOND_MS, Setting, type SettingRule, trueOrFalse } from '@app/platform';

/**
 * The work that repeats, and how often. Here and not in the features, since several of them go by each of these,
 * and features do not know each other.
 */
export class ScheduleSettings {
  static readonly rules: readonly SettingRule[] = [];

  @Setting({
    kind: duration('s', 100, HOUR_MS),
    group: 'Instances',
    description: 'How often overdue deadlines are looked for, in case a job was lost.',
    default: '15s',
    example: '30s',
  })
  readonly DEADLINE_SWEEP_INTERVAL!: number;

  @Setting({
    kind: trueOrFalse,
    group: 'Sync',
    description:
      'Whether the fleet is synchronised with Novita now and then. It is in any case once when a worker starts.',
    default: 'true',
    example: 'false',
  })
  readonly SYNC_ENABLE_AUTOMATIC_SYNC!: boolean;

  @Setting({
    kind: duration('m', SECOND_MS, 24 * HOUR_MS),
    group: 'Sync',
    description: 'Time from one automatic sync to the next.',
    default: '30m',
    example: '10m',
  })
  readonly SYNC_INTERVAL_MINUTES!: number;

  @Setting({
    kind: duration('m', SECOND_MS, 24 * HOUR_MS),
    group: 'Auto-stop',
    description: 'Time from one check for idle instances to the next.',
    default: '5m',
    example: '1m',
  })
  readonly AUTO_STOP_INTERVAL!: number;
}
