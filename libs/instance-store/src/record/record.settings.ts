import { DAY_MS, duration, HOUR_MS, SECOND_MS, Setting, type SettingRule } from '@app/platform';
import { LONGEST_HOLD_MS } from './stop-hold.js';

/** What holds for every record, whichever feature writes it. */
export class RecordSettings {
  static readonly rules: readonly SettingRule[] = [];

  @Setting({
    kind: duration('m', SECOND_MS, 24 * HOUR_MS),
    group: 'Instances',
    description:
      'How long Novita may take to agree to a stop or delete before that counts as unconfirmed and is announced (`instance.unconfirmed`, the page, a metric). It is tried again in any case.',
    default: '5m',
    example: '10m',
  })
  readonly CONFIRM_PATIENCE!: number;

  @Setting({
    kind: duration('m', SECOND_MS, LONGEST_HOLD_MS),
    group: 'Instances',
    description:
      'How long a stop by auto-stop, or a migration, waits at most for webhook endpoints that hold it (`hold: true`). An instance may have a time of its own (`autoStop.holdMinutes`). Without such endpoints nothing waits.',
    default: '2m',
    example: '10m',
  })
  readonly STOP_HOLD_TIMEOUT!: number;

  @Setting({
    kind: duration('d', 0, 3650 * DAY_MS),
    group: 'Sync',
    description: 'How long the record of a terminated instance is kept, counted from its termination.',
    default: '7d',
    example: '12h',
  })
  readonly SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS!: number;
}
