/** The words about auto-stop: why an instance is kept, or will be stopped, or stands as it does. */
export const WHY = {
  title: 'Why it stands so',
  keepBusy: 'Keep busy until …',
  endLease: 'End it now',
  stopNow: 'Stop it now',
  asked: 'Reading why …',
  unknown: 'Not known',
  unknownText: 'Whether it is stopped as idle could not be read.',
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
  judgedAnew: 'Judged anew',
  keptBusy: 'Kept busy',
  signals: 'Signals of use',
  noSignals: 'None is known that counts.',
  changes: 'What would change it',
};
