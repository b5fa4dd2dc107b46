import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { oneLine } from '../kernel/text.js';
import { type ResolvedTexts, type SettingMetadata, settingsOf } from './setting.decorator.js';
import { Settings, type SettingsSection, type SettingViolation } from './settings.js';

/** The settings cannot be used; the message lists every violation and is meant to be read by whoever set them. */
export class InvalidSettingsError extends Error {
  override readonly name = 'InvalidSettingsError';

  constructor(readonly violations: readonly SettingViolation[]) {
    super(
      [
        'The settings are not valid:',
        ...violations.map(({ variable, problem, accepted }) => `  ${variable}: ${problem}. Accepted: ${accepted}.`),
      ].join('\n'),
    );
  }
}

/** The value that Kubernetes sets as NAME_PORT in every pod of a namespace that has a Service called NAME. */
const SERVICE_ADDRESS = /^(?:tcp|udp|sctp):\/\/\S+:\d+$/;

/**
 * Reads and checks the settings of all sections, and the rules between them. An empty variable counts as unset, as does
 * one that Kubernetes set; blanks around a value are dropped.
 *
 * @param sections a default that follows from another setting finds it in an earlier section, or earlier in its own
 * @param environment names and texts as in `process.env`
 * @throws InvalidSettingsError naming every violation at once
 * @throws Error when two sections declare one variable
 */
export function loadSections(sections: readonly SettingsSection[], environment: NodeJS.ProcessEnv): Settings {
  const declared = declaredIn(sections);
  const texts = resolveTexts(declared, environment);
  const loaded = new Map(sections.map((section) => [section, instantiate(section, texts)]));
  const secrets = declared.flatMap((setting) => secretsOf(setting, texts));
  const ignoredVariables = declared
    .map(({ variable }) => variable)
    .filter((variable) => SERVICE_ADDRESS.test(environment[variable]?.trim() ?? ''));
  const settings = new Settings(loaded, secrets, ignoredVariables);
  const own = [...loaded.values()].flatMap((section) => violationsOf(section, declared, texts));
  const violations = [...own, ...ruleViolations(sections, settings, new Set(own.map(({ variable }) => variable)))];
  if (violations.length > 0) throw new InvalidSettingsError(violations);
  for (const section of loaded.values()) Object.freeze(section);
  return settings;
}

/**
 * One section by itself, for what needs no more, as most tests do. No rule is checked, since others than its own settings
 * may have a part in it; a default that follows from another section is that of its default.
 *
 * @throws InvalidSettingsError
 */
export function loadSection<Section extends object>(
  section: SettingsSection<Section>,
  environment: NodeJS.ProcessEnv = {},
): Section {
  const declared = declaredIn([section]);
  const texts = resolveTexts(declared, environment);
  const loaded = instantiate(section, texts);
  const violations = violationsOf(loaded, declared, texts);
  if (violations.length > 0) throw new InvalidSettingsError(violations);
  return Object.freeze(loaded);
}

function declaredIn(sections: readonly SettingsSection[]): readonly SettingMetadata[] {
  const declared = sections.flatMap((section) => settingsOf(section));
  const names = declared.map(({ variable }) => variable);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw new Error(`${twice} is declared twice`);
  return declared;
}

function instantiate<Section extends object>(section: SettingsSection<Section>, texts: ResolvedTexts): Section {
  return plainToInstance(section, texts, { excludeExtraneousValues: true });
}

function resolveTexts(declared: readonly SettingMetadata[], environment: NodeJS.ProcessEnv): ResolvedTexts {
  const texts: Record<string, string> = {};
  for (const { variable, alias, default: fallback } of declared) {
    const given = (alias !== undefined && environment[alias]?.trim()) || environment[variable]?.trim() || '';
    const text = given === '' || SERVICE_ADDRESS.test(given) ? defaultText(fallback, texts) : given;
    if (text !== null) texts[variable] = text;
  }
  return texts;
}

function defaultText(fallback: SettingMetadata['default'], resolved: ResolvedTexts): string | null {
  return fallback === null || typeof fallback === 'string' ? fallback : fallback.from(resolved);
}

function secretsOf({ variable, sensitive, kind }: SettingMetadata, texts: ResolvedTexts): readonly string[] {
  const text = texts[variable];
  if (sensitive !== true || text === undefined) return [];
  return kind.secretsIn?.(text) ?? [text];
}

/** The settings of one section that are not valid by themselves, in the order of their declaration. */
function violationsOf(
  section: object,
  declared: readonly SettingMetadata[],
  texts: ResolvedTexts,
): readonly SettingViolation[] {
  const errors = new Map(validateSync(section).map((error) => [error.property, error]));
  return declared.flatMap(({ variable, sensitive, kind }) => {
    const error = errors.get(variable);
    if (error === undefined) return [];
    const problem = Object.values(error.constraints ?? {}).join(', ');
    const shown = sensitive === true ? '' : `"${oneLine(texts[variable] ?? '', 80)}" is refused: `;
    return [{ variable, problem: `${shown}${problem}`, accepted: kind.accepted }];
  });
}

/** @param invalid the variables to leave out of account */
function ruleViolations(
  sections: readonly SettingsSection[],
  settings: Settings,
  invalid: ReadonlySet<string>,
): readonly SettingViolation[] {
  return sections
    .flatMap((section) => section.rules)
    .filter((rule) => !rule.variables.some((variable) => invalid.has(variable)))
    .map((rule) => rule.check(settings))
    .filter((violation) => violation !== null);
}
