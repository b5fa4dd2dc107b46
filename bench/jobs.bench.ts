import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import {
  arrivals,
  countOf,
  forget,
  INSTANCES,
  JobsGround,
  KEY,
  nowMs,
  pause,
  startPiece,
  until,
} from './jobs-ground.js';
import { compareLatency, delays, inWords, type Latency, quantiles } from './latency.js';
import { median } from './measure.js';
import { describeMachine, type Row, writeResults } from './results.js';
import { cpuSeconds, type ServerProcess } from './server-process.js';

/**
 * `npm run bench -- jobs [--quick] [deliveries|webhooks|events|reclaim ...]`: what becomes of events, against a bare worker
 * of BullMQ and a bare stream. With names, only these are measured, and bench/RESULTS.md stays as it is.
 *
 * Records are written by this process, through the store as a process of the fleet writes them.
 */
const QUEUE = 'bare';
const STREAM = 'bare-events';
const QUICK = process.argv.includes('--quick');
const SCENARIOS = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const ROUNDS = QUICK ? 3 : 9;
const DELIVERIES = QUICK ? 1_000 : 3_000;
/** Requests at a time to one receiver: what the fleet allows itself. */
const AT_ONCE = 10;
const READERS = 1_000;
const LATENCY_ROUNDS = QUICK ? 2 : 6;
const EVENTS = 40;
/** Between two events: a thousand readers are written to in less. */
const EVENT_PAUSE_MS = 150;
const WEBHOOK_PAUSE_MS = 40;
const RECLAIMS = QUICK ? 5 : 30;
/** What a bare job carries, as long as the body of an event. */
const BODY_LENGTH = 1_400;

const isWanted = (scenario: string): boolean => SCENARIOS.length === 0 || SCENARIOS.includes(scenario);
const rows: Row[] = [];
const notes: string[] = [];

interface Throughput {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

/** From the first arrival to the last. */
async function throughput(
  receiver: ServerProcess,
  sender: ServerProcess,
  begin: () => Promise<void>,
): Promise<Throughput> {
  await forget(receiver);
  const cpuBefore = await cpuSeconds(sender.pid);
  await begin();
  await until('everything is delivered', async () => (await countOf(receiver)) >= DELIVERIES);
  const cpuUsed = (await cpuSeconds(sender.pid)) - cpuBefore;
  const { count, firstMs, lastMs } = await arrivals(receiver);
  return { perSecond: ((count - 1) * 1_000) / (lastMs - firstMs), cpuMicroseconds: (cpuUsed * 1e6) / count };
}

/** What is due goes to one endpoint, as fast as it takes it; the bare worker has as many jobs waiting. */
async function measureDeliveries(
  ground: JobsGround,
  receiver: ServerProcess,
  queue: Queue,
  bare: ServerProcess,
): Promise<void> {
  const url = `${receiver.url}/count`;
  const { id } = await ground.call<{ readonly id: string }>('POST', 'webhooks/endpoints', { url });
  const body = 'x'.repeat(BODY_LENGTH);
  const fanOut: number[] = [];
  const ours = async (): Promise<Throughput> => {
    await ground.call('POST', `webhooks/endpoints/${id}/pause`);
    const beganMs = nowMs();
    const one = async (place: number): Promise<void> => {
      for (let i = place; i < DELIVERIES; i += INSTANCES) await ground.write(place);
    };
    await Promise.all(Array.from({ length: INSTANCES }, (_, place) => one(place)));
    await until('the events are deliveries', async () => (await ground.pending()) === DELIVERIES);
    fanOut.push((DELIVERIES * 1_000) / (nowMs() - beganMs));
    return throughput(receiver, ground.worker, () => ground.call('POST', `webhooks/endpoints/${id}/resume`));
  };
  const limit = async (): Promise<Throughput> => {
    await queue.pause();
    const options = { removeOnComplete: true };
    await queue.addBulk(
      Array.from({ length: DELIVERIES }, () => ({ name: 'send', data: { url, body }, opts: options })),
    );
    return throughput(receiver, bare, () => queue.resume());
  };
  // Both are compiled by then.
  await ours();
  await limit();
  const figures: { readonly ours: Throughput; readonly limit: Throughput }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    if (round % 2 === 0) figures.push({ ours: await ours(), limit: await limit() });
    else {
      const first = await limit();
      figures.push({ ours: await ours(), limit: first });
    }
  }
  await ground.call('POST', `webhooks/endpoints/${id}/pause`);
  const show = (of: (figure: (typeof figures)[number]) => Throughput): string =>
    `${Math.round(median(figures.map((each) => of(each).perSecond)))}/s, ` +
    `${Math.round(median(figures.map((each) => of(each).cpuMicroseconds)))} µs CPU`;
  const ratio = median(figures.map((each) => each.ours.perSecond / each.limit.perSecond));
  rows.push({
    what: `webhook deliveries to one receiver, ${AT_ONCE} at a time, ${DELIVERIES.toLocaleString('en')} due`,
    ours: show((each) => each.ours),
    limit: `${show((each) => each.limit)}, a bare BullMQ worker`,
    ratio: ratio.toFixed(2),
    aim: '>= 0.8',
    reached: ratio >= 0.8,
  });
  notes.push(`Store writes became deliveries at ${Math.round(median(fanOut))}/s, the writes included.`);
}

