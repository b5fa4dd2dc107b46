/** The words about how the service is, and how fresh what is shown is. */
export const SERVICE = {
  /** @type {Readonly<Record<string, string>>} */
  parts: {
    redis: 'Redis',
    novita: 'Novita',
    sync: 'Sync',
    syncLock: 'Lock of the sync',
    instanceCache: 'Records',
    unconfirmed: 'Stops and deletes',
    autoStop: 'Auto-stop',
    workers: 'Workers',
  },
  allWell: 'All well',
  degraded: 'Degraded',
  down: 'Down',
  shuttingDown: 'Shutting down',
  notAnswering: 'Not answering',
  notAnsweringHint: 'The API does not answer.',
  checking: 'Checking…',
  checkingHint: 'The health was not read yet.',
  everyPart: 'Every part is well.',
  well: 'Well',
  noneRuns: 'None runs',
  noWorker: 'No worker',
  noWorkerHint: 'No worker is running: commands wait until one is started.',
  notKnownYet: 'Not known yet',
  redisBehind: 'Redis behind',
  redisBehindHint: 'The latest changes may not be shown yet; they come by themselves.',
  redisInTrouble: 'Redis in trouble',
  redisAway: 'Redis away',
  redisAwayHint: 'Instances are shown as they were known last; the service goes on by itself as soon as Redis works.',
  inMemory: 'In memory',
  inMemoryHint:
    'Records are kept in memory and lost when the service ends. They are kept when the service has a Redis.',
  redisUp: 'Redis up',
  redisUpHint: 'Redis answers.',
  redisUnknown: 'Redis …',
  novitaUnknown: 'Novita …',
  novitaUnknownHint: 'Novita has not answered yet.',
  novitaTrying: 'Novita: trying',
  novitaTryingHint: 'Novita failed; a call finds out whether it is back.',
  novitaUp: 'Novita up',
  novitaUpHint: 'Novita answers.',
  keyRefused: 'Key refused',
  keyRefusedHint:
    'Novita refuses the key of this service. Nothing is read or changed at Novita until it has a valid key.',
  novitaAway: 'Novita away',
  novitaAwayHint: 'Novita does not answer. Commands are kept and carried out when it does.',
  novitaFails: 'Novita fails',
  novitaFailsHint: 'The latest sync could read nothing at Novita. Commands are kept and carried out when it answers.',
  metrics: 'Metrics',
  metricsFilter: 'Part of the name',
  metricsHint: 'As this process counts them; Prometheus reads the same.',
  noMetric: 'No metric has this in its name.',
  /** @param {number} families */
  metricsFound: (families) => `${families} metrics`,
  queuesLate: 'The session for the queues took a while to begin. It is there now: choose Queues again.',
};

/** The words of the banners: what a reader must know before trusting the page. */
export const TROUBLES = {
  label: 'What to know first',
  /** Said when a trouble is over. */
  over: {
    feed: 'The service follows its changes again.',
    unreachable: 'The API answers again.',
    keyRefused: 'Novita takes the key of the service again.',
    away: 'Novita answers again.',
    fails: 'Novita can be read again.',
    noWorker: 'A worker runs again.',
  },
  keyRefused:
    'Novita refuses the key of this service, so nothing is read or changed there, and what you see is from before. ' +
    'Put a valid key from the console of Novita into NOVITA_API_KEY and start the service again.',
  away:
    'Novita does not answer. What you see is from before; stops and deletes are kept and carried out as soon as it answers. ' +
    'If it lasts, look at the status page of Novita, and at the network of this service.',
  fails:
    'The latest sync could read nothing at Novita, so what you see is from before. It is tried again by itself. ' +
    'Sync now to try at once.',
  noWorker:
    'No worker is running: commands wait, idle instances are not stopped, and what runs goes on costing. ' +
    'Start a worker; everything goes on by itself then.',
  neverListed: 'Novita was not listed yet, so what runs there is not known. ',
  firstComes: 'The first sync begins by itself soon.',
  firstByHand: 'The first sync begins by itself soon; sync now to begin at once.',
  firstAgain: 'The latest sync could not read it, and is tried again by itself.',
  firstAgainByHand: 'The latest sync could not read it, and is tried again by itself; sync now to try at once.',
  /** @param {string} loaded when what is shown was read; null when that is not known */
  unreachableShown: (loaded) =>
    `The API does not answer; what you see is ${loaded}. The page goes on by itself as soon as it does.`,
  unreachable: 'The API does not answer. The page goes on by itself as soon as it does.',
  fromUnknown: 'not known',
  /** @param {string} time */
  from: (time) => `from ${time}`,
  /** @param {string} since @param {string} reason @param {string} records such as `40 records` */
  held: (since, reason, records) =>
    `The sync is held since ${since}: ${reason}. Nothing was removed; ${records} would be. ` +
    "Look at Novita's console. If they are gone, sync now and tick “Let a held listing through”, or the next listing that agrees lets it through; if not, nothing is to be done.",
  /** @param {string} since */
  degraded: (since) => `Degraded since ${since}: the service cannot follow its own changes. `,
  /** @param {string} since @param {string} cause @param {string} list what the list shows */
  storeAway: (since, cause, list) =>
    `Degraded since ${since}: ${cause}. ${list}Stops and deletes go straight to Novita. Nothing can be created or started ` +
    'until Redis is back, and auto-stop does nothing meanwhile.',
  listKnown: 'The list shows the instances as this service knows them, and is read anew every few seconds. ',
  listUnknown: 'The instances are not known yet. ',
  /** @param {string} cause */
  notLive: (cause) => `There are no live events: ${cause} The page is read anew every 30 s.`,
  record: 'record',
};

/** The words of the mark that says how fresh what is shown is. */
export const FRESHNESS = {
  reading: 'Reading…',
  readingHint: 'Nothing was read yet.',
  never: 'never read',
  neverHint: 'No listing of Novita has completed yet, so no instance is known.',
  unreachableHint: 'The service does not answer. What is shown is what was read last.',
  noRedis: 'no Redis: reading only',
  noRedisHint: 'What came since Redis went may not be shown. Stops and deletes still work; nothing can be started.',
  listHint: 'The list could not be read again.',
  oldHint: 'Novita was not listed for a long time.',
  /** @param {string} age */
  asOf: (age) => `as of ${age}`,
  /** @param {string} time @param {string} age */
  listed: (time, age) => `Every instance is shown as Novita had it at ${time} or later (${age}).`,
  live: 'Live',
  liveHint: 'Every change appears at once.',
  heldUp: 'Events held up',
  connecting: 'Connecting…',
  /** @param {string} wait */
  reconnectingIn: (wait) => `Reconnecting in ${wait}`,
  reconnecting: 'Reconnecting…',
  paused: 'Paused',
  pausedHint: 'The page was hidden. It goes on when it is shown again.',
  notLive: 'Not live',
  refreshed: 'Until events come again the page is read anew every 30 s.',
};

/** The words of the menu of the key. */
export const ACCOUNT = {
  menuOf: 'Menu of ',
  title: 'Account and links',
  signedInAs: 'Signed in as ',
  /** What the holder of a key may do. @type {Readonly<Record<import('../net/api-types.js').MeView['role'], string>>} */
  rights: { viewer: 'who may look', operator: 'who may give commands', admin: 'who may do everything' },
  theme: 'Theme',
  /** @type {Readonly<Record<import('./theme.js').Theme, string>>} */
  themes: { auto: 'As the system', light: 'Light', dark: 'Dark' },
  documentation: 'API documentation',
  /** @param {string} version */
  version: (version) => `Version ${version}`,
  signOut: 'Sign out',
};
