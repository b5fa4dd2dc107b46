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
