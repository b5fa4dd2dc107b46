/** The words about auto-stop: why an instance is kept, or will be stopped, or stands as it does. */
export const WHY = {
  title: 'Why it stands so',
  keepBusy: 'Keep busy until …',
  endLease: 'End it now',
  stopNow: 'Stop it now',
  asked: 'Reading why …',
  unknown: 'Not known',
  unknownText: 'Whether it is stopped as idle could not be read.',
  storeAway: 'Auto-stop does nothing until Redis is back.',
  moreOnError: 'More about this error',
  kept: 'Kept',
  stopsSoon: 'Stops soon',
  stopsNext: 'Stops at the next check',
  stopWaits: 'Its stop waits',
  notManaged: 'Not managed here',
  /** @param {string} since */
  notManagedText: (since) => `It was made elsewhere; it has been known here for ${since}. Nothing here stops it.`,
  ignored: 'It is ignored: it is left out of the orphans, and goes on costing what it costs.',
  adoptHint: 'Adopt it, and it is stopped when it stands idle, like the others.',
  /** @param {string} ago @param {string} by */
  used: (ago, by) => `reported in use ${ago} by ${by}.`,
  /** @param {string} ago */
  ready: (ago) => `it became ready ${ago} and was not used since.`,
  /** @param {string} ago */
  gpu: (ago) => `its GPU was at work ${ago}.`,
  /** @param {string} when */
  wasBusy: (when) => `it was kept busy until ${when}.`,
  /** @param {string} until @param {string} by @param {string} reason */
  leased: (until, by, reason) => `busy until ${until}, says ${by}: ${reason}.`,
  /** @param {string} limit */
  afterLease: (limit) => `After that it may stand unused for ${limit}.`,
  /** @param {string} time */
  unused: (time) => `not used for ${time}.`,
  /** @param {string} time @param {string} limit */
  unusedTooLong: (time, limit) => `not used for ${time}, and it may stand unused for ${limit}.`,
  /** @param {string} when */
  stops: (when) => `Stops ${when} unless it is used.`,
  /** @param {string} when */
  ends: (when) => `Ends ${when} whatever its use.`,
  endsNow: 'Its lifetime is over, so it ends now whatever its use.',
  lifetimeOver: 'Its lifetime is over: “Auto-stop settings…” prolongs it, so that it can be started again.',
  /** @param {string} when */
  heldUntil: (when) => `until its results are saved, ${when} at the latest.`,
  /** @param {string} reason */
  heldWhy: (reason) => `Why it is to be stopped: ${reason}`,
  /** @type {Readonly<Record<NonNullable<import('../net/api-types.js').IdleEvaluation['exemption']>, string>>} */
  exemptions: {
    'switched-off-for-all': 'instances that stand idle are not stopped by this service.',
    'switched-off-for-this-one': 'it is not stopped when idle, by its own setting.',
    'switched-off-for-its-template': 'instances of its template are not stopped when idle.',
    'made-elsewhere': 'it was made elsewhere and nobody has adopted it.',
    'billed-monthly': 'it is paid by the month, so stopping it would save nothing.',
    'not-ready': 'only an instance that is ready can stand idle.',
    'not-wished-to-run': 'it is to be stopped or deleted already.',
  },
  starting: 'On its way',
  restarting: 'Restarting',
  /** @param {string} ago @param {string} by */
  askedFor: (ago, by) => `asked for ${ago} by ${by}.`,
  /** @param {string} time @param {string} usual */
  readyIn: (time, usual) => `Usually ready in ${time}: such a start mostly takes ${usual}.`,
  /** @param {string} usual */
  longer: (usual) => `It takes longer than usual: such a start mostly takes ${usual}.`,
  /** @param {number} ok @param {number} all */
  probing: (ok, all) => `Novita runs it, and ${ok} of ${all} ports answer.`,
  runs: 'Novita runs it; its ports are probed next.',
  stopping: 'Being stopped',
  deleting: 'Being deleted',
  unconfirmed: 'Novita has not agreed yet, so it may still be billed. It is asked again until it does.',
  stopped: 'Stopped',
  terminated: 'Gone',
  failed: 'Failed',
  failedText: 'it did not start, or cannot go on.',
  migrating: 'Moving to another machine',
  /** @param {string} ago */
  reclaimed: (ago) => `Novita takes this machine back, as was noticed ${ago}.`,
  /** @type {Readonly<Record<import('../net/api-types.js').MigrationView['state'], string>>} */
  migration: {
    waiting: 'Its move is to be requested next.',
    requested: 'Its move is requested; Novita has not answered yet.',
    'under-way': 'Novita is moving it.',
    starting: 'It is on its new machine, and starting there.',
    done: 'It has arrived on its new machine.',
    failed: 'The move failed; it is tried again if there is time.',
    superseded: 'Something else was asked for before the move was done.',
  },
  /** @param {string} by */
  by: (by) => `by ${by}`,
  /** @param {string} what @param {string} when */
  doneAt: (what, when) => `${what} ${when}`,
  diskKept: 'Its disk is kept.',
  decided: 'How auto-stop decides',
  inForce: 'In force',
  unusedSince: 'Unused since',
  stopsAt: 'Stops',
  endsAt: 'Ends whatever its use',
  judgedAnew: 'Judged anew',
  keptBusy: 'Kept busy',
  signals: 'Signals of use',
  noSignals: 'None is known that counts.',
  changes: 'What would change it',
  adopt: 'Adopt…',
  ignore: 'Ignore',
};

