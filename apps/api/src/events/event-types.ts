import { CHANGE_TYPES, type FeedEntry, FLEET_EVENT_TYPES } from '@app/instance-store';
import { probablyMeant } from '@app/platform';

export type EventType = FeedEntry['type'];

/** All that can happen, as the stream names it: a closed set. */
export const EVENT_TYPES: readonly EventType[] = [...CHANGE_TYPES, ...FLEET_EVENT_TYPES];

/** What a filter can say for all types that begin alike: `instance.*`. */
export const EVENT_FAMILIES: readonly string[] = [
  ...new Set(EVENT_TYPES.map((type) => `${type.slice(0, type.indexOf('.'))}.*`)),
];

/** What the stream says of itself, beside the events. */
export const CONTROL_TYPES = ['connected', 'reset', 'list', 'degraded', 'restored'] as const;
export type ControlType = (typeof CONTROL_TYPES)[number];

/** @returns null for what is neither a type nor a family */
export function typesNamed(name: string): readonly EventType[] | null {
  if (EVENT_FAMILIES.includes(name)) return EVENT_TYPES.filter((type) => type.startsWith(name.slice(0, -1)));
  return EVENT_TYPES.find((type) => type === name) === undefined ? null : [name as EventType];
}

/** Nothing that is longer or shorter was meant to be one of the types. */
const LONGEST_NAME = 40;
const SHORTEST_NAME = 3;

/**
 * What to say of a name that `typesNamed` does not know. One is suggested only when it is spelled much like it, without what
 * the types of a family have in common.
 */
export function hintForUnknownType(name: string): string {
  const [head = '', ...rest] = name.split('.');
  const family = typesNamed(`${head}.*`);
  if (family === null) {
    const isLikely = name.length >= SHORTEST_NAME && name.length <= LONGEST_NAME;
    const meant = isLikely ? probablyMeant(name, [...EVENT_TYPES, ...EVENT_FAMILIES]) : null;
    return meant === null ? `those are ${EVENT_FAMILIES.join(', ')} and their members` : `the nearest is ${meant}`;
  }
  if (rest.length === 0) return `the nearest is ${head}.*`;
  const member = rest.join('.');
  const isLikely = member.length >= SHORTEST_NAME && member.length <= LONGEST_NAME;
  const members = family.map((type) => type.slice(head.length + 1));
  const meant = isLikely ? probablyMeant(member, members) : null;
  return meant === null ? `those of ${head}.* are ${family.join(', ')}` : `the nearest is ${head}.${meant}`;
}

export function isInstanceType(type: EventType): boolean {
  return CHANGE_TYPES.some((known) => known === type);
}
