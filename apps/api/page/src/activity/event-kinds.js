/**
 * The events of the fleet as this page sorts them: what each is about, and how it is drawn.
 */

/**
 * @typedef {import('../net/api-types.js').ActivityView['events'][number]} ActivityEvent
 * @typedef {import('../net/api-types.js').InstanceActivity} InstanceActivity
 * @typedef {ActivityEvent['type']} EventType
 * @typedef {'starts' | 'stops' | 'problems' | 'changes' | 'syncs'} EventKind
 * @typedef {import('../fleet/status.js').Tone} Tone
 * @typedef {import('../ui/icons.js').IconName} IconName
 */

/** @type {Readonly<Record<EventType, {readonly kind: EventKind, readonly tone: Tone, readonly icon: IconName}>>} */
const EVENTS = {
  'instance.created': { kind: 'starts', tone: 'busy', icon: 'plus' },
  'instance.starting': { kind: 'starts', tone: 'busy', icon: 'progress' },
  'instance.running': { kind: 'starts', tone: 'busy', icon: 'start' },
  'instance.health_checking': { kind: 'starts', tone: 'busy', icon: 'progress' },
  'instance.ready': { kind: 'starts', tone: 'ok', icon: 'check' },
  'instance.restarting': { kind: 'starts', tone: 'busy', icon: 'restart' },
  'instance.migrating': { kind: 'starts', tone: 'warn', icon: 'progress' },
  'instance.migrated': { kind: 'starts', tone: 'ok', icon: 'check' },
  'instance.auto_stop_warning': { kind: 'stops', tone: 'warn', icon: 'clock' },
  'instance.stop_pending': { kind: 'stops', tone: 'warn', icon: 'clock' },
  'instance.stop_hold_ended': { kind: 'stops', tone: 'idle', icon: 'clock' },
  'instance.stopping': { kind: 'stops', tone: 'warn', icon: 'progress' },
  'instance.stopped': { kind: 'stops', tone: 'idle', icon: 'stop' },
  'instance.auto_stopped': { kind: 'stops', tone: 'idle', icon: 'stop' },
  'instance.stopped_by_spend_limit': { kind: 'stops', tone: 'warn', icon: 'spend' },
  'instance.deleting': { kind: 'stops', tone: 'warn', icon: 'progress' },
  'instance.terminated': { kind: 'stops', tone: 'idle', icon: 'dash' },
  'instance.removed': { kind: 'stops', tone: 'idle', icon: 'remove' },
  'instance.failed': { kind: 'problems', tone: 'bad', icon: 'cross' },
  'instance.unconfirmed': { kind: 'problems', tone: 'warn', icon: 'warning' },
  'instance.orphan_detected': { kind: 'problems', tone: 'warn', icon: 'orphans' },
  'instance.updated': { kind: 'changes', tone: 'idle', icon: 'info' },
  'sync.started': { kind: 'syncs', tone: 'busy', icon: 'sync' },
  'sync.completed': { kind: 'syncs', tone: 'ok', icon: 'sync' },
  'sync.failed': { kind: 'problems', tone: 'bad', icon: 'sync' },
  'sync.held': { kind: 'problems', tone: 'warn', icon: 'sync' },
  'spend.warning': { kind: 'problems', tone: 'warn', icon: 'spend' },
  'spend.bill_differs': { kind: 'problems', tone: 'warn', icon: 'spend' },
  'webhook.disabled': { kind: 'problems', tone: 'bad', icon: 'warning' },
};

/** In the order in which the page offers them. */
export const EVENT_KINDS = /** @type {const} */ (['starts', 'stops', 'problems', 'syncs', 'changes']);

/** Small changes come all the time, and are shown only when somebody asks for them. @type {readonly EventKind[]} */
const USUAL = ['starts', 'stops', 'problems', 'syncs'];

export const EVENT_TYPES = /** @type {readonly EventType[]} */ (Object.keys(EVENTS));

/** @param {EventType} type */
export function looksOf(type) {
  return EVENTS[type];
}

/**
 * @param {readonly EventKind[]} kinds none for the usual ones
 * @returns {readonly EventType[]}
 */
export function typesOf(kinds) {
  const wanted = kinds.length === 0 ? USUAL : kinds;
  return EVENT_TYPES.filter((type) => wanted.includes(EVENTS[type].kind));
}

/** @param {string} type */
export function isInstanceType(type) {
  return type.startsWith('instance.');
}

/** @param {ActivityEvent} event @returns {event is InstanceActivity} */
export function isOfInstance(event) {
  return isInstanceType(event.type);
}

/**
 * Whether what came on the stream is one of the events that the list shows. The stream also says things of itself, and a
 * newer service may send types that this page does not know.
 *
 * @param {string} type
 * @param {unknown} data
 * @returns {data is ActivityEvent}
 */
export function isActivity(type, data) {
  if (!Object.hasOwn(EVENTS, type) || typeof data !== 'object' || data === null) return false;
  return 'id' in data && typeof data.id === 'string' && 'at' in data && typeof data.at === 'string' && 'type' in data;
}
