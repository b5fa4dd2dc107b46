import { parseTimestamp, type Timestamp } from '@app/platform';
import type { MalformedItem } from '../novita.js';
import type { NovitaBillingMode, NovitaEnv, NovitaPortType } from '../novita-types.js';

/** A JSON object of unknown content. */
export type Fields = Readonly<Record<string, unknown>>;

/** An item lacks what makes it usable. It is reported and left out of its list. */
export class UnreadableItemError extends Error {
  override readonly name = 'UnreadableItemError';

  /** @param field the key that cannot be read, empty for the item itself */
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

/** A whole answer is not of the documented shape. */
export class UnreadableAnswerError extends Error {
  override readonly name = 'UnreadableAnswerError';
}

export interface ReadItems<Item> {
  readonly items: readonly Item[];
  readonly malformed: readonly MalformedItem[];
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object, or one without keys for anything else, so that optional parts are read without a case for their absence. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text that says something; Novita writes "" for absent. Numbers become text, as ids come as either. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null;
}

/** An id, where "0" is written for none. */
export function idOf(value: unknown): string | null {
  const text = textOf(value);
  return text === '0' ? null : text;
}

/** A number, also when written as a decimal string, as Novita does for many. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || !/^\s*-?\d+(?:\.\d+)?\s*$/.test(value)) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** A number that counts or measures something; Novita writes -1 for "does not apply". */
export function countOf(value: unknown): number | null {
  const number = numberOf(value);
  return number === null || number < 0 ? null : number;
}

/** Only a real `true` counts: a capability that cannot be read is not assumed. */
export function flagOf(value: unknown): boolean {
  return value === true;
}

/**
 * An instant from Unix seconds, as number or decimal string.
 * @returns null for "0", "-1", "" (Novita's words for never) and for everything that is no instant; never throws
 */
export function instantOf(value: unknown): Timestamp | null {
  const seconds = numberOf(value);
  return seconds === null || seconds <= 0 ? null : parseTimestamp(seconds * 1_000);
}

export function billingModeOf(value: unknown): NovitaBillingMode | null {
  return value === 'onDemand' || value === 'monthly' || value === 'spot' ? value : null;
}

/** http or tcp; udp, which templates may name, is not something that an instance can open. */
export function portTypeOf(value: unknown): NovitaPortType | null {
  return value === 'http' || value === 'tcp' ? value : null;
}

export function portOf(value: unknown): number | null {
  const port = numberOf(value);
  return port !== null && Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : null;
}

/** An entry that cannot be read is left out: its owner can be read all the same. */
export function envsOf(value: unknown): readonly NovitaEnv[] {
  const envs: NovitaEnv[] = [];
  for (const entry of arrayOf(value)) {
    const { key, value: content } = fieldsOf(entry);
    const name = textOf(key);
    if (name !== null) envs.push({ key: name, value: textOf(content) ?? '' });
  }
  return envs;
}

/** USD from a product price, counted in 1/100000 USD; null for 0, which means that there is no such offer. */
export function usdFromProductPrice(value: unknown): number | null {
  const units = countOf(value);
  return units === null || units === 0 ? null : units / 100_000;
}

/** USD from an amount of the billing surface, counted in 1/10000 USD; null when it is no number. */
export function usdFromBillingAmount(value: unknown): number | null {
  const units = numberOf(value);
  return units === null ? null : units / 10_000;
}

/** @throws UnreadableItemError when the key holds no text */
export function requireText(item: Fields, key: string): string {
  const value = item[key];
  const text = textOf(value);
  if (text !== null) return text;
  if (value === undefined) throw new UnreadableItemError(key, 'missing');
  throw new UnreadableItemError(key, value === '' ? 'empty' : `not a text (${kindOf(value)})`);
}

/**
 * Reads every entry of a list. One that cannot be read is reported with its place and left out.
 * @param read is given the entry and its place
 */
export function readItems<Item>(
  list: readonly unknown[],
  path: string,
  read: (item: Fields, index: number) => Item,
): ReadItems<Item> {
  const items: Item[] = [];
  const malformed: MalformedItem[] = [];
  for (const [index, entry] of list.entries()) {
    if (!isFields(entry)) {
      malformed.push({ path: `${path}[${index}]`, reason: `not an object (${kindOf(entry)})` });
      continue;
    }
    try {
      items.push(read(entry, index));
    } catch (error) {
      if (!(error instanceof UnreadableItemError)) throw error;
      malformed.push({
        path: `${path}[${index}]${error.field === '' ? '' : `.${error.field}`}`,
        reason: error.message,
      });
    }
  }
  return { items, malformed };
}

/** The list under `key` of an answer that must have one. @throws UnreadableAnswerError */
export function requireList(answer: unknown, key: string): readonly unknown[] {
  const list = requireFields(answer)[key];
  if (!Array.isArray(list)) throw new UnreadableAnswerError(`"${key}" is not a list (${kindOf(list)})`);
  return list;
}

/** @throws UnreadableAnswerError */
export function requireFields(answer: unknown): Fields {
  if (!isFields(answer)) throw new UnreadableAnswerError(`not an object (${kindOf(answer)})`);
  return answer;
}

/** Describes a value without showing it: answers hold passwords. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
