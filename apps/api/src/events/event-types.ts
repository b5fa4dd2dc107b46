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

/** When each is sent, for readers of the documents. */
export const EVENT_MEANINGS: Readonly<Record<EventType, string>> = {
  'instance.created': 'The record of a new instance of ours was written; it is about to be created at Novita.',
  'instance.orphan_detected':
    'The sync has found an instance at Novita that was made elsewhere. It is shown and left alone.',
  'instance.starting': 'Novita was asked to create or start the instance.',
  'instance.running': 'Novita says that the instance runs. It is not known yet whether it answers.',
  'instance.health_checking': 'The ports of the instance are probed.',
  'instance.ready': 'The instance runs, and all its ports answer.',
  'instance.stopping': 'The instance is to be stopped. Novita has not confirmed it yet.',
  'instance.stopped': 'Novita says that the instance is off.',
  'instance.auto_stopped': 'Right after `instance.stopped`: the instance was stopped because nobody used it.',
  'instance.stopped_by_spend_limit':
    'Right after `instance.stopped`: the instance was stopped because a limit of spend was reached.',
  'instance.restarting': 'The instance is to restart.',
  'instance.migrating': 'Novita moves the instance to another machine.',
  'instance.migrated':
    'The instance is ready again after a migration, or Novita has moved it by itself; right after the event of the new status. With `migration.boughtInstead` it is another instance, and what was on the disks of the old one is lost.',
  'instance.deleting': 'The instance is to be deleted. Novita has not confirmed it yet.',
  'instance.terminated': 'The instance is gone at Novita for good; its record is kept for some days.',
  'instance.failed': 'The instance did not start, or cannot go on; `instance.lastError` says why.',
  'instance.auto_stop_warning': 'Nobody uses the instance: it is stopped soon unless somebody reports a use.',
  'instance.stop_pending':
    'The instance is to be stopped, or moved to another machine, without a person having asked for it. That waits for an answer of 2xx from the webhook endpoints that hold it, until `instance.stopHold.until` at most.',
  'instance.stop_hold_ended':
    'The stop waits no longer; `instance.stopHold.outcome` says why. Right after the event of the new status, if there is one.',
  'instance.unconfirmed':
    'A stop or delete has been waiting for Novita to agree for longer than expected. The instance may still be billed; the command is sent again and again.',
  'instance.updated': 'Something else about the instance has changed, such as its settings, a price or an observation.',
  'instance.removed': 'The record of the instance is gone. There is no `instance`.',
  'sync.started': 'A sync with Novita has begun.',
  'sync.completed': 'A sync has ended well; the records are as of then.',
  'sync.failed': 'A sync could not read everything; `error` says why.',
  'sync.held':
    'A listing lacks so many instances that nothing is removed until a later one agrees or somebody forces it.',
  'spend.warning':
    "The day's spend has reached a level of SPEND_DAILY_LIMIT_USD, or that of one `owner` of SPEND_OWNER_DAILY_LIMIT_USD; once for each level and day.",
  'webhook.disabled':
    'A webhook endpoint has answered 410, or has taken nothing for five days. It gets nothing any more until somebody resumes it.',
};

export const CONTROL_MEANINGS: Readonly<Record<ControlType, string>> = {
  connected: 'The first event of a new stream. Everything that happens after its `id:` follows.',
  reset:
    'The events after the one that you named are not kept any more. Forget the instances that you know: the list follows.',
  list: 'A piece of the present instances, of those that your filter selects. Only the last one, with `last: true`, has an `id:`.',
  degraded:
    'Events cannot be read since then. Nothing is lost; later events come late. Stops and deletes are accepted and carried out meanwhile; GET shows them.',
  restored:
    'Events can be read again. Read the instances that you show again: revisions that were shown meanwhile may be ahead of those that count now.',
};
