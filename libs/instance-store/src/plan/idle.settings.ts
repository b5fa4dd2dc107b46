import {
  DAY_MS,
  duration,
  durationOr,
  formatDuration,
  HOUR_MS,
  MINUTE_MS,
  parseDuration,
  ruleBetween,
  SECOND_MS,
  Setting,
  type SettingKind,
  type SettingRule,
  trueOrFalse,
  Violation,
} from '@app/platform';

/** Milliseconds, or never. */
type IdleThreshold = number | 'off';

const ENTRY = /^([A-Za-z0-9_-]{1,64})=(.+)$/;

/** `template=30m,other=off`; a bare number counts minutes. */
export const idleThresholds: SettingKind<ReadonlyMap<string, IdleThreshold>> = {
  accepted:
    'a comma-separated list of template=time, the time as 45s, 10m, 2h, 7d or off; a bare number counts minutes',
  whenUnset: new Map(),
  parse: (text) => {
    const thresholds = new Map<string, IdleThreshold>();
    for (const [place, entry] of text.split(',').entries()) {
      const [, template, time] = ENTRY.exec(entry.trim()) ?? [];
      if (template === undefined || time === undefined) return new Violation(`entry ${place + 1} is not template=time`);
      if (thresholds.has(template)) return new Violation(`entry ${place + 1} names a template for the second time`);
      const threshold = time === 'off' ? 'off' : parseDuration(time, 'm');
      if (threshold instanceof Violation) return new Violation(`entry ${place + 1}: ${threshold.problem}`);
      if (threshold === 0) return new Violation(`entry ${place + 1}: 0 would mean at once; say off for never`);
      thresholds.set(template, threshold);
    }
    return thresholds;
  },
};

/** AUTO_STOP_THRESHOLD and the threshold of an instance can be no longer. */
export const LONGEST_THRESHOLD_MS = 365 * DAY_MS;

/** When an instance counts as idle. Here and not in auto-stop, since the store derives the idle deadlines. */
export class IdleSettings {
  static readonly rules: readonly SettingRule[] = [
    // A warning would go out before the time that it warns of has begun to count.
    ruleBetween([IdleSettings, 'AUTO_STOP_WARNING'], [IdleSettings, 'AUTO_STOP_THRESHOLD'], (warning, threshold) =>
      warning <= threshold
        ? null
        : {
            variable: 'AUTO_STOP_WARNING',
            problem: `${formatDuration(warning)} is longer than AUTO_STOP_THRESHOLD (${formatDuration(threshold)})`,
            accepted: 'at most AUTO_STOP_THRESHOLD; 0 for no warning',
          },
    ),
  ];

  @Setting({
    kind: trueOrFalse,
    group: 'Auto-stop',
    description:
      'Whether instances that nobody uses are stopped. Off, nothing is stopped by itself, whatever an instance says.',
    default: 'true',
    example: 'false',
  })
  readonly AUTO_STOP_ENABLED!: boolean;

  @Setting({
    kind: duration('m', SECOND_MS, LONGEST_THRESHOLD_MS),
    group: 'Auto-stop',
    description:
      'How long an instance may stand unused before it is stopped, unless it or its template says otherwise.',
    default: '20m',
    example: '1h',
  })
  readonly AUTO_STOP_THRESHOLD!: number;

  @Setting({
    kind: idleThresholds,
    group: 'Auto-stop',
    description:
      'How long instances made from a template may stand unused, by template id; off for never. An instance can say otherwise.',
    default: null,
    example: '107672=2h,107673=off',
  })
  readonly AUTO_STOP_TEMPLATE_THRESHOLDS!: ReadonlyMap<string, IdleThreshold>;

  @Setting({
    kind: duration('m', 0, 24 * HOUR_MS),
    group: 'Auto-stop',
    description:
      'How long before an idle instance is stopped a warning goes out; 0 for none. Must not be longer than AUTO_STOP_THRESHOLD.',
    default: {
      // So that a short threshold alone is not refused for a warning that nobody asked for.
      text: '5m, or half of AUTO_STOP_THRESHOLD when that is shorter',
      from: (resolved) =>
        `${Math.min(5 * MINUTE_MS, Math.floor(durationOr(resolved['AUTO_STOP_THRESHOLD'], 'm', 20 * MINUTE_MS) / 2))}ms`,
    },
    example: '10m',
  })
  readonly AUTO_STOP_WARNING!: number;
}