/** The same event for a bare reader or receiver. */
function bareEvent(name: string): string {
  const [instanceId = '', revision = ''] = name.split(' ');
  const event = { type: 'instance.updated', at: new Date().toISOString(), instanceId, revision: Number(revision) };
  return JSON.stringify({ ...event, rest: 'x'.repeat(BODY_LENGTH) });
}

/** Makes events one after the other. @param make makes one and says its name @returns when each was begun */
async function paced(pauseMs: number, make: (place: number) => Promise<string>): Promise<ReadonlyMap<string, number>> {
  const begun = new Map<string, number>();
  for (let place = 0; place < EVENTS; place++) {
    const beganMs = nowMs();
    begun.set(await make(place), beganMs);
    await pause(pauseMs);
  }
  return begun;
}

let bareNames = 0;
const nextBareName = (): string => `bare ${++bareNames}`;

/** From the write of a record to the request at a receiver, with nothing else to be delivered. */
async function measureWebhooks(ground: JobsGround, receiver: ServerProcess, queue: Queue): Promise<void> {
  const url = `${receiver.url}/time`;
  const { id } = await ground.call<{ readonly id: string }>('POST', 'webhooks/endpoints', { url });
  const delaysOf = async (make: (place: number) => Promise<string>): Promise<readonly number[]> => {
    await forget(receiver);
    const begun = await paced(WEBHOOK_PAUSE_MS, make);
    await until('every event is delivered', async () => (await countOf(receiver)) >= EVENTS);
    return delays(begun, (await arrivals<number>(receiver)).times);
  };
  const { ours, limit } = await compareLatency(
    () => delaysOf((place) => ground.write(place)),
    () =>
      delaysOf(async () => {
        const name = nextBareName();
        await queue.add('send', { url, body: bareEvent(name) }, { removeOnComplete: true });
        return name;
      }),
    LATENCY_ROUNDS,
  );
  await ground.call('POST', `webhooks/endpoints/${id}/pause`);
  addLatency('from store write to webhook receiver', ours, `${inWords(limit)}, from a bare job`, limit, 250);
}

/** From the write of a record to each of a thousand open streams. */
async function measureEvents(ground: JobsGround): Promise<void> {
  const bare = await startPiece('bare-events', '/probe', String(ground.redis.port), STREAM);
  const redis = new Redis(ground.redis.url);
  const delaysOf = async (
    readers: ServerProcess,
    make: (place: number) => Promise<string>,
  ): Promise<readonly number[]> => {
    await forget(readers);
    const begun = await paced(EVENT_PAUSE_MS, make);
    await until('every reader has every event', async () => (await countOf(readers)) >= EVENTS * READERS);
    return delays(begun, (await arrivals<readonly number[]>(readers)).times);
  };
  const measure = async (url: string, make: (place: number) => Promise<string>): Promise<readonly number[]> => {
    // Only those that are measured are open: the others would be written to as well.
    const readers = await startPiece('event-readers', '/open', url, String(READERS), KEY);
    try {
      return await delaysOf(readers, make);
    } finally {
      await readers.stop();
    }
  };
  try {
    const { ours, limit } = await compareLatency(
      () => measure(`${ground.api.url}/api/v1/events`, (place) => ground.write(place)),
      () =>
        measure(`${bare.url}/events`, async () => {
          const name = nextBareName();
          await redis.xadd(STREAM, 'MAXLEN', '~', 1_000, '*', 'event', bareEvent(name));
          return name;
        }),
      LATENCY_ROUNDS,
    );
    addLatency(
      `from store write to each of ${READERS.toLocaleString('en')} event streams`,
      ours,
      `${inWords(limit)}, from a bare stream`,
      limit,
      250,
    );
  } finally {
    redis.disconnect();
    await bare.stop();
  }
}

