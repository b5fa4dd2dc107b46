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
  searchHint: 'Name, id, image',
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

/** The words of a row: how an instance stands, since when, and how to reach it. */
export const ROW = {
  /** @param {number} ok @param {number} all */
  ports: (ok, all) => `${ok}/${all} ports`,
  /** @param {string} time */
  busy: (time) => `busy ${time}`,
  /** @param {string} time */
  idle: (time) => `idle ${time}`,
  /** @param {string} until @param {string} by @param {string} reason */
  busyHint: (until, by, reason) => `Declared busy until ${until} by ${by}: ${reason}`,
  /** @param {string} why */
  neverStops: (why) => `It is not stopped when idle: ${why}.`,
  noAutoStop: 'no auto-stop',
  stopsNow: 'stops now',
  /** @param {string} time */
  stopsIn: (time) => `stops in ${time}`,
  wouldStopNow: 'would stop now',
  /** @param {string} time */
  wouldStopIn: (time) => `would stop in ${time}`,
  /** @param {string} time */
  stopsHint: (time) => `Stopped at ${time} unless it is used.`,
  /** @param {string} why */
  suspended: (why) => `Auto-stop is suspended: ${why}`,
  never: {
    elsewhere: 'made elsewhere',
    monthly: 'billed monthly',
    offForIt: 'off for it',
    notToRun: 'not meant to run',
    offForAll: 'auto-stop is off',
    offForTemplate: 'off by its template',
  },
  /** @param {string} time */
  since: (time) => `Since ${time}`,
  /** @param {string} time */
  coming: (time) => `for ${time}`,
  /** @param {string} time */
  askedAt: (time) => `Asked for at ${time}`,
  /** @param {string} time */
  down: (time) => `down ${time}`,
  /** @param {string} time */
  stoppedAt: (time) => `Stopped at ${time}`,
  /** @param {string} time */
  gone: (time) => `gone ${time}`,
  /** @param {string} time */
  goneSince: (time) => `Gone since ${time}`,
  /** @param {string} time */
  ago: (time) => `${time} ago`,
  /** @param {string} time */
  waiting: (time) => `waiting for Novita for ${time}`,
  waitingHint: 'It is done, and no longer paid for, when Novita agrees. It is asked for again until then.',
  /** @param {string} time */
  missing: (time) => `not in Novita's listing for ${time}`,
  missingHint: 'That proves nothing yet: Novita is asked about it before anything is concluded.',
  elsewhere: 'made elsewhere',
  elsewhereHint: 'It is shown, and nothing acts on it, until it is adopted.',
  gpuUnknown: 'GPU unknown',
  ssh: 'SSH',
  sshCommand: 'SSH command',
  sshPassword: 'SSH password',
  jupyter: 'Jupyter',
  terminal: 'Terminal',
  webTerminal: 'web terminal',
  terminalPassword: 'Terminal password',
  webTerminalPassword: 'web terminal password',
  /** @param {number} port */
  port: (port) => `port ${port}`,
  /** @param {string} what */
  addressOf: (what) => `address of ${what}`,
  /** @param {string} what */
  copied: (what) => `Copied the ${what}.`,
  /** @param {string} what */
  open: (what) => `Open ${what}`,
  /** @param {string} what */
  copy: (what) => `Copy ${what}`,
};

/** The words of the questions before an instance is deleted or adopted. */
export const CONFIRM = {
  /** @param {string} word */
  type: (word) => `Type ${word} to confirm`,
  /** @param {string} name */
  deleteTitle: (name) => `Delete ${name}?`,
  delete: 'Delete',
  notMade: 'Novita has not made it yet; whatever comes of it is removed.',
  /** @param {number} size in GB */
  lost: (size) =>
    `The instance and its disk of ${size} GB are deleted at Novita, with all that is on it. This cannot be undone. Network storage stays.`,
  keptStopped: 'Kept as it is, it costs no GPU time; Novita may charge for its disk. It can be started again.',
  keptUnknown: 'What it costs to keep it is not known. Stopped, it costs no GPU time and keeps its disk.',
  /** @param {string} sum */
  keptRunning: (sum) => `Kept running it costs ${sum}. Stopped, it costs no GPU time and keeps its disk.`,
  /** @param {string} name */
  adoptTitle: (name) => `Adopt ${name}?`,
  adoptText: 'It was made elsewhere. From now on it is managed here: it can be stopped, started and deleted.',
  adoptHint:
    'Its present state becomes its desired state. If it runs, its idle time begins now, and it is stopped when nobody uses it for as long as the fleet says.',
  adopt: 'Adopt',
  /** Typed where a name cannot be. */
  word: 'delete',
};

/** The words of the command that stops everything. */
export const STOP_ALL = {
  title: 'Stop all instances',
  asking: 'Asking what would be stopped …',
  close: 'Close',
  again: 'Look again',
  submit: 'Stop all',
  noneKnown: 'No instance of ours is known to run.',
  nothing: 'Nothing of ours runs, so there is nothing to stop.',
  /** @param {string} instances such as `3 instances` */
  stop: (instances) => `Stop ${instances}`,
  stopHint: 'Instances that were started since this list was made are stopped too.',
  /** @param {string} instances */
  ends: (instances) => `${instances} would be stopped. That ends `,
  endsRest: '. Nothing is deleted, and a stop is done when Novita agrees.',
  list: 'Instances that would be stopped',
  /** @param {string} instances */
  failed: (instances) => `Not stopped: ${instances}`,
  failedList: 'Instances that could not be stopped',
  /** @param {string} instances */
  stopping: (instances) => `Stopping: ${instances}`,
  stoppingList: 'Instances that stop',
  /** @param {string} instances */
  leftAlone: (instances) => `Up, and left alone: ${instances}`,
  leftAloneList: 'Instances that are left alone',
  because: {
    madeElsewhere: 'made elsewhere and left alone',
    monthly: 'paid by the month, running or not',
    notStopped: 'not to be stopped at present',
  },
  restUnknown: 'It is not known at present what else runs at Novita.',
  noneGoesOn: 'No costs go on then.',
  /** @param {string} instances @param {string} why @param {string} amount */
  part: (instances, why, amount) => `${instances} ${why} (${amount})`,
  /** @param {string} sum @param {string} parts */
  goesOn: (sum, parts) => `These costs go on: ${sum}. That is ${parts}.`,
};
