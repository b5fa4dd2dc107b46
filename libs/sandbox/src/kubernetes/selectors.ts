import { badRequest } from './api-status.js';
import type { FaceKind } from './kinds.js';
import { type StoredObject, wholeObject } from './stored-object.js';

export type Matcher = (object: StoredObject) => boolean;

type Requirement =
  | { readonly key: string; readonly operator: 'exists' | 'absent' }
  | { readonly key: string; readonly operator: 'in' | 'notin'; readonly values: ReadonlySet<string> }
  | { readonly key: string; readonly operator: 'gt' | 'lt'; readonly bound: number };

const NAME = '[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?';
const PREFIX = '(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/)?';
const KEY = PREFIX + NAME;
const VALUE = `(?:${NAME})?`;
const IS_KEY = new RegExp(`^${KEY}$`);
const IS_VALUE = new RegExp(`^${VALUE}$`);
const SET = new RegExp(String.raw`^(${KEY})\s+(in|notin)\s+\(([^()]*)\)$`);
const EQUALITY = new RegExp(String.raw`^(${KEY})\s*(==|=|!=)\s*(${VALUE})$`);
const ORDER = new RegExp(String.raw`^(${KEY})\s*([<>])\s*(-?\d+)$`);
const PRESENCE = new RegExp(String.raw`^(!?)\s*(${KEY})$`);
/** A comma that is not within parentheses. */
const BETWEEN = /,(?![^()]*\))/;

/**
 * Null when every object matches.
 *
 * @throws ApiError 400 when it is no selector
 */
export function labelMatcher(text: string): Matcher | null {
  if (text.trim() === '') return null;
  const requirements = text.split(BETWEEN).map((part) => requirementOf(part.trim()));
  return ({ labels }) => requirements.every((requirement) => meets(labels[requirement.key], requirement));
}

function requirementOf(text: string): Requirement {
  const set = SET.exec(text);
  if (set !== null) {
    const values = new Set((set[3] ?? '').split(',').map((value) => value.trim()));
    for (const value of values) if (!IS_VALUE.test(value)) throw badRequest(`invalid label value: "${value}"`);
    return { key: set[1] ?? '', operator: set[2] === 'in' ? 'in' : 'notin', values };
  }
  const equality = EQUALITY.exec(text);
  if (equality !== null) {
    const values = new Set([equality[3] ?? '']);
    return { key: equality[1] ?? '', operator: equality[2] === '!=' ? 'notin' : 'in', values };
  }
  const order = ORDER.exec(text);
  if (order !== null) return { key: order[1] ?? '', operator: order[2] === '>' ? 'gt' : 'lt', bound: Number(order[3]) };
  const presence = PRESENCE.exec(text);
  if (presence !== null) return { key: presence[2] ?? '', operator: presence[1] === '!' ? 'absent' : 'exists' };
  throw badRequest(`unable to parse requirement: found '${text}'`);
}

/** @returns what is wrong with a label; null when nothing is */
export function labelViolation(key: string, value: unknown): string | null {
  if (!IS_KEY.test(key)) {
    return `Invalid value: ${JSON.stringify(key)}: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`;
  }
  if (typeof value === 'string' && IS_VALUE.test(value)) return null;
  return `Invalid value: ${JSON.stringify(value)}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`;
}

function meets(value: string | undefined, requirement: Requirement): boolean {
  switch (requirement.operator) {
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'in':
      return value !== undefined && requirement.values.has(value);
    case 'notin':
      return value === undefined || !requirement.values.has(value);
    case 'gt':
      return value !== undefined && Number(value) > requirement.bound;
    case 'lt':
      return value !== undefined && Number(value) < requirement.bound;
  }
}

/**
 * Null when every object matches.
 *
 * @throws ApiError 400 for a field that this kind cannot be selected by
 */
export function fieldMatcher(kind: FaceKind, text: string): Matcher | null {
  if (text.trim() === '') return null;
  const terms = text.split(',').flatMap((part) => {
    if (part === '') return [];
    const term = /^([^=!]*)(==|=|!=)(.*)$/.exec(part);
    if (term === null) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
    const [, field = '', operator, value = ''] = term;
    if (field === '' && value === '') return [];
    return { read: fieldReader(kind, field), isEqual: operator !== '!=', value };
  });
  return (object) => terms.every(({ read, isEqual, value }) => (read(object) === value) === isEqual);
}

function fieldReader(kind: FaceKind, field: string): (object: StoredObject) => string {
  if (field === 'metadata.name') return ({ name }) => name;
  if (field === 'metadata.namespace') return ({ namespace }) => namespace ?? '';
  const whenUnset = FIELDS[kind]?.[field];
  if (whenUnset === undefined) throw badRequest(`field label not supported: ${field}`);
  const path = field.split('.');
  return (object) => textIn(object, path) ?? whenUnset;
}

/** The fields beside name and namespace that a kind is selected by, each with what it is where nobody has set it. */
const FIELDS: Readonly<Partial<Record<FaceKind, Readonly<Record<string, string>>>>> = {
  Namespace: { 'status.phase': '' },
  Node: { 'spec.unschedulable': 'false' },
  Pod: {
    'spec.nodeName': '',
    'spec.restartPolicy': 'Always',
    'spec.schedulerName': 'default-scheduler',
    'spec.serviceAccountName': '',
    'status.phase': '',
    'status.podIP': '',
    'status.nominatedNodeName': '',
  },
  Job: { 'status.successful': '0' },
  Secret: { type: 'Opaque' },
};

function textIn(object: StoredObject, path: readonly string[]): string | null {
  let value: unknown = wholeObject(object);
  for (const member of path) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[member];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
