import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { oneLine } from '../kernel/text.js';
import { crossFaults, type SettingFault } from './cross-rules.js';
import { type SettingMetadata, settingsOf } from './setting.decorator.js';
import { Settings } from './settings.js';

/** The settings cannot be used; the message lists every fault and is meant to be read by whoever set them. */
export class InvalidSettingsError extends Error {
  override readonly name = 'InvalidSettingsError';

  constructor(readonly faults: readonly SettingFault[]) {
    super(
      [
        'The settings are not valid:',
        ...faults.map((f) => `  ${f.variable}: ${f.problem}. Accepted: ${f.accepted}.`),
      ].join('\n'),
    );
  }
}

/** What Kubernetes sets as NAME_PORT in every pod of a namespace that has a Service called NAME. */
const SERVICE_ADDRESS = /^(?:tcp|udp|sctp):\/\/\S+:\d+$/;

/**
 * Reads and checks all settings. An empty variable counts as unset, as does one that Kubernetes set; blanks around a
 * value are dropped.
 * @param environment names and texts as in `process.env`
 * @throws InvalidSettingsError naming every fault at once
 */
export function loadSettings(environment: NodeJS.ProcessEnv): Settings {
  const declared = settingsOf(Settings);
  const texts = resolveTexts(declared, environment);
  const settings = plainToInstance(Settings, texts, { excludeExtraneousValues: true });
  const own = ownFaults(settings, declared, texts);
  const faults = [...own, ...crossFaults(settings, new Set(own.map((fault) => fault.variable)))];
  if (faults.length > 0) throw new InvalidSettingsError(faults);
  return Object.freeze(settings);
}

/** The variables of ours that hold the address of a Kubernetes Service, and so were not set for this program. */
export function variablesOfServices(environment: NodeJS.ProcessEnv = process.env): readonly string[] {
  return settingsOf(Settings)
    .map(({ variable }) => variable)
    .filter((variable) => SERVICE_ADDRESS.test(environment[variable]?.trim() ?? ''));
}

function resolveTexts(
  declared: readonly SettingMetadata[],
  environment: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const { variable, alias, default: fallback } of declared) {
    const given = (alias !== undefined && environment[alias]?.trim()) || environment[variable]?.trim() || '';
    const text = given === '' || SERVICE_ADDRESS.test(given) ? defaultText(fallback, texts) : given;
    if (text !== null) texts[variable] = text;
  }
  return texts;
}

function defaultText(fallback: SettingMetadata['default'], resolved: Readonly<Record<string, string>>): string | null {
  return fallback === null || typeof fallback === 'string' ? fallback : fallback.from(resolved);
}

function ownFaults(
  settings: Settings,
  declared: readonly SettingMetadata[],
  texts: Readonly<Record<string, string>>,
): readonly SettingFault[] {
  const errors = new Map(validateSync(settings).map((error) => [error.property, error]));
  return declared.flatMap(({ variable, sensitive, kind }) => {
    const error = errors.get(variable);
    if (error === undefined) return [];
    const problem = Object.values(error.constraints ?? {}).join(', ');
    const shown = sensitive === true ? '' : `"${oneLine(texts[variable] ?? '', 80)}" is refused: `;
    return [{ variable, problem: `${shown}${problem}`, accepted: kind.accepted }];
  });
}
