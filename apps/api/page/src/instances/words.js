/** The words of the view of the instances. */
export const INSTANCES = {
  title: 'Instances',
  table: 'Instances',
  /** @type {Readonly<Record<import('./columns.js').ColumnName, string>>} */
  columns: {
    name: 'Name',
    status: 'Status',
    gpu: 'GPU',
    region: 'Region',
    price: 'Price',
    cost: 'Cost so far',
    idle: 'Idle / stops in',
    uptime: 'Up',
    owner: 'Owner',
    image: 'Image',
    billing: 'Billing',
    origin: 'Origin',
    created: 'Created',
  },
  chooseColumns: 'Columns',
  usualColumns: 'The usual ones',
  actions: 'Actions',
  selectAll: 'Select all on this page',
  /** @param {string} name */
  select: (name) => `Select ${name}`,
  left: 'no longer matches',
  /** @type {Readonly<Record<import('../fleet/table-query.js').FigureName, string>>} */
  figures: {
    running: 'Running',
    billed: 'Cost now',
    idle: 'Of it idle',
    'billed-though-stopped': 'Billed though stopped',
    attention: 'Needs attention',
  },
  figuresLabel: 'Figures of the fleet, each shows what it counts',
  /** @param {number} unpriced */
  unpriced: (unpriced) => (unpriced === 1 ? 'and 1 of unknown price' : `and ${unpriced} of unknown price`),
  search: 'Search names, ids and images',
  searchHint: 'Name, id or image',
  filters: 'Filters',
  filter: {
    status: 'Status',
    product: 'GPU',
    region: 'Region',
    owner: 'Owner',
    billing: 'Billing',
    origin: 'Origin',
    idle: 'Idle for',
    more: 'More',
  },
  anyIdle: 'Any time',
  /** @param {string} time */
  idleFor: (time) => `${time} or longer`,
  noChoice: 'There is nothing to choose from yet.',
  all: 'All',
  usual: 'All but terminated',
  clear: 'Clear filters',
  more: 'More commands for the fleet',
  origins: { managed: 'Made here', adopted: 'Adopted', discovered: 'Made elsewhere' },
  billings: { onDemand: 'On demand', spot: 'Spot', monthly: 'Monthly' },
  owners: { elsewhere: 'Made elsewhere', unknown: 'Not known' },
  reach: 'Connect to',
  moreFor: 'More for',
  failed: 'The instances could not be read.',
  /** @param {string} when */
  shownFrom: (when) => `Shown is what was known on ${when}.`,
  notKnown: 'No instance is known yet.',
  noMatch: 'No instance matches.',
  noMatchHint: 'A search finds any part of a name, an id or an image, in capital or small letters.',
  none: 'No instances yet.',
  noneHint: 'Create one here, or sync with Novita: what runs there already appears and can be adopted.',
  noneHintForReaders: 'They appear here as soon as somebody creates one, or the next sync finds some at Novita.',
  pages: 'Pages of instances',
  previous: 'Previous page',
  next: 'Next page',
  rows: 'Rows',
  refresh: 'Show them',
  nothing: 'none',
  /** @param {string} total */
  nothingOf: (total) => `none of ${total}`,
  /** @param {string} range @param {string} total */
  rangeOf: (range, total) => `${range} of ${total}`,
  /** @param {string} count */
  moreThan: (count) => `more than ${count}`,
  /** @param {number} count @param {string} many */
  unseen: (count, many) => (count === 1 ? '1 change elsewhere' : `${many} changes elsewhere`),
  /** @param {string} range */
  announced: (range) => `Instances shown: ${range}`,
};

/** The words of commands to several instances at once. */
export const BULK = {
  /** @param {string} selected such as `3 instances` */
  selected: (selected) => `${selected} selected`,
  /** @param {string} total */
  selectAll: (total) => `Select all ${total} that match`,
  /** @param {string} total */
  allSelected: (total) => `All ${total} that match are selected`,
  bar: 'Selected instances',
  clear: 'Clear',
  more: 'More commands for the selected instances',
  none: 'No command fits them.',
  asking: 'Asking what would happen …',
  example: 'dry run',
  fits: 'Instances that get the command',
  leftOut: 'Instances that are left out',
  /** @param {string} count */
  leftOutCount: (count) => `Left out: ${count}`,
  nothing: 'None of the selected instances can take this command at present.',
  /** @param {string} sum */
  ends: (sum) => `This ends ${sum}.`,
  /** @param {string} sum */
  begins: (sum) => `This will cost ${sum}.`,
  /** @param {string} instances such as `2 instances` */
  unpriced: (instances) => `The price of ${instances} is not known.`,
  /** @param {string} word */
  confirm: (word) => `Type ${word}, the number of instances, to confirm`,
  lookAgain: 'Look again',
  close: 'Close',
  cancel: 'Cancel',
  progress: 'Commands sent',
  sending: 'Closing this window does not end it.',
  /** @param {string} done @param {string} total */
  sent: (done, total) => `${done} of ${total} sent`,
  /** @param {string} verb @param {string} done @param {string} total */
  accepted: (verb, done, total) => `${verb}: accepted for ${done} of ${total}.`,
  /** @param {string} count */
  failed: (count) => `Not accepted: ${count}`,
  failedLabel: 'Instances that did not take the command',
  again: 'Try these again',
  /** @param {string} total */
  first: (total) => `The first 200 of ${total} are listed, the dearest first.`,
};
