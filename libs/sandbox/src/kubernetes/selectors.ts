import { badRequest } from './api-status.js';
import type { FaceKind } from './kinds.js';
import { type StoredObject, wholeObject } from './stored-object.js';

export type Matcher = (object: StoredObject) => boolean;

type Requirement =
  | { readonly key: string; readonly operator: 'exists' | 'absent' }
  | { readonly key: string; readonly operator: 'in' | 'notin'; readonly values: ReadonlySet<string> }
  | { readonly key: string; readonly operator: 'gt' | 'lt'; readonly bound: number };

const KEY = String.raw`[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?`;
const VALUE = '[A-Za-z0-9._-]*';
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
  const terms = text.split(',').map((part) => {
    const term = /^([^=!]+)(==|=|!=)(.*)$/.exec(part.trim());
    if (term === null) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
    return { read: fieldReader(kind, term[1] ?? ''), isEqual: term[2] !== '!=', value: term[3] ?? '' };
  });
  return (object) => terms.every(({ read, isEqual, value }) => (read(object) === value) === isEqual);
}

function fieldReader(kind: FaceKind, field: string): (object: StoredObject) => string {
  if (field === 'metadata.name') return ({ name }) => name;
  if (field === 'metadata.namespace') return ({ namespace }) => namespace ?? '';
  if (kind === 'Pod' && field === 'spec.nodeName') return (object) => textIn(object, 'spec', 'nodeName');
  if (kind === 'Pod' && field === 'status.phase') return (object) => textIn(object, 'status', 'phase');
  throw badRequest(`field label not supported: ${field}`);
}

function textIn(object: StoredObject, part: string, member: string): string {
  const value = (wholeObject(object)[part] as Readonly<Record<string, unknown>> | undefined)?.[member];
  return typeof value === 'string' ? value : '';
}
