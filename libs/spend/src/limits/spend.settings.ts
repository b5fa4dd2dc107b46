import { dollars, Setting, type SettingKind, type SettingRule, Violation } from '@app/platform';

/**
 * What follows from a limit that is reached. `off`: warnings only. `creates`: nothing new is created. `stop`: moreover what runs
 * is stopped, and nothing is started.
 */
const SPEND_ENFORCEMENTS = ['off', 'creates', 'stop'] as const;
export type SpendEnforcementMode = (typeof SPEND_ENFORCEMENTS)[number];

/** Older deployments say true or false. */
const enforcement: SettingKind<SpendEnforcementMode> = {
  accepted: 'off, creates, stop; false is off, and true is creates',
  parse: (text) => {
    if (text === 'false') return 'off';
    if (text === 'true') return 'creates';
    return SPEND_ENFORCEMENTS.find((mode) => mode === text) ?? new Violation('not one of the known values');
  },
};

/** The limits of what the fleet costs. */
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
    kind: dollars,
    group: 'Spend',
    description:
      'USD that the instances of one owner may cost in a day of UTC; an owner is the API key that made them. The same figure for every owner. Unset: no limit.',
    default: null,
    example: '50',
  })
  readonly SPEND_OWNER_DAILY_LIMIT_USD!: number | null;

  @Setting({
    kind: enforcement,
    group: 'Spend',
    description:
      'What follows when a limit is reached. `off`: warnings only. `creates`: creates are refused. `stop`: creates and starts are refused, and what runs is stopped, idle ones first, but nothing that is leased, made elsewhere or paid by the month.',
    default: 'off',
    example: 'stop',
  })
  readonly SPEND_ENFORCE!: SpendEnforcementMode;
}
