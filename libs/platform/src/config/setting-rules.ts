import { formatDuration } from './setting-kinds.js';
import type { SettingRule, SettingsSection, SettingViolation } from './settings.js';

/** One setting, by its section and the name of its variable. */
type SettingReference<Section extends object, Variable extends keyof Section & string> = readonly [
  section: SettingsSection<Section>,
  variable: Variable,
];

/** Judges two settings together, of one section or of two. */
export function ruleBetween<
  First extends object,
  FirstVariable extends keyof First & string,
  Second extends object,
  SecondVariable extends keyof Second & string,
>(
  [firstSection, first]: SettingReference<First, FirstVariable>,
  [secondSection, second]: SettingReference<Second, SecondVariable>,
  check: (first: First[FirstVariable], second: Second[SecondVariable]) => SettingViolation | null,
): SettingRule {
  return {
    variables: [first, second],
    check: (settings) => check(settings.get(firstSection)[first], settings.get(secondSection)[second]),
  };
}

/** Wants one duration to be longer than another. */
export function mustBeLonger<
  LongerVariable extends string,
  Longer extends Readonly<Record<LongerVariable, number>>,
  ShorterVariable extends string,
  Shorter extends Readonly<Record<ShorterVariable, number>>,
>(
  [longerSection, longer]: readonly [SettingsSection<Longer>, LongerVariable],
  [shorterSection, shorter]: readonly [SettingsSection<Shorter>, ShorterVariable],
): SettingRule {
  return {
    variables: [longer, shorter],
    check: (settings) => {
      const longerMs = settings.get(longerSection)[longer];
      const shorterMs = settings.get(shorterSection)[shorter];
      if (longerMs > shorterMs) return null;
      return {
        variable: longer,
        problem: `${formatDuration(longerMs)} is not longer than ${shorter} (${formatDuration(shorterMs)})`,
        accepted: `more than ${shorter}`,
      };
    },
  };
}
