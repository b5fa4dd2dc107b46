/** Why a text is not a valid value. Never holds the text itself: it may be a secret. */
export class Violation {
  constructor(readonly problem: string) {}
}

export type DurationUnit = 'ms' | 's' | 'm' | 'h' | 'd';

const MS_PER_UNIT: Readonly<Record<DurationUnit, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/;

/**
 * Reads `45s`, `10m`, `2h`, `7d`, `500ms`, or a bare number in `bareUnit`.
 * Words such as "off" are refused: read as zero they would turn a time limit into "at once".
 * @returns whole milliseconds, or the violation
 */
export function parseDuration(text: string, bareUnit: DurationUnit): number | Violation {
  const match = DURATION.exec(text);
  if (match === null) return new Violation('not a duration');
  const ms = Math.round(Number(match[1]) * MS_PER_UNIT[(match[2] as DurationUnit | undefined) ?? bareUnit]);
  return Number.isSafeInteger(ms) ? ms : new Violation('too long');
}

/** The duration that a text says, for a default that follows from it; `otherwiseMs` where it is unset or not valid. */
export function durationOr(text: string | undefined, bareUnit: DurationUnit, otherwiseMs: number): number {
  const ms = text === undefined ? otherwiseMs : parseDuration(text, bareUnit);
  return ms instanceof Violation ? otherwiseMs : ms;
}

/** A short and exact way to write a duration: 60000 is `1m`, 1500 is `1500ms`. One day is `24h`, two are `2d`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0';
  if (ms > MS_PER_UNIT.d && ms % MS_PER_UNIT.d === 0) return `${ms / MS_PER_UNIT.d}d`;
  for (const unit of ['h', 'm', 's'] as const) {
    if (ms % MS_PER_UNIT[unit] === 0) return `${ms / MS_PER_UNIT[unit]}${unit}`;
  }
  return `${ms}ms`;
}

/** How the text of one environment variable becomes a value. */
export interface SettingKind<Value> {
  readonly parse: (text: string) => Value | Violation;
  /** The accepted values, in words, for error messages and the documentation. */
  readonly accepted: string;
  /** The value of a variable that is unset and has no default; null where this is left out. */
  readonly whenUnset?: Value;
  /** The parts of a text that are secret, where it is a sensitive setting's; the whole text where this is left out. */
  readonly secretsIn?: (text: string) => readonly string[];
}

const UNIT_NAMES: Readonly<Record<DurationUnit, string>> = {
  ms: 'milliseconds',
  s: 'seconds',
  m: 'minutes',
  h: 'hours',
  d: 'days',
};

/** A duration in milliseconds; a bare number counts in `bareUnit`. Bounds are inclusive, in milliseconds. */
export function duration(bareUnit: DurationUnit, minMs: number, maxMs: number): SettingKind<number> {
  return {
    accepted: `${formatDuration(minMs)} to ${formatDuration(maxMs)}, as 500ms, 45s, 10m, 2h or 7d; a bare number counts ${UNIT_NAMES[bareUnit]}`,
    parse: (text) => within(parseDuration(text, bareUnit), minMs, maxMs, formatDuration),
  };
}

export function wholeNumber(min: number, max: number): SettingKind<number> {
  return {
    accepted: `a whole number from ${min} to ${max}`,
    parse: (text) =>
      within(/^-?\d{1,15}$/.test(text) ? Number(text) : new Violation('not a whole number'), min, max, String),
  };
}

export function oneOf<Choice extends string>(choices: readonly Choice[]): SettingKind<Choice> {
  return {
    accepted: choices.join(', '),
    parse: (text) => choices.find((choice) => choice === text) ?? new Violation('not one of the known values'),
  };
}

/** An amount of USD above zero, with at most two decimals. */
export const dollars: SettingKind<number> = {
  accepted: 'an amount above 0, with at most two decimals',
  parse: (text) => {
    if (!/^\d{1,9}(\.\d{1,2})?$/.test(text)) return new Violation('not an amount');
    const amount = Number(text);
    return amount > 0 ? amount : new Violation('not above 0');
  },
};

/** Only the two words: "yes", "1" or "on" could mean anything to whoever wrote them. */
export const trueOrFalse: SettingKind<boolean> = {
  accepted: 'true or false',
  parse: (text) => {
    if (text === 'true') return true;
    if (text === 'false') return false;
    return new Violation('neither true nor false');
  },
};

export function matching(pattern: RegExp, accepted: string): SettingKind<string> {
  return { accepted, parse: (text) => (pattern.test(text) ? text : new Violation('not of the accepted form')) };
}

/** A comma-separated list of web origins, as browsers send them in the `Origin` header. */
export const origins: SettingKind<readonly string[]> = {
  accepted: 'a comma-separated list of origins such as https://fleet.example.com (scheme, host, port; no path)',
  whenUnset: [],
  parse: (text) => {
    const parts = text.split(',').map((part) => part.trim());
    const wrong = parts.findIndex((part) => !isOrigin(part));
    return wrong === -1 ? [...new Set(parts)] : new Violation(`entry ${wrong + 1} is not an origin`);
  },
};

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

function within(
  value: number | Violation,
  min: number,
  max: number,
  format: (value: number) => string,
): number | Violation {
  if (value instanceof Violation) return value;
  if (value < min) return new Violation(`less than ${format(min)}`);
  if (value > max) return new Violation(`more than ${format(max)}`);
  return value;
}

/** @param protocols as `URL` writes them, with the colon */
export function parseUrl(text: string, protocols: readonly string[]): URL | Violation {
  if (!URL.canParse(text)) return new Violation('not an address');
  const url = new URL(text);
  if (!protocols.includes(url.protocol)) return new Violation('another scheme than the accepted ones');
  return url.hostname === '' ? new Violation('names no host') : url;
}

/** An address without a slash at its end. */
export const httpAddress: SettingKind<string> = {
  accepted: 'an http or https address without user name, password, query and fragment',
  parse: (text) => {
    const url = parseUrl(text, ['http:', 'https:']);
    if (url instanceof Violation) return url;
    if (url.username !== '' || url.password !== '') return new Violation('holds a user name or password');
    if (url.search !== '' || url.hash !== '') return new Violation('holds a query or a fragment');
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  },
};

/** Servers are sent the decoded text, and what cannot be decoded would end the start with an error of the client. */
export function isDecodable(text: string): boolean {
  return decoded(text) !== null;
}

/** The password of an address with any number of hosts: as it is written there, as `URL` writes it, and decoded. */
export function passwordsIn(address: string): readonly string[] {
  const authority = /^[^:]+:\/\/([^/?#]*)/.exec(address)?.[1] ?? '';
  const [, ...password] = authority.slice(0, Math.max(0, authority.lastIndexOf('@'))).split(':');
  const written = [password.join(':'), URL.canParse(address) ? new URL(address).password : ''];
  return [...written, ...written.map((text) => decoded(text) ?? text)].filter((text) => text !== '');
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
