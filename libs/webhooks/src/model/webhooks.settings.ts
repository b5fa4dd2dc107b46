import {
  formatDuration,
  HOUR_MS,
  ProcessSettings,
  parseDuration,
  ruleBetween,
  Setting,
  type SettingKind,
  type SettingRule,
  trueOrFalse,
  Violation,
} from '@app/platform';

const SHORTEST_SECRET = 24;
const LONGEST_SECRET = 64;
const MOST_ATTEMPTS = 50;
const LONGEST_SCHEDULE_MS = 75 * HOUR_MS;

/** An address that events are sent to. */
const webhookUrl: SettingKind<string> = {
  accepted: 'an http or https address of at most 2000 characters, without user name, password and fragment',
  parse: (text) => {
    if (text.length > 2_000) return new Violation('too long');
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return new Violation('not an http or https address');
    const { username, password, hash } = new URL(text);
    if (username !== '' || password !== '') return new Violation('holds a user name or password');
    return hash === '' ? text : new Violation('holds a fragment');
  },
};

/** A shared secret in the form of Standard Webhooks. */
const webhookSecret: SettingKind<string> = {
  accepted: `whsec_ and ${SHORTEST_SECRET} to ${LONGEST_SECRET} random bytes in base64, as from: echo "whsec_$(openssl rand -base64 32)"`,
  parse: (text) => {
    const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
    if (encoded === undefined) return new Violation('not of the accepted form');
    const { length } = Buffer.from(encoded, 'base64');
    return length >= SHORTEST_SECRET && length <= LONGEST_SECRET ? text : new Violation('too short or too long');
  },
};

/** Waits before each attempt, separated by commas; a bare number counts seconds. */
const webhookSchedule: SettingKind<readonly number[]> = {
  accepted: `1 to ${MOST_ATTEMPTS} times separated by commas, as 0,5s,2m,8h, together at most ${formatDuration(LONGEST_SCHEDULE_MS)}; a bare number counts seconds`,
  whenUnset: [],
  parse: (text) => {
    const waits: number[] = [];
    for (const [place, entry] of text.split(',').entries()) {
      const wait = parseDuration(entry.trim(), 's');
      if (wait instanceof Violation) return new Violation(`entry ${place + 1}: ${wait.problem}`);
      waits.push(wait);
    }
    if (waits.length > MOST_ATTEMPTS) return new Violation('too many entries');
    const sumMs = waits.reduce((sum, wait) => sum + wait, 0);
    return sumMs <= LONGEST_SCHEDULE_MS
      ? waits
      : new Violation(`together more than ${formatDuration(LONGEST_SCHEDULE_MS)}`);
  },
};

/** Where events are sent, and how often an attempt is repeated. */
export class WebhookSettings {
  static readonly rules: readonly SettingRule[] = [
    // A receiver could not tell such events from those of anybody else.
    ruleBetween([WebhookSettings, 'WEBHOOK_URL'], [WebhookSettings, 'WEBHOOK_SECRET'], (url, secret) =>
      url === null || secret !== null
        ? null
        : {
            variable: 'WEBHOOK_SECRET',
            problem: 'unset although WEBHOOK_URL is set',
            accepted: webhookSecret.accepted,
          },
    ),
    ruleBetween([ProcessSettings, 'NODE_ENV'], [WebhookSettings, 'WEBHOOK_URL'], (env, url) =>
      env !== 'production' || url === null || /^https:/i.test(url)
        ? null
        : { variable: 'WEBHOOK_URL', problem: 'not encrypted, in production', accepted: 'an https address' },
    ),
  ];

  @Setting({
    kind: webhookUrl,
    group: 'Webhooks',
    description:
      'Gets every event, signed with WEBHOOK_SECRET, which it needs. In production it must begin with https://. Further endpoints are made with POST /api/v1/webhooks/endpoints.',
    default: null,
    example: 'https://hooks.example.com/fleet',
  })
  readonly WEBHOOK_URL!: string | null;

  @Setting({
    kind: webhookSecret,
    group: 'Webhooks',
    description:
      'Signs what goes to WEBHOOK_URL and to the webhookUrl of instances. Without it, what goes to the latter is not signed.',
    default: null,
    example: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    sensitive: true,
  })
  readonly WEBHOOK_SECRET!: string | null;

  @Setting({
    kind: trueOrFalse,
    group: 'Webhooks',
    description:
      'Whether webhooks may be sent to private and loopback addresses. Otherwise they are never connected to, whatever a name resolves to; the metadata services of clouds never are.',
    default: 'false',
    example: 'true',
  })
  readonly WEBHOOK_ALLOW_PRIVATE_ADDRESSES!: boolean;

  @Setting({
    kind: webhookSchedule,
    group: 'Webhooks',
    description:
      'How long a delivery waits before each of its attempts, give or take 10 %; as many attempts as entries.',
    default: '0,5s,30s,2m,10m,30m,1h,2h,4h,8h,8h',
    example: '0,5s,5m,30m,2h,5h,10h,14h,20h,23h',
  })
  readonly WEBHOOK_SCHEDULE!: readonly number[];
}
