import {
  type Deployment,
  type Prediction,
  predict,
  type UnitCosts,
  type Workload,
  wallsInOrder,
} from './scale-model.js';

/** The tables of docs/scale.md, made of the figures of one run. Pure. */

/** What bench/scale-figures.json holds. */
export interface ScaleFigures {
  readonly at: string;
  readonly machine: string;
  /** Instances on record while most of it was measured. */
  readonly madeAt: number;
  readonly costs: UnitCosts;
  /** Of figures that are not of this run, such as when the machine was too busy for them: the section of bench/RESULTS.md that they are from. */
  readonly taken?: Partial<Readonly<Record<keyof UnitCosts, string>>>;
}

export const DEFAULTS: Deployment = {
  callsPerSecond: 10,
  pageSize: 100,
  minutesBetweenSyncs: 30,
  secondsBetweenPolls: 30,
  share: 0.7,
  apiMb: 805,
  workerMb: 537,
  redisMb: 1_074,
  auditLines: 200,
  feedEntries: 10_000,
  usesKept: 50_000,
  secondsBetweenIdleReads: 2,
};

/** What can be had by settings and money alone. */
const TURNED_UP: Deployment = {
  ...DEFAULTS,
  callsPerSecond: 100,
  pageSize: 1_000,
  secondsBetweenPolls: 60,
  apiMb: 4_000,
  workerMb: 4_000,
  redisMb: 64_000,
};

/** Each instance starts and stops twice a day, and is used and read once a minute. */
export function usualLoad(instances: number, usesPerSecond = instances / 60): Workload {
  return {
    instances,
    usesPerSecond,
    readsPerSecond: instances / 60,
    livesPerDay: 2,
    minutesToStart: 4,
    minutesToStop: 1,
    readers: 20,
  };
}

const SCENARIOS: readonly (readonly [string, Workload])[] = [
  ['10,000', usualLoad(10_000)],
  ['100,000', usualLoad(100_000)],
  ['1,000,000', usualLoad(1_000_000)],
  ['100,000 and 10,000 uses a second', usualLoad(100_000, 10_000)],
];

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const percent = (share: number): string => `${whole(share * 100)} %`;

/** One thing to answer, for each scenario. */
const ANSWERS: readonly (readonly [string, (prediction: Prediction) => string])[] = [
  ['calls to Novita a minute', ({ novita }) => whole(novita.calls)],
  ['- of it for listings / for starts and stops', ({ novita }) => `${whole(novita.listing)} / ${whole(novita.lives)}`],
  ['- of the limit', ({ novita }) => percent(novita.calls / novita.limit)],
  ['a sync takes', ({ syncSeconds }) => (syncSeconds === null ? 'never ends' : `${whole(syncSeconds)} s`)],
  ['API processes', ({ api }) => (api.pods === null ? 'no number does' : whole(api.pods))],
  ['memory of each', ({ api }) => `${whole(api.mb)} MB`],
  ['an API process reads the fleet at its start in', ({ api }) => `${api.loadSeconds.toFixed(1)} s`],
  ['workers', ({ workers }) => whole(workers.pods)],
  ['memory of one during a sync', ({ workers }) => `${whole(workers.mb)} MB`],
  ['a processor of Redis', ({ redis }) => percent(redis.share)],
  ['memory of Redis, audit logs full', ({ redis }) => `${whole(redis.mb)} MB`],
  ['events a second', ({ eventsPerSecond }) => eventsPerSecond.toFixed(1)],
  ['figures of idleness read the uses of all instances again', ({ readsUsesAgain }) => (readsUsesAgain ? 'yes' : 'no')],
];

const UNITS: Readonly<Record<keyof UnitCosts, readonly [string, string]>> = {
  apiIdleMb: ['MB', 'resident memory of an API process without an instance'],
  apiBytesPerInstance: ['bytes', 'more of it for each instance (its peak when it had read all)'],
  apiMicrosToLoadOne: ['µs CPU', 'from its start until it is ready, more for each instance; it takes at least as long'],
  apiMicrosPerUse: ['µs CPU', 'a report of use, at the API'],
  redisMicrosPerUse: ['µs CPU', 'the same, at Redis'],
  apiMicrosPerRead: ['µs CPU', 'a read of one instance, at the API'],
  redisMicrosPerRead: ['µs CPU', 'the same, at Redis'],
  apiMicrosPerEvent: ['µs CPU', 'a change that an API process follows'],
  apiMicrosPerEventAndReader: ['µs CPU', 'the same, for each open stream of events'],
  apiMicrosPerReadAgain: ['µs CPU', 'a latest use that is read again, at the API'],
  redisMicrosPerReadAgain: ['µs CPU', 'the same, at Redis'],
  workerIdleMb: ['MB', 'resident memory of a worker without an instance'],
  workerBytesPerListed: ['bytes', 'more of it for each listed instance (its peak, first import included)'],
  workerMicrosPerListed: ['µs CPU', 'an instance in a sync in which nothing changed, at the worker'],
  redisMicrosPerListed: ['µs CPU', 'the same, at Redis'],
  workerMicrosPerReconcile: ['µs CPU', 'a reconcile, at the worker'],
  redisMicrosPerReconcile: ['µs CPU', 'the same with its command and its writes, at Redis'],
  eventsPerReconcile: ['entries', 'on the change feed for each reconcile'],
  redisEmptyMb: ['MB', 'memory of Redis without an instance'],
  redisBytesPerRecord: ['bytes', 'a record with its indexes'],
  redisBytesPerAuditLine: ['bytes', 'a line of an audit log'],
  redisBytesPerFeedEntry: ['bytes', 'an entry of the change feed'],
  idleApiMicrosPerSecond: ['µs CPU a second', 'an API process in which nothing happens'],
  idleWorkerMicrosPerSecond: ['µs CPU a second', 'a worker in which nothing happens'],
  idleRedisMicrosPerSecond: ['µs CPU a second', 'Redis with one of each'],
};

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const ruler = (count: number): string => row(Array.from({ length: count }, () => '---'));

