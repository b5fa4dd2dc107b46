/**
 * What a fleet asks of its processes, of Redis and of Novita, by what single things were measured to cost. All of it is pure
 * and linear but where a limit of the code comes in: an extrapolation, which `npm run bench -- scale` checks at another size.
 */

/** Each is measured by itself; `UNITS` says how. */
export interface UnitCosts {
  readonly redisEmptyMb: number;
  readonly redisBytesPerRecord: number;
  readonly redisBytesPerAuditLine: number;
  readonly redisBytesPerFeedEntry: number;
  readonly redisMicrosPerUse: number;
  readonly redisMicrosPerRead: number;
  readonly redisMicrosPerReconcile: number;
  readonly redisMicrosPerListed: number;
  readonly redisMicrosPerReadAgain: number;
  readonly apiIdleMb: number;
  readonly apiBytesPerInstance: number;
  readonly apiMicrosToLoadOne: number;
  readonly apiMicrosPerUse: number;
  readonly apiMicrosPerRead: number;
  readonly apiMicrosPerEvent: number;
  readonly apiMicrosPerEventAndReader: number;
  readonly apiMicrosPerReadAgain: number;
  readonly workerIdleMb: number;
  readonly workerBytesPerListed: number;
  readonly workerMicrosPerReconcile: number;
  readonly workerMicrosPerListed: number;
  /** Entries of the change feed. */
  readonly eventsPerReconcile: number;
  readonly idleApiMicrosPerSecond: number;
  readonly idleWorkerMicrosPerSecond: number;
  readonly idleRedisMicrosPerSecond: number;
}

/** What the instances of a fleet do, and what is done with them. */
export interface Workload {
  readonly instances: number;
  readonly usesPerSecond: number;
  readonly readsPerSecond: number;
  /** Starts of each instance, each with a stop. */
  readonly livesPerDay: number;
  readonly minutesToStart: number;
  readonly minutesToStop: number;
  /** Streams of events that are open, such as those of pages. */
  readonly readers: number;
}

/** How it is run: the settings that matter here, and what a process may take. */
export interface Deployment {
  /** NOVITA_MAX_REQUESTS_PER_SECOND */
  readonly callsPerSecond: number;
  /** NOVITA_PAGE_SIZE */
  readonly pageSize: number;
  /** SYNC_INTERVAL_MINUTES */
  readonly minutesBetweenSyncs: number;
  /** INSTANCE_POLL_INTERVAL */
  readonly secondsBetweenPolls: number;
  /** Of a processor, that a process or Redis may use on average: the rest is for bursts. */
  readonly share: number;
  readonly apiMb: number;
  readonly workerMb: number;
  readonly redisMb: number;
  /** Members of the audit log that each record keeps. */
  readonly auditLines: number;
  readonly feedEntries: number;
  readonly usesKept: number;
  /** Figures of idleness are at most so old, while anybody looks at them. */
  readonly secondsBetweenIdleReads: number;
}

export interface Prediction {
  readonly novita: {
    readonly listing: number;
    readonly lives: number;
    /** All of them; a minute, as are the parts. */
    readonly calls: number;
    readonly limit: number;
  };
  /** Null when listing never ends, as lives take all calls. */
  readonly syncSeconds: number | null;
  readonly api: {
    /** Null when no number of them would do, since each has more to follow than it can. */
    readonly pods: number | null;
    readonly mb: number;
    readonly loadSeconds: number;
  };
  readonly workers: { readonly pods: number; readonly mb: number };
  readonly redis: {
    /** Of one processor; it uses no second one. */
    readonly share: number;
    readonly mb: number;
  };
  readonly eventsPerSecond: number;
  /** How many events come while a process reads the fleet at its start; with more than the feed keeps it never ends. */
  readonly eventsWhileLoading: number;
  /** Whether more uses come between two looks at idleness than are kept, or than there are instances: then those of all are read again. */
  readonly readsUsesAgain: boolean;
}

