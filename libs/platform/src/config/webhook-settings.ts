import { Fault, formatDuration, parseDuration, type SettingKind } from './setting-kinds.js';

const SHORTEST_SECRET = 24;
const LONGEST_SECRET = 64;
const MOST_ATTEMPTS = 50;
const LONGEST_SCHEDULE_MS = 75 * 3_600_000;

/** An address that events are sent to. */
export const webhookUrl: SettingKind<string> = {
  accepted: 'an http or https address of at most 2000 characters, without user name, password and fragment',
  parse: (text) => {
    if (text.length > 2_000) return new Fault('too long');
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return new Fault('not an http or https address');
    const { username, password, hash } = new URL(text);
    if (username !== '' || password !== '') return new Fault('holds a user name or password');
    return hash === '' ? text : new Fault('holds a fragment');
  },
};

/** A shared secret in the form of Standard Webhooks. */
export const webhookSecret: SettingKind<string> = {
  accepted: `whsec_ and ${SHORTEST_SECRET} to ${LONGEST_SECRET} random bytes in base64, as from: echo "whsec_$(openssl rand -base64 32)"`,
  parse: (text) => {
    const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
    if (encoded === undefined) return new Fault('not of the accepted form');
    const { length } = Buffer.from(encoded, 'base64');
    return length >= SHORTEST_SECRET && length <= LONGEST_SECRET ? text : new Fault('too short or too long');
  },
};

/** Waits before each attempt, separated by commas; a bare number counts seconds. */
export const webhookSchedule: SettingKind<readonly number[]> = {
  accepted: `1 to ${MOST_ATTEMPTS} times separated by commas, as 0,5s,2m,8h, together at most ${formatDuration(LONGEST_SCHEDULE_MS)}; a bare number counts seconds`,
  whenUnset: [],
  parse: (text) => {
    const waits: number[] = [];
    for (const [place, entry] of text.split(',').entries()) {
      const wait = parseDuration(entry.trim(), 's');
      if (wait instanceof Fault) return new Fault(`entry ${place + 1}: ${wait.problem}`);
      waits.push(wait);
    }
    if (waits.length > MOST_ATTEMPTS) return new Fault('too many entries');
    const sumMs = waits.reduce((sum, wait) => sum + wait, 0);
    return sumMs <= LONGEST_SCHEDULE_MS
      ? waits
      : new Fault(`together more than ${formatDuration(LONGEST_SCHEDULE_MS)}`);
  },
};
