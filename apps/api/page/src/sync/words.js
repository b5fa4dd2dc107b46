/** The words of the view of the sync. */
export const SYNC = {
  title: 'Sync',
  what: 'A sync reads what is at Novita and brings the records here in line with it.',
  latest: 'The latest run',
  history: 'The last runs',
  none: 'No run is recorded yet.',
  notRead: 'The state of the sync could not be read.',
  runsNotRead: 'The last runs could not be read.',
  storeAway: 'Redis is away, and the last runs are kept there alone. They are shown again when it is back.',
  columns: { begun: 'Begun', why: 'Begun by', result: 'Result', took: 'Took', changes: 'Changes' },
  triggers: { startup: 'Start of the service', schedule: 'Schedule', manual: 'By hand', retry: 'Another try' },
  completed: 'Completed',
  failed: 'Failed',
  held: 'Held',
  unchanged: 'Nothing changed',
  changes: {
    created: 'new',
    updated: 'updated',
    adopted: 'adopted',
    removed: 'removed',
    markedTerminated: 'gone',
    leftMissing: 'missing',
  },
  /** @param {string} begun @param {string} changes */
  latestFacts: (begun, changes) => `Begun by: ${begun}. ${changes}.`,
  details: 'Details',
  /** @param {string} when */
  run: (when) => `Sync of ${when}`,
  facts: {
    result: 'Result',
    begun: 'Begun',
    ended: 'Ended',
    took: 'Took',
    why: 'Begun by',
    atNovita: 'At Novita',
    changes: 'Changes',
  },
  read: 'What was read',
  heldTitle: 'A listing is held back',
  /** @param {string} records such as `40 records` */
  heldText: (records) =>
    `${records} would go with it. The next listing that says the same goes through by itself. If you know that the instances are gone, let it through now: Novita is asked for each once more before.`,
  letThrough: 'Let it through…',
  pause: 'Pause automatic runs',
  resume: 'Resume automatic runs',
  paused: 'Automatic runs are paused.',
  resumed: 'Automatic runs go on.',
  /** The kinds of resources, in the order of the API. @type {Readonly<Record<import('../net/api-types.js').SyncKind, string>>} */
  kinds: {
    instances: 'Instances',
    'gpu-products': 'GPU products',
    'cpu-products': 'CPU products',
    clusters: 'Clusters',
    templates: 'Templates',
    'registry-auths': 'Registry logins',
    'network-storages': 'Network storages',
    jobs: 'Jobs',
    endpoints: 'Endpoints',
  },
  steps: { cleanup: 'Clean up', sync: 'Read from Novita', informer: 'Announce it', done: 'Done' },
  stepStates: { over: 'over', now: 'now', ahead: 'ahead', endedHere: 'ended here' },
  /** @param {string} kind */
  reading: (kind) => `Reading ${kind}`,
  /** @param {string} what @param {number} done @param {number} total */
  progress: (what, done, total) => `${what}, ${done} of ${total} done`,
  /** @param {string} time */
  left: (time) => `about ${time} left`,
  resourceStates: { pending: 'waits', in_progress: 'is read', completed: 'read', failed: 'failed' },
  notKnownYet: 'Not known yet',
  neverRan: 'No sync has run yet',
  /** @param {string} when */
  synced: (when) => `Synced ${when}`,
  /** @param {string} when @param {string} time */
  syncedIn: (when, time) => `Synced ${when} in ${time}`,
  /** @param {string} when */
  syncFailed: (when) => `Sync failed ${when}`,
  /** @param {string} why @param {string} before */
  failedWhy: (why, before) => `${why}. ${before}`,
  notKnownWhy: 'It is not known why',
  noneCompleted: 'No run has completed yet.',
  /** @param {string} when */
  lastCompleted: (when) => `Last completed ${when}.`,
  /** @param {string} when */
  pausedSince: (when) => `Paused ${when}`,
  /** @param {string} key @param {string} when */
  pausedBy: (key, when) => `Paused by ${key} ${when}`,
  /** @param {string} when */
  triedAgain: (when) => `Tried again ${when}`,
  /** @param {string} when @param {number} times */
  triedAgainAfter: (when, times) => `Tried again ${when}, failed ${times} times in a row`,
  noneIsPlanned: 'No run is planned',
  offBySettings: 'Automatic runs are switched off in the settings of the service',
  /** @param {string} when */
  next: (when) => `Next ${when}`,
  /** @param {number} count @param {number} total */
  amount: (count, total) => `${count} of ${total}`,
  record: 'record',
};

/** The words of the dialog that begins a sync, and of its result. */
export const SYNC_NOW = {
  title: 'Sync with Novita',
  close: 'Close',
  join: 'Wait for the one that runs',
  tryOut: 'Show what it would do',
  start: 'Sync now',
  goesOn: 'The sync goes on; its view shows how far it is.',
  /** @param {string} progress */
  runs: (progress) => `A sync runs: ${progress}.`,
  missing: 'Look after instances that are missing',
  missingHint:
    'Those that Novita neither lists nor knows when it is asked for them are marked or removed, as the settings say. Without this, records are only updated and added.',
  force: 'Let a held listing through',
  forceHint:
    'A listing that lacks too many instances at once is held back. This lets it through, after Novita has denied each of them.',
  resources: 'What is read at Novita',
  resourcesHint: 'Choosing none means everything.',
  result: 'Result',
  /** @param {string} message a sentence @param {string} time */
  took: (message, time) => `${message} It took ${time}.`,
  /** @param {string} message a sentence @param {string} time */
  joined: (message, time) => `${message} It took ${time}; it was the run that was under way.`,
  /** @param {string} reason @param {string} records such as `40 records` */
  held: (reason, records) =>
    `Held back: ${reason}. ${records} would go. If Novita is right, let the held listing through.`,
  /** @param {string} why */
  unclean: (why) => `The listing proves nothing gone: ${why}.`,
  plan: 'What it would do',
  /** @param {string} actions such as `3 actions` */
  planOf: (actions) => `What it would do: ${actions}`,
  action: 'action',
  /** @param {string} count */
  andMore: (count) => `… and ${count} more.`,
  /** @type {Readonly<Record<string, string>>} */
  actions: {
    update: 'Update',
    create: 'Add',
    adopt: 'Adopt',
    remove: 'Remove',
    'mark-terminated': 'Mark as terminated',
    leave: 'Leave alone',
  },
  figures: {
    novitaInstances: 'At Novita',
    beforeSync: 'Records before',
    afterSync: 'Records after',
    updated: 'Updated',
    created: 'Added',
    adopted: 'Adopted',
    markedTerminated: 'Marked as terminated',
    instancesRemoved: 'Removed',
    leftMissing: 'Missing, left alone',
  },
};