/** The words of the dialogs that keep an instance busy and set its auto-stop. */
export const AUTO_STOP = {
  /** @param {string} name */
  keepBusyTitle: (name) => `Keep ${name} busy`,
  keepBusyHint: 'Until then it is not stopped as idle. It can still be stopped by hand, and this starts nothing.',
  keepBusy: 'Keep busy',
  endNow: 'End it now',
  keptUntil: 'Kept busy until ',
  /** @param {string} by @param {string} reason */
  keptBy: (by, reason) => `) by ${by}: ${reason}`,
  newTime: 'A new time takes its place.',
  anotherTime: 'Another time',
  howLong: 'For how long',
  busyWith: 'What it is busy with',
  busyWithHint: 'Shown to whoever asks why it is kept, such as “training run 42”.',
  chooseTime: 'Choose for how long.',
  /** @param {number} minutes */
  forMinutes: (minutes) => `For ${minutes} minutes`,
  /** @param {number} hours */
  forHours: (hours) => (hours === 1 ? 'For 1 hour' : `For ${hours} hours`),
  untilAnother: 'Until another time',
  until: {
    today: 'Until 09:00 today',
    tomorrow: 'Until 09:00 tomorrow',
    other: 'Until 09:00',
  },
  giveTime: 'Give a day and a time.',
  giveFuture: 'Give a time that is still to come.',
  giveReason: 'Say what it is busy with: it shows others why the instance is kept.',
  /** @param {number} most @param {number} length */
  reasonTooLong: (most, length) => `Keep it to ${most} characters; these are ${length}.`,
  /** @param {string} name */
  settingsTitle: (name) => `Auto-stop of ${name}`,
  readingInForce: 'Reading what is in force …',
  inForce: 'In force: ',
  save: 'Save',
  /** @param {string} settings */
  isSet: (settings) => `auto-stop is set to “${settings}”`,
  /** @param {string} settings */
  changedMeanwhile: (settings) =>
    `Somebody changed these settings in the meantime; they now say “${settings}”. Your choices are still here: press Save to put them in their place.`,
  asFleet: 'As the fleet says',
  asFleetHint: 'Its template may say otherwise.',
  on: 'Always stop it when it stands unused',
  off: 'Never stop it for that',
  ownTime: 'After this many minutes:',
  minutes: 'Minutes without use',
  enabled: 'When it stands unused',
  threshold: 'How long it may stand unused',
  giveMinutes: 'Give the minutes.',
  always: 'Always',
  never: 'Never',
  /** @param {string} first */
  afterDefault: (first) => `${first}, after the default time`,
  /** @param {string} first @param {number} minutes */
  afterMinutes: (first, minutes) => `${first}, after ${minutes} min`,
  aboveZero: 'Give minutes above 0; to switch it off, choose Never.',
  /** @param {string} most */
  atMost: (most) => `Give at most ${most} minutes, which is a year.`,
  lifetime: 'Ends after minutes, whatever its use',
  lifetimeHint: 'From its creation on; a time that is over ends it now. Empty: it has no such end.',
  lifetimeAboveZero: 'Give minutes above 0; for no end, leave it empty.',
  /** @param {string} most */
  lifetimeAtMost: (most) => `Give at most ${most} minutes, which is ten years.`,
  noLifetime: 'None',
  /** @param {string} time */
  lifetimeOf: (time) => `${time} from its creation on`,
};

