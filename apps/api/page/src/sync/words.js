/** The words of the view of the sync. */
export const SYNC = {
  title: 'Sync',
  what: 'A sync reads what is at Novita and brings the records here in line with it.',
  latest: 'The latest run',
  history: 'The last runs',
  none: 'No run is recorded yet.',
  notRead: 'The state of the sync could not be read.',
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
};
