import { type ResolvedTexts, Setting } from './setting.decorator.js';
import { matching, oneOf } from './setting-kinds.js';
import { ruleBetween } from './setting-rules.js';
import type { SettingRule, SettingsSection } from './settings.js';

const NODE_ENVS = ['development', 'production', 'test'] as const;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** The settings of every process of this project. */
export class ProcessSettings {
  static readonly rules: readonly SettingRule[] = [];

  @Setting({
    kind: oneOf(NODE_ENVS),
    group: 'Process',
    description:
      'Production listens on every address by default and refuses to start without NOVITA_API_KEY, API_KEYS and FLEET_ID.',
    default: 'development',
    example: 'production',
  })
  readonly NODE_ENV!: (typeof NODE_ENVS)[number];

  @Setting({
    kind: oneOf(LOG_LEVELS),
    group: 'Process',
    description: 'Records below this level are not written. Health and metrics probes are logged at debug.',
    default: 'info',
    example: 'debug',
  })
  readonly LOG_LEVEL!: (typeof LOG_LEVELS)[number];

  @Setting({
    kind: matching(/^[^\0]{1,500}$/, 'the path of a folder; it is made when it is missing'),
    group: 'Process',
    description:
      'Where a process keeps files of its own: the API key made for development, and the commands that an API takes while Redis is away. In production it must outlive the process, as on a volume; several processes may share it.',
    default: '.data',
    example: '/var/lib/novita-fleet',
  })
  readonly DATA_DIR!: string;
}

/** For a default that is another one in production. */
export const inProduction = (resolved: ResolvedTexts): boolean => resolved['NODE_ENV'] === 'production';

/**
 * Wants a setting in production only.
 *
 * @param isMissing of its value when it is unset
 * @param accepted in words, for the message
 */
export function requiredInProduction<Section extends object, Variable extends keyof Section & string>(
  [section, variable]: readonly [SettingsSection<Section>, Variable],
  isMissing: (value: Section[Variable]) => boolean,
  accepted: string,
): SettingRule {
  return ruleBetween([ProcessSettings, 'NODE_ENV'], [section, variable], (environment, value) =>
    environment === 'production' && isMissing(value)
      ? { variable, problem: 'unset, and production needs it', accepted }
      : null,
  );
}
