/** The words of the view of the money. */
export const SPEND = {
  title: 'Spend',
  failed: 'The spend could not be read.',
  /** @param {string} time */
  asOf: (time) => `as of ${time}`,
  figuresLabel: 'What the fleet costs',
  figures: {
    now: 'Cost now',
    idle: 'Of it idle',
    stopped: 'Billed though stopped',
    today: 'Today',
    month: 'This month',
    saved: 'Saved this month',
  },
  /** @param {string} amount */
  perDay: (amount) => `${amount} a day`,
  /** @param {number} unpriced @param {string} many */
  unpriced: (unpriced, many) => (unpriced === 1 ? 'and 1 of unknown price' : `and ${many} of unknown price`),
  /** @param {string} limit */
  ofLimit: (limit) => `of ${limit} a day`,
  /** @param {string} limit */
  limitReached: (limit) => `limit of ${limit} reached`,
  /** @param {string} limit */
  limitStopsCreates: (limit) => `limit of ${limit} reached, nothing new is created`,
  /** @param {string} limit */
  limitStopsAll: (limit) => `limit of ${limit} reached, what runs is stopped`,
  ownerLimit: 'Owners today',
  /** @param {string} limit @param {string} then */
  ownerLimitHint: (limit, then) => `The limit of each owner is ${limit} a day. ${then}`,
  ownerLimitThen: {
    warns: 'At the limit a warning goes out.',
    creates: 'At the limit nothing new is created for that owner.',
    stops: 'At the limit what runs of that owner is stopped, but nothing that is kept busy or paid by the month.',
  },
  /** @param {string} owner */
  ownerReached: (owner) => `${owner}, limit reached`,
  savedToday: 'by auto-stop',
  /** @param {string} amount */
  savedTodayOf: (amount) => `by auto-stop, ${amount} today`,

  idle: 'Stands idle',
  idleTable: 'Instances that stand idle, the dearest first',
  idleFailed: 'The idle instances could not be read.',
  nothingIdle: 'Nothing that runs stands idle.',
  idleHint: 'The dearest first. Select those that nobody needs, and stop them together.',
  /** @param {string} count such as `7 instances` @param {string} amount */
  sum: (count, amount) => `${count}, ${amount}`,
  /** @param {string} total */
  showAll: (total) => `Show all ${total}`,
  columns: {
    name: 'Name',
    price: 'Price',
    idle: 'Idle for',
    end: 'What would end it',
    gpu: 'GPU',
    owner: 'Owner',
    down: 'Stopped',
    cost: 'Cost so far',
    actions: 'Actions',
  },
  selectAll: 'Select all that are listed',
  /** @param {string} name */
  select: (name) => `Select ${name}`,
  useNotKnown: 'not known',
  ends: {
    /** @param {string} time such as `in 4 min` */
    autoStop: (time) => `Auto-stop ${time}`,
    suspended: 'Nothing now: it is suspended',
    'switched-off-for-all': 'Nothing: off for all',
    'switched-off-for-this-one': 'Nothing: off for it',
    'switched-off-for-its-template': 'Nothing: off for its template',
    'made-elsewhere': 'Nothing: made elsewhere',
    'billed-monthly': 'Not even a stop: monthly',
  },
  selectedBar: 'Selected idle instances',
  /** @param {string} count such as `3 instances` @param {string} amount */
  selected: (count, amount) => `${count} selected, ${amount}`,
  bulk: { stop: 'Stop…', keepBusy: 'Keep busy…', autoStop: 'Auto-stop settings…', adopt: 'Adopt…' },
  clear: 'Clear',

  stopped: 'Billed though stopped',
  stoppedTable: 'Instances that are billed though they are stopped, the dearest first',
  stoppedFailed: 'What is billed though stopped could not be read.',
  stoppedHint: 'They are paid by the month: a stop does not end it. Use them, or delete those that nobody needs.',
  nothingStopped: 'Nothing that is stopped is billed.',

  parts: 'What the money goes for now',
  by: { byProduct: 'By GPU', byRegion: 'By region', byOwner: 'By owner', byStatus: 'By status' },
  nothingBilled: 'Nothing is billed now.',
  what: 'What',
  perHour: 'Dollars per hour',
  total: 'Total',
  unknown: 'Not known',
  /** @param {number} count @param {string} many */
  others: (count, many) => (count === 1 ? '1 other' : `${many} others`),

  dearest: { today: 'Cost most today', month: 'Cost most this month' },
  dollars: 'Dollars',
  allOthers: 'All others',
  gone: 'One that is gone',

  days: 'By day',
  daysFailed: 'The spend by day could not be read.',
  daysChart: 'The last 31 days',
  daysBy: 'Divided by',
  divisions: { owner: 'Owner', product: 'GPU' },
  day: 'Day',
  all: 'All',
  savedColumn: 'Saved',
  other: 'Other',
  noDays: 'Nothing was spent on these days.',
  /** @param {string} amount */
  todayIs: (amount) => `${amount} today`,
  /** @param {string} total @param {string} saved @param {string} dearest @param {string} most */
  daysSummary: (total, saved, dearest, most) =>
    `The last 31 days: ${total} in all, ${saved} saved by auto-stop. The dearest day was ${dearest} with ${most}.`,
  bill: 'Billed by Novita',
  billTable: 'What was counted of each day, and what Novita billed for it',
  billColumns: { day: 'Day', counted: 'Counted here', billed: 'Billed by Novita', difference: 'Difference' },
  billUnknown: {
    'not-billed-yet': 'Not billed yet',
    incomplete: 'Not complete yet',
    unreadable: 'Not understood',
    'not-counted': 'Not compared: not counted all day',
    'no-record': 'Not compared: instances without a record',
  },
  billSame: 'None',
  /** @param {string} amount @param {string} percent */
  billDifference: (amount, percent) => `${amount}, ${percent}`,
  billNotRead: 'The bill was not read yet.',
  billOff: 'The bill is not compared: that is switched off.',
  /** @param {string} when such as `5 min ago` */
  billRead: (when) => `Days of UTC, without what is paid by the month. The bill was read ${when}.`,
  /** @param {string} when */
  billFailed: (when) => `The bill could not be read ${when}. What was known before is shown.`,
  billNotReadable: 'What Novita billed could not be read.',
  storeAway:
    'What was spent today, this month and by day is kept in Redis, which is away: it is not known until Redis is back. What the instances cost now is shown below.',
};
