import { hash } from 'node:crypto';
import type { Timestamp } from '../../kernel/time.js';

export const API_ROLES = ['viewer', 'operator', 'admin'] as const;
export type ApiRole = (typeof API_ROLES)[number];

/** A key as it is configured: what it may do, until when, and by which hash it is recognised. */
export interface ApiKey {
  readonly name: string;
  readonly role: ApiRole;
  /** SHA-256 in hexadecimal. The key itself is not kept: nobody can read it out of a process. */
  readonly hash: string;
  /** From then on it opens nothing; null for a key without an end. */
  readonly expiresAt: Timestamp | null;
  /** What instances made with it may cost; null for as much as anybody likes. */
  readonly limits: ApiKeyLimits | null;
}

/** What a key is held to, such as that of an agent. Each is more than 0. */
export interface ApiKeyLimits {
  /** USD in an hour of all instances that were made with it, at any moment. */
  readonly usdPerHour: number;
  /** USD in a day of UTC; null for what an hour's limit comes to. */
  readonly usdPerDay: number | null;
  /** Longest lifetime of an instance, and longest lease. */
  readonly hoursPerInstance: number;
}

const MIN_LENGTH = 16;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const KEY = /^[\x21-\x7e]{1,256}$/;

/** What the parts of an entry must be, for the messages of settings. */
export const KEY_PARTS = `name of letters, digits, - and _ (at most 64); role ${API_ROLES.join(', ')}; key of ${MIN_LENGTH} to 256 printable characters`;

export function hashOfKey(key: string): string {
  return hash('sha256', key, 'hex');
}

/** A key that stands in a setting in plain. */
export function plainApiKey(name: string, role: ApiRole, key: string): ApiKey {
  return { name, role, hash: hashOfKey(key), expiresAt: null, limits: null };
}

/** What is wrong with the name of an entry, as the end of a sentence; null when nothing is. */
export function nameViolation(name: string): string | null {
  return NAME.test(name) ? null : 'has a name with other characters, or none';
}

export function roleOf(text: string | undefined): ApiRole | null {
  return API_ROLES.find((role) => role === text) ?? null;
}

/** What is wrong with a key in plain, as the end of a sentence that does not repeat it; null when nothing is. */
export function keyViolation(key: string): string | null {
  if (key.length < MIN_LENGTH) return `has a key shorter than ${MIN_LENGTH} characters`;
  return KEY.test(key) ? null : 'has a key that is too long or has unusable characters';
}

/** What is wrong with a list of entries that are each right. */
export function doubleViolations(keys: readonly ApiKey[]): readonly string[] {
  return [
    ...(hasDouble(keys.map(({ name }) => name)) ? ['two entries have the same name'] : []),
    ...(hasDouble(keys.map(({ hash: of }) => of)) ? ['two entries have the same key'] : []),
  ];
}

function hasDouble(values: readonly string[]): boolean {
  return new Set(values).size !== values.length;
}