function answerTable(costs: UnitCosts, deployment: Deployment): string {
  const predictions = SCENARIOS.map(([, load]) => predict(costs, load, deployment));
  return [
    row(['instances', ...SCENARIOS.map(([name]) => name)]),
    ruler(SCENARIOS.length + 1),
    ...ANSWERS.map(([what, answer]) => row([what, ...predictions.map(answer)])),
  ].join('\n');
}

function wallTable(costs: UnitCosts): string {
  const turnedUp = new Map(wallsInOrder(costs, TURNED_UP, usualLoad).map(({ wall, instances }) => [wall, instances]));
  return [
    row(['wall', 'with the defaults from', 'turned up from', 'then']),
    ruler(4),
    ...wallsInOrder(costs, DEFAULTS, usualLoad).map(({ wall, instances }) =>
      row([wall.what, sizeOf(instances), sizeOf(turnedUp.get(wall) ?? Number.NaN), wall.whatThen]),
    ),
  ].join('\n');
}

/** Two digits: an extrapolation knows no more. */
function sizeOf(instances: number): string {
  if (!Number.isFinite(instances)) return 'never';
  const digits = Math.max(0, Math.floor(Math.log10(instances)) - 1);
  return (Math.round(instances / 10 ** digits) * 10 ** digits).toLocaleString('en');
}

function tenantTable(costs: UnitCosts): string {
  const total = costs.apiIdleMb + costs.workerIdleMb + costs.redisEmptyMb;
  const cpu = costs.idleApiMicrosPerSecond + costs.idleWorkerMicrosPerSecond + costs.idleRedisMicrosPerSecond;
  const thousandths = (micros: number): string => `${(micros / 1_000).toFixed(1)} ‰`;
  return [
    row(['of one more tenant, at the least', 'memory', 'of a processor']),
    ruler(3),
    row(['an API process', `${whole(costs.apiIdleMb)} MB`, thousandths(costs.idleApiMicrosPerSecond)]),
    row(['a worker', `${whole(costs.workerIdleMb)} MB`, thousandths(costs.idleWorkerMicrosPerSecond)]),
    row(['Redis', `${costs.redisEmptyMb.toFixed(1)} MB`, thousandths(costs.idleRedisMicrosPerSecond)]),
    row(['together', `${whole(total)} MB`, thousandths(cpu)]),
  ].join('\n');
}

function unitTable(costs: UnitCosts, taken: NonNullable<ScaleFigures['taken']>): string {
  const figure = (value: number): string => (value < 10 ? value.toFixed(value < 1 ? 3 : 1) : whole(value));
  return [
    row(['figure', 'unit', 'what', 'from']),
    ruler(4),
    ...Object.entries(UNITS).map(([key, [unit, what]]) => {
      const name = key as keyof UnitCosts;
      return row([figure(costs[name]), unit, what, taken[name] ?? 'this run']);
    }),
  ].join('\n');
}

/** By the name of the place in the document. */
export function scaleTables({
  at,
  machine,
  madeAt,
  costs,
  taken = {},
}: ScaleFigures): Readonly<Record<string, string>> {
  return {
    answers: answerTable(costs, DEFAULTS),
    'answers turned up': answerTable(costs, TURNED_UP),
    walls: wallTable(costs),
    tenant: tenantTable(costs),
    units: `This run: ${at.slice(0, 10)}, with ${whole(madeAt)} instances; ${machine}\n\n${unitTable(costs, taken)}`,
  };
}

/** The document with these tables in their places. @throws Error when a place is missing */
export function withTables(document: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const [begin, end] = [`<!-- ${name}: made by npm run bench -- scale; do not edit -->`, `<!-- end of ${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from === -1 || to < from) throw new Error(`the document has no place for the table "${name}"`);
    return `${text.slice(0, from)}${begin}\n\n${table}\n\n${text.slice(to)}`;
  }, document);
}
