import { dollars, Setting, type SettingRule, trueOrFalse } from '@app/platform';

/** The limit of the fleet's cost. */
export class SpendSettings {
  static readonly rules: readonly SettingRule[] = [];

  @Setting({
    kind: dollars,
    group: 'Spend',
    description: 'USD that the fleet may cost in a day of UTC. At 80 % a warning goes out. Unset: no limit.',
    default: null,
    example: '250',
  })
  readonly SPEND_DAILY_LIMIT_USD!: number | null;

  @Setting({
    kind: trueOrFalse,
    group: 'Spend',
    description:
      'Whether creates are refused once SPEND_DAILY_LIMIT_USD is reached. Nothing that runs is ever stopped for it.',
    default: 'false',
    example: 'true',
  })
  readonly SPEND_ENFORCE!: boolean;
}