/** From the request of the listing that shows a reclaim first to the event that says that it is migrated. */
async function measureReclaims(ground: JobsGround): Promise<void> {
  const { world, faults } = ground.sandbox;
  const names = Array.from({ length: RECLAIMS }, (_, i) => `spot-${i}`);
  const spot = { productName: 'RTX 4090', image: 'nginx', region: 'any', billingMode: 'spot' };
  interface View {
    readonly id: string;
    readonly status: string;
    readonly novitaInstanceId?: string;
  }
  const isReady = async (id: string): Promise<boolean> =>
    (await ground.call<View>('GET', `instances/${id}`)).status === 'ready';
  const url = `${ground.api.url}/api/v1/events?types=instance.migrating`;
  const reader = await startPiece('event-readers', '/open', url, '1', KEY);
  const waits: number[] = [];
  try {
    for (const name of names) {
      const { id } = await ground.call<View>('POST', 'instances', { ...spot, name });
      await until(`${name} is ready`, () => isReady(id));
      const { novitaInstanceId: instanceId = '' } = await ground.call<View>('GET', `instances/${id}`);
      faults.add({ kind: 'spot-reclaim', instanceId });
      await until('Novita has reclaimed it', async () => world.instance(instanceId)?.spotStatus === 'terminated');
      const beganMs = nowMs();
      await ground.call('GET', 'instances/comprehensive');
      let cameMs: number | undefined;
      await until('the event', async () => {
        const { times } = await arrivals<readonly number[]>(reader);
        cameMs = times.find(([event]) => event.includes(id))?.[1][0];
        return cameMs !== undefined;
      });
      waits.push((cameMs ?? Number.NaN) - beganMs);
      await until(`${name} is ready again`, () => isReady(id));
    }
  } finally {
    await reader.stop();
  }
  const ours = quantiles(waits);
  rows.push({
    what: `from the request that shows a reclaim to \`instance.migrating\`, ${RECLAIMS} instances`,
    ours: inWords(ours),
    limit: 'the intent is written before Novita is called',
    ratio: '-',
    aim: 'p99 < 1,000 ms',
    reached: ours.p99 < 1_000,
  });
}

function addLatency(what: string, ours: Latency, limitWords: string, limit: Latency, mostMs: number): void {
  rows.push({
    what,
    ours: inWords(ours),
    limit: limitWords,
    ratio: `${(ours.p50 / limit.p50).toFixed(2)}, ${(ours.p99 / limit.p99).toFixed(2)}`,
    aim: `p99 < ${mostMs} ms`,
    reached: ours.p99 < mostMs,
  });
}

const loadBefore = loadavg();
const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-bench-'));
const ground = await JobsGround.start(folder);
const receiver = await startPiece('webhook-receiver', '/arrivals');
const connection = { host: '127.0.0.1', port: ground.redis.port };
const queue = new Queue(QUEUE, { connection });
const bare = await startPiece('bare-deliverer', '/', String(ground.redis.port), QUEUE, String(AT_ONCE));
try {
  await ground.seed();
  if (isWanted('deliveries')) await measureDeliveries(ground, receiver, queue, bare);
  if (isWanted('webhooks')) await measureWebhooks(ground, receiver, queue);
  if (isWanted('events')) await measureEvents(ground);
  if (isWanted('reclaim')) await measureReclaims(ground);
} finally {
  await queue.close();
  await Promise.all([bare.stop(), receiver.stop()]);
  await ground.stop();
  await rm(folder, { recursive: true, force: true });
}
notes.push(
  `Load of the machine (1, 5 and 15 minutes) before the run: ${loadBefore.map((load) => load.toFixed(1)).join(', ')}.`,
);
await writeResults(
  'jobs',
  await describeMachine(
    `medians of ${ROUNDS} rounds of ${DELIVERIES.toLocaleString('en')} deliveries and of ${LATENCY_ROUNDS} rounds of ${EVENTS} events ` +
      'by turns; one worker, one API, Redis, receiver, readers and the writer of the records on the same machine',
  ),
  rows,
  notes,
  SCENARIOS.length === 0,
);
