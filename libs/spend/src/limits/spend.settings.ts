import {
  dollars,
  Setting,
  type SettingKind,
  type SettingRule,
  trueOrFalse,
  Violation,
  wholeNumber,
} from '@app/platform';

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

/** The limits of what the fleet costs, and the check of Novita's bill. */
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
      'What follows when a limit is reached. `off`: warnings only. `creates`: creates are rejected. `stop`: creates and starts are rejected, and what runs is stopped, idle ones first, but nothing that is leased, made elsewhere or paid by the month.',
    default: 'off',
    example: 'stop',
  })
  readonly SPEND_ENFORCE!: SpendEnforcementMode;

  @Setting({
    kind: trueOrFalse,
    group: 'Spend',
    description:
      "Whether what the fleet has counted is compared with Novita's own bill, day by day, a few times a day. It reads one page of the bill and changes nothing. A key without the right to read bills makes it say so.",
    default: 'true',
    example: 'false',
  })
  readonly BILL_CHECK!: boolean;

  @Setting({
    kind: wholeNumber(0, 100),
    group: 'Spend',
    description:
      "By how many percent Novita's bill of a day may differ from what was counted. Beyond it `spend.bill_differs` is announced.",
    default: '5',
    example: '2',
  })
  readonly BILL_TOLERANCE_PERCENT!: number;
}