/** What a decision of auto-stop rests on, and what would change it, with the names that the page has for commands. */
export const DECISION = {
  reportUse: 'A report of use by its client: its idle time begins anew.',
  declareBusy: '“Keep busy” declares it busy for a time.',
  unusedLonger: '“Auto-stop settings…” lets it stand unused for longer, or for ever.',
  lease: '“Keep busy” prolongs, shortens or ends it; its idle time begins with the end.',
  stopNow: '“Stop” stops it now.',
  observed: 'Novita showing that it runs: “Sync now” reads the fleet anew.',
  synced: 'A sync that completes: “Sync now” reads the fleet anew.',
  measured: 'Novita saying again how busy its GPU is.',
  itsSettings: '“Auto-stop settings…” has it stopped when it is idle.',
  switchedOn: 'Auto-stop being switched on in the settings of the service.',
  adopt: '“Adopt…” makes it one of ours.',
  monthly: 'Nothing: it would cost the same when it is stopped.',
  ready: 'Its being ready: its idle time begins then.',
  start: '“Start” starts it; its idle time begins when it is ready.',
  lifetime: '“Auto-stop settings…” moves the end of its lifetime, or removes it.',
  startKeeps: '“Start” keeps it running.',
  /** @type {Readonly<Record<import('../net/api-types.js').IdleEvaluation['signs'][number]['kind'], string>>} */
  signals: { ready: 'Became ready', use: 'Reported use', lease: 'Declared busy until', gpu: 'GPU at work' },
  /** @param {string} by */
  by: (by) => `, by ${by}`,
  /** @type {Readonly<Record<import('../net/api-types.js').AutoStopInForceView['enabledFrom'], string>>} */
  sources: { instance: 'its own setting', template: 'its template', fleet: "the fleet's default" },
  /** @param {string} source */
  never: (source) => `Never stopped as idle, by ${source}.`,
  /** @param {number} minutes @param {string} source */
  after: (minutes, source) => `Stopped after ${minutes} min without use, by ${source}.`,
  /** @param {string} source @param {number} minutes @param {string} timeSource */
  afterBy: (source, minutes, timeSource) =>
    `Stopped when unused, by ${source}; after ${minutes} min, by ${timeSource}.`,
};

/** Who and when, within a sentence. */
export const PEOPLE = {
  /** @type {Readonly<Record<string, string>>} */
  parts: {
    lifecycle: 'the service',
    sync: 'a sync',
    'auto-stop': 'auto-stop',
    'spend-limit': 'the spend limit',
    'max-lifetime': 'the end of its lifetime',
    migration: 'the migration',
  },
  novita: 'Novita',
  someKey: 'somebody with a key',
  /** @param {string} name */
  key: (name) => `key ${name}`,
  tomorrow: 'tomorrow',
  yesterday: 'yesterday',
  /** @param {string} time */
  at: (time) => `at ${time}`,
  /** @param {string} day @param {string} time */
  dayAt: (day, time) => `${day} at ${time}`,
  /** @param {string} date */
  on: (date) => `on ${date}`,
  limit: '. It may stand unused for $1, by $2.',
};
