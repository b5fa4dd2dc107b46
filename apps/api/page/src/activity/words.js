/** The words of the view of what happens in the fleet. */
export const ACTIVITY = {
  title: 'Activity',
  tabs: 'Activity and webhooks',
  events: 'Events',
  webhooks: 'Webhooks',
  filters: 'Events to show',
  search: 'Search instances',
  searchHint: 'Instance',
  clear: 'Clear',
  /** @type {Readonly<Record<import('./event-kinds.js').EventKind, string>>} */
  kinds: {
    starts: 'Starts',
    stops: 'Stops and ends',
    problems: 'Problems',
    syncs: 'Syncs',
    changes: 'Small changes',
  },
  failed: 'The activity could not be read.',
  storeAway: 'What happened is kept in Redis, which is away. It is shown when Redis is back.',
  none: 'Nothing has happened yet.',
  noneHint: 'Every event of the fleet appears here as it happens.',
  noMatch: 'Nothing matches.',
  noMatchHint: 'Events appear here as they happen. Older ones than those that are kept are not found any more.',
  noMatchYet: 'Nothing of late matches. Older events may.',
  older: 'Show older',
  end: 'Older events are not kept.',
  today: 'Today',
  yesterday: 'Yesterday',
  aRemoved: 'An instance',
  /** What an instance did, after its name. @type {Readonly<Record<import('../net/api-types.js').InstanceActivity['type'], (by: string) => string>>} */
  ofInstance: {
    'instance.created': (by) => `was created by ${by}`,
    'instance.starting': () => 'is starting',
    'instance.running': () => 'runs',
    'instance.health_checking': () => 'runs; its ports are being probed',
    'instance.ready': () => 'is ready',
    'instance.stopping': (by) => `is being stopped by ${by}`,
    'instance.stopped': () => 'has stopped',
    'instance.auto_stopped': () => 'was stopped because it stood idle',
    'instance.stopped_by_spend_limit': () => 'was stopped because the spend limit is reached',
    'instance.restarting': () => 'is restarting',
    'instance.migrating': () => 'is moving to another machine',
    'instance.migrated': () => 'has moved to another machine',
    'instance.deleting': (by) => `is being deleted by ${by}`,
    'instance.terminated': () => 'is gone',
    'instance.failed': () => 'failed',
    'instance.auto_stop_warning': () => 'will be stopped soon unless it is used',
    'instance.stop_pending': () => 'is to be stopped or moved once its results are saved',
    'instance.stop_hold_ended': () => 'waits for its results to be saved no longer',
    'instance.unconfirmed': () => 'was to stop or end, and Novita has not confirmed it',
    'instance.orphan_detected': () => 'was found at Novita and is not managed here',
    'instance.updated': () => 'was changed',
    'instance.removed': () => 'was removed from the records',
  },
  syncStarted: {
    startup: 'A sync began with the service',
    schedule: 'A sync began as planned',
    manual: 'A sync was begun by hand',
    retry: 'A sync was tried again',
    other: 'A sync began',
  },
  /** @param {string} changes such as `3 new, 1 gone` */
  syncCompleted: (changes) => `A sync completed: ${changes}`,
  syncFailed: 'A sync failed',
  syncHeld: 'A sync was held back, nothing was removed',
  /** @param {string} spent @param {string} limit @param {number} percent */
  spent: (spent, limit, percent) => `${spent} of the daily limit of ${limit} is spent, ${percent} %`,
  /** @param {string} day @param {string} billed @param {string} counted */
  billDiffers: (day, billed, counted) => `Novita billed ${billed} for ${day}, and ${counted} was counted`,
  creates: 'Nothing new is created at 100 %.',
  /** @param {string} origin */
  webhookDisabled: (origin) => `The webhook to ${origin} was switched off`,
};

/** The words of the webhooks. */
export const WEBHOOKS = {
  what: 'Addresses that every event is sent to. One that answers that it is gone, or takes nothing for five days, is switched off.',
  failed: 'The webhooks could not be read.',
  storeAway:
    'The webhooks are kept in Redis, which is away: nothing is sent, and nothing is known of them until Redis is back.',
  none: 'There are no webhooks.',
  noneHint: 'An address is added through the API, by the settings of the service, or with an instance that is created.',
  table: 'Addresses',
  columns: { address: 'Address', state: 'State', gets: 'Gets', actions: 'Actions' },
  /** @type {Readonly<Record<import('../net/api-types.js').WebhookEndpoint['kind'], string>>} */
  kinds: { managed: 'Made by', global: 'Of the settings of the service', instance: 'Given with an instance' },
  active: 'Active',
  failing: 'Failing',
  paused: 'Paused',
  disabled: 'Switched off',
  firstFailure: 'First failure',
  /** @param {string} key */
  by: (key) => `By ${key}`,
  /** @type {Readonly<Record<string, string>>} */
  reasons: {
    'gone-410': 'It answered that it is gone (410)',
    'failed-5-days': 'Every try failed for five days',
    unset: 'The settings do not name it any more',
  },
  notKnownWhy: 'It is not known why',
  allEvents: 'All events',
  only: 'Only of some instances',
  ordered: 'In order',
  resume: 'Resume',
  pause: 'Pause',
  /** @param {string} origin */
  resumed: (origin) => `${origin} gets events again.`,
  /** @param {string} origin */
  keptFor: (origin) => `${origin} is paused; what happens is kept for it.`,
  replayMissed: 'Send what it missed',
  /** @param {string} messages such as `3 messages` */
  replayed: (messages) => `${messages} will be sent again.`,
  undelivered: 'Not delivered',
  undeliveredFailed: 'The messages could not be read.',
  undeliveredAway: 'What was not delivered is kept in Redis too.',
  allDelivered: 'Every message of the last seven days has arrived or is on its way.',
  deliveries: { what: 'Message', address: 'Address', tried: 'Last try', why: 'Answer', actions: 'Actions' },
  /** What a message says, by its type. @param {string} type */
  message: (type) => {
    const [about = '', what = ''] = type.split('.');
    const words = `${about} ${what}`.replaceAll('_', ' ').trim();
    return words.charAt(0).toUpperCase() + words.slice(1);
  },
  again: 'Send again',
  sentAgain: 'It will be sent again.',
  noAnswer: 'No answer',
  /** @param {number} status */
  answered: (status) => `Answered ${status}`,
  /** @param {string} count */
  mark: (count) => `${count} switched off`,
  kindOfEvent: 'kind of event',
  kindsOfEvents: 'kinds of events',
};
