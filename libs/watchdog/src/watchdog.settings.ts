import {
  duration,
  HOUR_MS,
  httpAddress,
  matching,
  ruleBetween,
  SECOND_MS,
  Setting,
  type SettingRule,
  trueOrFalse,
  wholeNumber,
} from '@app/platform';

const HIGHEST_PORT = 65_535;

/** The dead-man's switch: a process on another host that stops what is overdue when the API has fallen silent. */
export class WatchdogSettings {
  static readonly rules: readonly SettingRule[] = [
    // A patience below two rounds would end at a single answer that is lost.
    ruleBetween(
      [WatchdogSettings, 'WATCHDOG_INTERVAL'],
      [WatchdogSettings, 'WATCHDOG_PATIENCE'],
      (interval, patience) =>
        patience >= 2 * interval
          ? null
          : {
              variable: 'WATCHDOG_PATIENCE',
              problem: 'shorter than twice WATCHDOG_INTERVAL',
              accepted: 'a time of at least two intervals',
            },
    ),
    ruleBetween(
      [WatchdogSettings, 'WATCHDOG_WEBHOOK_URL'],
      [WatchdogSettings, 'WATCHDOG_WEBHOOK_SECRET'],
      (url, secret) =>
        url === null || secret !== null
          ? null
          : {
              variable: 'WATCHDOG_WEBHOOK_SECRET',
              problem: 'unset although WATCHDOG_WEBHOOK_URL is set',
              accepted: 'whsec_ and 24 to 64 random bytes in base64',
            },
    ),
  ];

  @Setting({
    kind: httpAddress,
    group: 'Watchdog',
    description: 'Address of the API that the watchdog asks, with its BASE_PATH if it has one. The watchdog needs it.',
    default: null,
    example: 'https://fleet.example.com',
  })
  readonly WATCHDOG_API_URL!: string | null;

  @Setting({
    kind: matching(/^[\x21-\x7e]{16,500}$/, '16 to 500 printable characters'),
    group: 'Watchdog',
    description: "The watchdog's own key for the API; the role viewer is enough. The watchdog needs it.",
    default: null,
    example: 'a-long-random-text-for-the-watchdog',
    sensitive: true,
  })
  readonly WATCHDOG_API_KEY!: string | null;

  @Setting({
    kind: matching(/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 letters, digits, dots, underscores and hyphens'),
    group: 'Watchdog',
    description: 'Of the API: name of the key whose holder may report what a watchdog did.',
    default: 'watchdog',
    example: 'watchdog',
  })
  readonly WATCHDOG_KEY_NAME!: string;

  @Setting({
    kind: duration('s', SECOND_MS / 10, HOUR_MS),
    group: 'Watchdog',
    description: 'How often the watchdog asks the API for the deadlines.',
    default: '60s',
    example: '30s',
  })
  readonly WATCHDOG_INTERVAL!: number;

  @Setting({
    kind: duration('m', SECOND_MS / 5, 24 * HOUR_MS),
    group: 'Watchdog',
    description: 'How long the API may be silent before the watchdog acts.',
    default: '15m',
    example: '30m',
  })
  readonly WATCHDOG_PATIENCE!: number;

  @Setting({
    kind: duration('m', 0, 24 * HOUR_MS),
    group: 'Watchdog',
    description: 'How long an instance must be past its deadline before the watchdog stops it.',
    default: '10m',
    example: '1h',
  })
  readonly WATCHDOG_MARGIN!: number;

  @Setting({
    kind: trueOrFalse,
    group: 'Watchdog',
    description:
      'Whether the watchdog only says what it would stop. Let it run so for a while before you set it to false.',
    default: 'true',
    example: 'false',
  })
  readonly WATCHDOG_DRY_RUN!: boolean;

  @Setting({
    kind: wholeNumber(0, HIGHEST_PORT),
    group: 'Watchdog',
    description: "Port of the watchdog's own health and metrics routes; 0 takes any free one.",
    default: '3002',
    example: '3002',
  })
  readonly WATCHDOG_PORT!: number;

  @Setting({
    kind: httpAddress,
    group: 'Watchdog',
    description: 'Gets a signed webhook when the API has fallen silent or is back, and for every stop of the watchdog.',
    default: null,
    example: 'https://hooks.example.com/watchdog',
  })
  readonly WATCHDOG_WEBHOOK_URL!: string | null;

  @Setting({
    kind: matching(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'whsec_ and 24 to 64 random bytes in base64'),
    group: 'Watchdog',
    description: 'Signs those webhooks.',
    default: null,
    example: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    sensitive: true,
  })
  readonly WATCHDOG_WEBHOOK_SECRET!: string | null;
}
