import {
  duration,
  HOUR_MS,
  MINUTE_MS,
  SECOND_MS,
  Setting,
  type SettingRule,
  trueOrFalse,
  wholeNumber,
} from '@app/platform';

/** By which rules a run of the sync goes over the fleet; how often it runs is a `ScheduleSettings`. */
export class SyncSettings {
  static readonly rules: readonly SettingRule[] = [];

  @Setting({
    kind: trueOrFalse,
    group: 'Sync',
    description:
      'Whether records of instances that Novita has no more are removed at once. Otherwise those that had started are kept as terminated for a while.',
    default: 'false',
    example: 'true',
  })
  readonly SYNC_REMOVE_OBSOLETE_INSTANCES!: boolean;

  @Setting({
    kind: wholeNumber(1, 100),
    group: 'Sync',
    description:
      'A listing that lacks more than this percentage of the live records (and at least 3 of them) is held: nothing is removed until a second listing agrees or somebody forces it.',
    default: '30',
    example: '10',
  })
  readonly SYNC_MAX_OBSOLETE_PERCENT!: number;

  @Setting({
    kind: duration('s', 0, HOUR_MS),
    group: 'Sync',
    description:
      'An instance that was observed or made this shortly before a listing began is not missed by that listing.',
    default: '60s',
    example: '2m',
  })
  readonly SYNC_MISSING_GRACE!: number;

  @Setting({
    kind: duration('s', SECOND_MS, 10 * MINUTE_MS),
    group: 'Sync',
    description: 'How long the lock of a sync outlives a worker that died with it.',
    default: '30s',
    example: '60s',
  })
  readonly SYNC_LOCK_TTL!: number;
}
