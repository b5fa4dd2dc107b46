import { formatDuration } from './setting-kinds.js';
import type { Settings } from './settings.js';
import { webhookSecret } from './webhook-settings.js';

export interface SettingFault {
  readonly variable: string;
  /** What is wrong; holds no secret. */
  readonly problem: string;
  readonly accepted: string;
}

interface CrossRule {
  /** The variables it reads; it is skipped while one of them is faulty by itself. */
  readonly reads: readonly (keyof Settings)[];
  readonly check: (settings: Settings) => SettingFault | null;
}

const CROSS_RULES: readonly CrossRule[] = [
  requiredInProduction('NOVITA_API_KEY', (settings) => settings.NOVITA_API_KEY === null, 'a key of a Novita account'),
  requiredInProduction('API_KEYS', (settings) => settings.API_KEYS.length === 0, 'a list of name:role:key'),
  requiredInProduction(
    'FLEET_ID',
    (settings) => settings.FLEET_ID === null,
    'four characters, each a small letter or a digit, that no other fleet on the Novita account has',
  ),
  {
    reads: ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN'],
    check: ({ UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token }) => {
      if ((url === null) === (token === null)) return null;
      const [missing, given] =
        url === null
          ? ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN']
          : ['UPSTASH_REDIS_REST_TOKEN', 'UPSTASH_REDIS_REST_URL'];
      return { variable: missing, problem: `unset although ${given} is set`, accepted: 'both or neither' };
    },
  },
  {
    // A create that is still under way must not be repeated: the second instance would bill too.
    reads: ['CREATE_RETRY_GRACE', 'NOVITA_TIMEOUT'],
    check: (settings) => mustBeLonger(settings, 'CREATE_RETRY_GRACE', 'NOVITA_TIMEOUT'),
  },
  {
    reads: ['SHUTDOWN_TIMEOUT', 'SHUTDOWN_DELAY'],
    check: (settings) => mustBeLonger(settings, 'SHUTDOWN_TIMEOUT', 'SHUTDOWN_DELAY'),
  },
  {
    // A warning would go out before the time that it warns of has begun to count.
    reads: ['AUTO_STOP_WARNING', 'AUTO_STOP_THRESHOLD'],
    check: ({ AUTO_STOP_WARNING: warning, AUTO_STOP_THRESHOLD: threshold }) =>
      warning <= threshold
        ? null
        : {
            variable: 'AUTO_STOP_WARNING',
            problem: `${formatDuration(warning)} is longer than AUTO_STOP_THRESHOLD (${formatDuration(threshold)})`,
            accepted: 'at most AUTO_STOP_THRESHOLD; 0 for no warning',
          },
  },
  {
    // A receiver could not tell such events from those of anybody else.
    reads: ['WEBHOOK_URL', 'WEBHOOK_SECRET'],
    check: ({ WEBHOOK_URL: url, WEBHOOK_SECRET: secret }) =>
      url === null || secret !== null
        ? null
        : {
            variable: 'WEBHOOK_SECRET',
            problem: 'unset although WEBHOOK_URL is set',
            accepted: webhookSecret.accepted,
          },
  },
  {
    reads: ['NODE_ENV', 'WEBHOOK_URL'],
    check: ({ NODE_ENV: env, WEBHOOK_URL: url }) =>
      env !== 'production' || url === null || /^https:/i.test(url)
        ? null
        : { variable: 'WEBHOOK_URL', problem: 'not encrypted, in production', accepted: 'an https address' },
  },
];

/** Faults between variables that are each valid alone. `faulty` are the variables to leave out of account. */
export function crossFaults(settings: Settings, faulty: ReadonlySet<string>): readonly SettingFault[] {
  return CROSS_RULES.filter((rule) => !rule.reads.some((variable) => faulty.has(variable)))
    .map((rule) => rule.check(settings))
    .filter((fault) => fault !== null);
}

function requiredInProduction(
  variable: keyof Settings,
  isMissing: (settings: Settings) => boolean,
  accepted: string,
): CrossRule {
  return {
    reads: ['NODE_ENV', variable],
    check: (settings) =>
      settings.NODE_ENV === 'production' && isMissing(settings)
        ? { variable, problem: 'unset, and production needs it', accepted }
        : null,
  };
}

function mustBeLonger(
  settings: Settings,
  longer: 'CREATE_RETRY_GRACE' | 'SHUTDOWN_TIMEOUT',
  shorter: 'NOVITA_TIMEOUT' | 'SHUTDOWN_DELAY',
): SettingFault | null {
  if (settings[longer] > settings[shorter]) return null;
  return {
    variable: longer,
    problem: `${formatDuration(settings[longer])} is not longer than ${shorter} (${formatDuration(settings[shorter])})`,
    accepted: `more than ${shorter}`,
  };
}