const [MINUTE_S, DAY_S, MB] = [60, 86_400, 1e6];
/** An observation, and the command itself. */
const CALLS_PER_COMMAND = 2;
const COMMANDS_PER_LIFE = 2;
/** Two of each, so that one may go away. */
const LEAST_PODS = 2;

/** What the fleet needs, at these costs. */
export function predict(costs: UnitCosts, load: Workload, deployment: Deployment): Prediction {
  const { instances } = load;
  const novita = callsOf(load, deployment);
  const livesPerSecond = (instances * load.livesPerDay) / DAY_S;
  const reconcilesPerSecond = livesPerSecond * (COMMANDS_PER_LIFE + pollsPerLife(load, deployment));
  const eventsPerSecond = reconcilesPerSecond * costs.eventsPerReconcile;
  const listedPerSecond = instances / (deployment.minutesBetweenSyncs * MINUTE_S);
  const loadSeconds = (instances * costs.apiMicrosToLoadOne) / 1e6;
  const usesBetween = load.usesPerSecond * deployment.secondsBetweenIdleReads;
  const readsUsesAgain = usesBetween > Math.min(deployment.usesKept, instances);
  // One that is read from those that are kept costs no more than one that is read again.
  const readAgainPerSecond = readsUsesAgain ? instances / deployment.secondsBetweenIdleReads : load.usesPerSecond;
  const pods = apiPods(costs, load, deployment, eventsPerSecond, readAgainPerSecond);
  const workerShare =
    (reconcilesPerSecond * costs.workerMicrosPerReconcile + listedPerSecond * costs.workerMicrosPerListed) / 1e6;
  const redisMicros =
    load.usesPerSecond * costs.redisMicrosPerUse +
    load.readsPerSecond * costs.redisMicrosPerRead +
    reconcilesPerSecond * costs.redisMicrosPerReconcile +
    listedPerSecond * costs.redisMicrosPerListed +
    readAgainPerSecond * (pods ?? LEAST_PODS) * costs.redisMicrosPerReadAgain;
  return {
    novita,
    syncSeconds: syncSeconds(costs, load, deployment, novita.lives),
    api: { pods, mb: costs.apiIdleMb + (instances * costs.apiBytesPerInstance) / MB, loadSeconds },
    workers: {
      pods: Math.max(LEAST_PODS, Math.ceil(workerShare / deployment.share)),
      mb: costs.workerIdleMb + (instances * costs.workerBytesPerListed) / MB,
    },
    redis: {
      share: redisMicros / 1e6,
      mb:
        costs.redisEmptyMb +
        (deployment.feedEntries * costs.redisBytesPerFeedEntry +
          instances * (costs.redisBytesPerRecord + deployment.auditLines * costs.redisBytesPerAuditLine)) /
          MB,
    },
    eventsPerSecond,
    eventsWhileLoading: eventsPerSecond * loadSeconds,
    readsUsesAgain,
  };
}

/** Observations of an instance that starts and stops. */
function pollsPerLife(load: Workload, { secondsBetweenPolls }: Deployment): number {
  return ((load.minutesToStart + load.minutesToStop) * MINUTE_S) / secondsBetweenPolls;
}

function callsOf(load: Workload, deployment: Deployment): Prediction['novita'] {
  const listing = Math.ceil(load.instances / deployment.pageSize) / deployment.minutesBetweenSyncs;
  const callsPerLife = COMMANDS_PER_LIFE * CALLS_PER_COMMAND + pollsPerLife(load, deployment);
  const lives = (load.instances * load.livesPerDay * callsPerLife) / (DAY_S / MINUTE_S);
  return { listing, lives, calls: listing + lives, limit: deployment.callsPerSecond * MINUTE_S };
}

/** Limited by the worker, or by what other calls leave of the limit. */
function syncSeconds(
  costs: UnitCosts,
  { instances }: Workload,
  { callsPerSecond, pageSize }: Deployment,
  livesPerMinute: number,
): number | null {
  const left = callsPerSecond - livesPerMinute / MINUTE_S;
  if (left <= 0) return null;
  return Math.max(Math.ceil(instances / pageSize) / left, (instances * costs.workerMicrosPerListed) / 1e6);
}

