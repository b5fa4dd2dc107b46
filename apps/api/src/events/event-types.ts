import { CHANGE_TYPES, type FeedEntry, FLEET_EVENT_TYPES } from '@app/instance-store';

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

export function isInstanceType(type: EventType): boolean {
  return CHANGE_TYPES.some((known) => known === type);
}

/** When each is sent, for readers of the documents. */
export const EVENT_MEANINGS: Readonly<Record<EventType, string>> = {
  'instance.created': 'The record of a new instance of ours was written; it is about to be created at Novita.',
  'instance.orphan_detected':
    'The sync has found an instance at Novita that was made elsewhere. It is shown and left alone.',
  'instance.starting': 'Novita was asked for it, or it is to start again.',
  'instance.running': 'Novita says that it runs. Whether it answers is not known yet.',
  'instance.health_checking': 'Its ports are probed.',
  'instance.ready': 'It runs, and all its ports answer.',
  'instance.stopping': 'It is to be stopped. Novita has not confirmed it yet.',
  'instance.stopped': 'Novita says that it is off.',
  'instance.auto_stopped': 'Right after `instance.stopped`: it was stopped because nobody used it.',
  'instance.restarting': 'It is to restart.',
  'instance.migrating': 'Novita moves it to another machine.',
  'instance.migrated':
    'It is ready again after a migration, or Novita has moved it by itself; right after the event of its new status.',
  'instance.deleting': 'It is to be deleted. Novita has not confirmed it yet.',
  'instance.terminated': 'It is gone at Novita for good; its record is kept for some days.',
  'instance.failed': 'It did not come up, or cannot go on; `instance.lastError` says why.',
  'instance.auto_stop_warning': 'Nobody uses it: it is stopped soon unless somebody reports a use.',
  'instance.unconfirmed':
    'A stop or delete has been waiting for Novita to agree for longer than expected. It may still be billed; it is asked for again and again.',
  'instance.updated': 'Something else about it has changed, such as its settings, a price or what was observed of it.',
  'instance.removed': 'Its record is gone. There is no `instance`.',
  'sync.started': 'A sync with Novita has begun.',
  'sync.completed': 'It has ended well; the records are as of then.',
  'sync.failed': 'It could not read everything; `error` says why.',
  'sync.held':
    'A listing lacks so many instances that nothing is removed until a later one agrees or somebody forces it.',
  'spend.warning': "The day's spend has reached a level of SPEND_DAILY_LIMIT_USD; once for each level and day.",
};

export const CONTROL_MEANINGS: Readonly<Record<ControlType, string>> = {
  connected: 'The first event of a fresh stream. What happens after its `id:` follows.',
  reset:
    'What came after the event that you named is not kept any more. Forget the instances that you know: the list follows.',
  list: 'A piece of the present instances, of those that your filter wants. Only the last one, with `last: true`, has an `id:`.',
  degraded:
    'Events cannot be read since then. Nothing is lost; what happens meanwhile comes late. Stops and deletes are taken and carried out meanwhile; GET shows them.',
  restored:
    'Events can be read again. Read anew what you show: revisions that were shown meanwhile may be ahead of those that count now.',
};
