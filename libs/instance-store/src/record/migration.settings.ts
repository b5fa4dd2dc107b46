import {
  duration,
  HOUR_MS,
  oneOf,
  SECOND_MS,
  Setting,
  type SettingRule,
  trueOrFalse,
  wholeNumber,
} from '@app/platform';

export const MIGRATION_FALLBACKS = ['same-product', 'same-or-better', 'off'] as const;
export type MigrationFallbackSetting = (typeof MIGRATION_FALLBACKS)[number];

/**
 * What happens to spot instances that Novita has reclaimed. Here and not in the migration, since the lifecycle goes by it
 * too, and features do not know each other.
 */
export class MigrationSettings {
  static readonly rules: readonly SettingRule[] = [];

  @Setting({
    kind: trueOrFalse,
    group: 'Migration',
    description:
      'Whether spot instances that Novita has reclaimed are migrated to another machine. Off, they count as stopped.',
    default: 'true',
    example: 'false',
  })
  readonly MIGRATION_ENABLED!: boolean;

  @Setting({
    kind: duration('m', SECOND_MS, 24 * HOUR_MS),
    group: 'Migration',
    description:
      'Time from one check for reclaimed spot instances to the next. A migration that failed is tried again after the same time at first. A reclaim that any other read shows is answered at once.',
    default: '15m',
    example: '5m',
  })
  readonly MIGRATION_INTERVAL_MINUTES!: number;

  @Setting({
    kind: oneOf(MIGRATION_FALLBACKS),
    group: 'Migration',
    description:
      'What follows when Novita has no machine to migrate to: `same-product` requests the migration again, with growing pauses, for a day; `same-or-better` also buys another spot instance of a product that is at least as good, once for each reclaim and within MIGRATION_MAX_PRICE_INCREASE_PERCENT, and deletes the old one when the new one is ready; `off` gives up at once.',
    default: 'same-product',
    example: 'off',
  })
  readonly MIGRATION_FALLBACK!: MigrationFallbackSetting;

  @Setting({
    kind: wholeNumber(0, 1_000),
    group: 'Migration',
    description:
      'By so much per hour an instance that is bought in place of a migration may cost more than the first one did, in percent. Only with MIGRATION_FALLBACK=same-or-better.',
    default: '20',
    example: '0',
  })
  readonly MIGRATION_MAX_PRICE_INCREASE_PERCENT!: number;

  @Setting({
    kind: duration('m', SECOND_MS, 24 * HOUR_MS),
    group: 'Migration',
    description: 'How long Novita may take for one migration before it counts as failed.',
    default: '30m',
    example: '1h',
  })
  readonly MIGRATION_TIMEOUT!: number;
}