/** What all have to do together is divided among them; what happens is followed by each. */
function apiPods(
  costs: UnitCosts,
  load: Workload,
  { share }: Deployment,
  eventsPerSecond: number,
  readAgainPerSecond: number,
): number | null {
  const together =
    load.usesPerSecond * costs.apiMicrosPerUse +
    load.readsPerSecond * costs.apiMicrosPerRead +
    eventsPerSecond * load.readers * costs.apiMicrosPerEventAndReader;
  const each = eventsPerSecond * costs.apiMicrosPerEvent + readAgainPerSecond * costs.apiMicrosPerReadAgain;
  const left = share * 1e6 - each;
  return left <= 0 ? null : Math.max(LEAST_PODS, Math.ceil(together / left));
}

/** What a fleet meets as it grows. `isMet` holds from some size on. */
export interface Wall {
  readonly what: string;
  readonly whatThen: string;
  readonly isMet: (prediction: Prediction, deployment: Deployment) => boolean;
}

export const WALLS: readonly Wall[] = [
  {
    what: "calls to Novita: the fleet's own limit",
    whatThen:
      'a longer `INSTANCE_POLL_INTERVAL`; a higher `NOVITA_MAX_REQUESTS_PER_SECOND`, if Novita agrees; then accounts',
    isMet: ({ novita }) => novita.calls > novita.limit,
  },
  {
    what: 'the sync takes longer than the time between two',
    whatThen: 'a longer `SYNC_INTERVAL_MINUTES`, larger pages (`NOVITA_PAGE_SIZE`)',
    isMet: ({ syncSeconds: seconds }, { minutesBetweenSyncs }) =>
      seconds === null || seconds > minutesBetweenSyncs * MINUTE_S,
  },
  {
    what: 'memory of a worker during a sync',
    whatThen: 'a higher limit of its memory',
    isMet: ({ workers }, { workerMb }) => workers.mb > workerMb,
  },
  {
    what: 'memory of an API process',
    whatThen: 'a higher limit of its memory, and of its heap',
    isMet: ({ api }, { apiMb }) => api.mb > apiMb,
  },
  {
    what: 'memory of Redis',
    whatThen: 'a larger Redis',
    isMet: ({ redis }, { redisMb }) => redis.mb > redisMb,
  },
  {
    what: 'one processor of Redis',
    whatThen: 'fewer reports of use for each instance; then accounts',
    isMet: ({ redis }, { share }) => redis.share > share,
  },
  {
    what: 'events that an API process follows',
    whatThen: 'accounts: more processes do not help, as each follows all',
    isMet: ({ api }) => api.pods === null,
  },
  {
    what: 'an API process that starts is overtaken by the feed',
    whatThen: 'start it when little happens; then accounts',
    isMet: ({ eventsWhileLoading }, { feedEntries }) => eventsWhileLoading > feedEntries,
  },
];

const LARGEST = 100_000_000;

/**
 * From which size on each wall is met, the first one first.
 *
 * @param loadOf what a fleet of that size does; it must not become less as the fleet grows
 */
export function wallsInOrder(
  costs: UnitCosts,
  deployment: Deployment,
  loadOf: (instances: number) => Workload,
): readonly { readonly wall: Wall; readonly instances: number }[] {
  return WALLS.map((wall) => ({
    wall,
    instances: smallest((instances) => wall.isMet(predict(costs, loadOf(instances), deployment), deployment)),
  })).toSorted((a, b) => a.instances - b.instances);
}

/** The smallest number from 1 for which it holds; infinity when there is none. */
function smallest(holds: (n: number) => boolean): number {
  if (!holds(LARGEST)) return Number.POSITIVE_INFINITY;
  let [below, from] = [0, LARGEST];
  while (from - below > 1) {
    const middle = Math.floor((below + from) / 2);
    if (holds(middle)) from = middle;
    else below = middle;
  }
  return from;
}
