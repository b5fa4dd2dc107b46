/** The words of the overview. */
export const OVERVIEW = {
  title: 'Overview',
  figuresLabel: 'Figures of the fleet, each leads to what it is about',
  figures: {
    running: 'Running',
    cost: 'Cost now',
    idle: 'Of it idle',
    attention: 'Needs attention',
    orphans: 'Orphans',
    next: 'Next auto-stop',
  },
  /** @param {string} total such as `12 instances` */
  ofAll: (total) => `of ${total}`,
  /** @param {string} amount */
  today: (amount) => `${amount} today`,
  /** @param {string} amount @param {string} limit */
  todayOf: (amount, limit) => `${amount} of ${limit} today`,
  off: 'Off',
  suspended: 'Suspended',
  none: 'None',
  dueNow: 'Due now',

  needs: 'Needs somebody',
  nothing: 'Nothing needs anybody now.',
  need: {
    /** @param {string} instances such as `2 instances` */
    failed: (instances) => `${instances} failed`,
    /** @param {string} instances @param {string} oldest */
    unconfirmed: (instances, oldest) =>
      `${instances} not confirmed by Novita${oldest === '' ? '' : `, the oldest for ${oldest}`}`,
    /** @param {string} instances */
    overdue: (instances) => `${instances} overdue for a check`,
    /** @param {string} instances */
    missing: (instances) => `${instances} not in Novita's listing`,
    /** @param {string} instances */
    unreadable: (instances) => `${instances} with a record that cannot be read`,
    /** @param {string} limit */
    limitReached: (limit) => `The daily limit of ${limit} is reached`,
    /** @param {string} percent @param {string} limit */
    nearLimit: (percent, limit) => `${percent} of the daily limit of ${limit} is spent`,
    /** @param {string} why */
    suspended: (why) => `Auto-stop is suspended, nothing idle is stopped: ${why}`,
    off: 'Auto-stop is switched off, nothing idle is stopped',
    /** @param {string} amount @param {string} instances */
    neverStops: (amount, instances) => `${amount} stands idle that auto-stop leaves alone: ${instances}`,
    /** @param {string} amount @param {string} instances */
    billedThoughStopped: (amount, instances) => `${amount} is billed though stopped: ${instances}`,
    /** @param {string} instances */
    orphans: (instances) => `${instances} made elsewhere, to be adopted or ignored`,
    /** @param {string} instances */
    orphansForReaders: (instances) => `${instances} made elsewhere, not managed here`,
    /** @param {string} instances */
    unpriced: (instances) => `${instances} billed at a price that nobody knows`,
  },

  byStatus: 'By status',
  byStatusLabel: 'Show only instances that are',
  noInstances: 'No instances yet.',
  lastHours: 'The last hours',
  couldNotBeRead: 'could not be read',
  /** @param {string} age */
  stale: (age) => `stale, as of ${age}`,
};

/** The words of the charts, in their drawings and for whoever does not see them. */
export const CHARTS = {
  notKnown: 'Not known yet.',
  asTable: 'As a table',
  /** @param {string} title */
  tableOf: (title) => `${title}, as a table`,
  running: 'Running instances',
  runningColumn: 'Running',
  /** @param {string} count */
  runningText: (count) => `${count} running`,
  cost: 'Cost per hour',
  costColumn: 'USD per hour',
  time: 'Time',
  storeAway: 'Redis is away, and this is kept there alone.',
  /** @param {string} value @param {string} time */
  lastAt: (value, time) => `${value} at ${time}`,
  noSamples: 'No samples yet. The first comes within some minutes.',
  /** @param {string} title */
  noSamplesOf: (title) => `${title}: no samples yet.`,
  /** @param {string} title @param {string} value */
  oneSample: (title, value) => `${title}: ${value}, by one sample.`,
  /** @param {string} value */
  always: (value) => `always ${value}`,
  /** @param {string} least @param {string} greatest */
  between: (least, greatest) => `between ${least} and ${greatest}`,
  /** @param {number} gaps */
  gaps: (gaps) => (gaps === 1 ? ' One gap without samples.' : ` ${gaps} gaps without samples.`),
  /** @param {string} title @param {string} time @param {string} value @param {string} between */
  series: (title, time, value, between) => `${title} over ${time}: ${value} at the end, ${between}.`,
  syncs: 'Durations of the last syncs',
  noSync: 'No sync has run yet.',
  syncColumns: ['Ended', 'Took', 'Result'],
  completed: 'Completed',
  failed: 'Failed',
  /** @param {string} result */
  held: (result) => `${result}, held`,
  noRuns: 'Duration of the last syncs: none has run yet.',
  noneFailed: 'none failed',
  /** @param {number} count */
  someFailed: (count) => `${count} failed`,
  /** @param {number} count */
  runs: (count) => (count === 1 ? 'Duration of the last sync' : `Duration of the last ${count} syncs`),
  /** @param {string} runs @param {string} last @param {string} range @param {string} how */
  runsSummary: (runs, last, range, how) => `${runs}: ${last} at the end, ${range}; ${how}.`,
  /** @param {string} time @param {string} duration */
  took: (time, duration) => `${time}: took ${duration}`,
  /** @param {string} time @param {string} duration */
  failedAfter: (time, duration) => `${time}: failed after ${duration}`,
};
