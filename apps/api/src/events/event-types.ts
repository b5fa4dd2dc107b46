import { CHANGE_TYPES, type FeedEntry, SYNC_NEWS_TYPES } from '@app/instance-store';

export type EventType = FeedEntry['type'];

/** All that can happen, as the stream names it: a closed set. */
export const EVENT_TYPES = [
  ...CHANGE_TYPES,
  ...SYNC_NEWS_TYPES,
  'spend.warning',
] as const satisfies readonly EventType[];

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

export function isInstanceType(type: EventType): boolean {
  return CHANGE_TYPES.some((known) => known === type);
}
