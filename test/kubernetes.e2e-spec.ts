import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type KubernetesFace, type StandingKubernetesFault, startKubernetesFace } from '@app/sandbox';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { KINDS, KUBERNETES_KINDS, type KubernetesKind } from '../libs/kubernetes-source/src/model/kinds.js';
import type { Answer } from './support/api-client.js';
import type { BuiltProcess } from './support/built-process.js';
import { ClusterWriter, type Written } from './support/cluster-writer.js';
import { Fleet, OPERATOR_KEY } from './support/fleet.js';
import { ResourceReader, resourceLine } from './support/resource-reader.js';
import { until } from './support/until.js';

/** More than a page of a list holds. */
const CONFIG_MAPS = 505;
const PODS = 40;
/** Longer than a busy machine stands still: a lock that is lost in between is read as a fault of the mirror. */
const LOCK_TTL = '60s';
const KEEPS_DATA = ['--appendonly', 'yes', '--appendfsync', 'always'];

let folder: string;
let face: KubernetesFace;
let forbidden: StandingKubernetesFault;
let fleet: Fleet;
let writer: ClusterWriter;
let reader: ResourceReader;

/** A cluster in which something changes all the time, two workers of which one follows it, and an API with a reader of events. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novita-fleet-cluster-'));
  face = await startKubernetesFace({ watchList: false, token: 'token-of-the-cluster' });
  face.seedCluster(PODS);
  for (let n = 0; n < CONFIG_MAPS; n++) {
    face.apply('ConfigMap', { metadata: { name: `settings-${n}`, namespace: 'default', labels: { n: String(n) } } });
  }
  forbidden = face.fault({ effect: 'forbidden', kind: 'CronJob' });
  const KUBECONFIG = join(folder, 'kubeconfig');
  await writeFile(KUBECONFIG, face.kubeconfig());
  const env = {
    KUBERNETES_SOURCE: 'true',
    KUBECONFIG,
    KUBERNETES_LOCK_TTL: LOCK_TTL,
    LOG_LEVEL: 'warn',
  };
  fleet = await Fleet.start({ apis: 1, workers: 2, env, redis: KEEPS_DATA });
  writer = new ClusterWriter(face);
});
afterAll(async () => {
  reader?.close();
  await writer?.stop();
  await fleet?.stop();
  await face?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

const READ = KUBERNETES_KINDS.filter((kind) => kind !== 'CronJob');

interface Page {
  readonly items: readonly {
    readonly metadata: {
      readonly name: string;
      readonly namespace?: string;
      readonly uid: string;
      readonly resourceVersion: string;
      readonly labels?: Readonly<Record<string, string>>;
    };
  }[];
  readonly nextCursor: string | null;
}

interface Summary {
  readonly kinds: readonly { kind: KubernetesKind; count: number | null; stale: boolean; error?: string }[];
}

const inCluster = (kind: KubernetesKind): readonly string[] => face.all(kind).map(resourceLine).toSorted();

/** What the API shows of a kind, page by page. */
async function shown(kind: KubernetesKind): Promise<readonly string[]> {
  const lines: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const path: string = `/api/v1/${KINDS[kind].plural}?limit=500${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const { status, body }: Answer<Page> = await fleet.api.request<Page>('GET', path);
    if (status !== 200) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
    lines.push(...body.items.map(resourceLine));
    cursor = body.nextCursor;
  }
  return lines.toSorted();
}

const summary = async (): Promise<Summary> => (await fleet.api.request<Summary>('GET', '/api/v1/kubernetes')).body;
const kindIn = async (kind: KubernetesKind): Promise<Summary['kinds'][number] | undefined> =>
  (await summary()).kinds.find((one) => one.kind === kind);
/** Asks again when the answer says to come later, as it does while its Redis is just coming back. */
const order = async (path: string, body?: unknown): Promise<void> => {
  const status = await until(`${path} is taken or refused`, async () => {
    const answer = await fleet.api.request('POST', `/api/v1/sync/${path}`, body);
    return answer.status !== 503 && answer.status;
  });
  expect([200, 202]).toContain(status);
};

/** Waits until what is seen is what is expected; when it never is, the failure says what was seen instead. */
async function comesTo<Value>(what: string, expected: Value, see: () => Value | Promise<Value>): Promise<void> {
  let seen: Value | undefined;
  try {
    await until(what, async () => {
      seen = undefined;
      if (reader !== undefined) expect(reader.violations).toEqual([]);
      seen = await see();
      return isDeepStrictEqual(seen, expected);
    });
  } catch (error) {
    if (seen !== undefined) expect(seen, `${what}: ${String(error)}`).toEqual(expected);
    throw error;
  }
}

/** Waits until a number is at least that; when it never is, the failure says how far it came. */
async function reaches(what: string, least: number, see: () => number): Promise<void> {
  await until(what, async () => see() >= least).catch((cause) => {
    throw new Error(`${what}: ${see()} of ${least} were seen`, { cause });
  });
}

/**
 * Nothing is written while it looks; what the API shows and what the events led to are the cluster, object by object.
 *
 * @returns what was written since the last time
 */
async function isMirrored(kinds: readonly KubernetesKind[] = READ): Promise<readonly Written[]> {
  await writer.stop();
  try {
    const written = writer.written.splice(0);
    for (const kind of kinds) {
      const expected = inCluster(kind);
      await comesTo(`${kind} is shown as it is`, expected, () => shown(kind));
      if (reader !== undefined) await comesTo(`events led to ${kind} as it is`, expected, () => reader.lines(kind));
    }
    return written;
  } finally {
    writer.start();
  }
}

/** What was never told. Of an object that changes again before the mirror has written the change before, the latest is told. */
const untold = (written: readonly Written[]): readonly Written[] =>
  written.filter(
    ({ uid, version }, place) =>
      !reader.versions.has(version) && !written.slice(place + 1).some((later) => later.uid === uid),
  );

/** How often each kind was read in full; a kind that was not is left out, and so is the one that is refused and tried now and then. */
function fullReads(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { verb, kind, query } of face.calls) {
    if (verb !== 'list' || kind === null || kind === 'CronJob' || query['continue'] !== undefined) continue;
    // One object alone is asked for to know who the cluster is.
    if (query['fieldSelector'] !== undefined) continue;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
const onceEach = (kinds: readonly KubernetesKind[] = READ): Readonly<Record<string, number>> =>
  Object.fromEntries(kinds.map((kind) => [kind, 1]));
const areWatched = (kinds: readonly KubernetesKind[] = READ): Promise<void> =>
  comesTo('every kind is watched', onceEach(kinds), () =>
    Object.fromEntries(kinds.map((kind) => [kind, face.openWatches(kind)])),
  );
const strikes = (fault: StandingKubernetesFault): Promise<void> => reaches('the fault strikes', 1, () => fault.strikes);
const isReadInFull = (kind: KubernetesKind, times = 1): Promise<void> =>
  reaches(`${kind} is read in full`, times, () => fullReads()[kind] ?? 0);
const changesMuch = (): Promise<void> => {
  const before = writer.written.length;
  return reaches('the cluster changes', 10, () => writer.written.length - before);
};
const isStale = (wanted: boolean, kinds: readonly KubernetesKind[] = KUBERNETES_KINDS): Promise<void> =>
  comesTo(
    `every kind is ${wanted ? 'stale' : 'fresh'}`,
    kinds.map((kind) => ({ kind, stale: wanted })),
    async () => (await summary()).kinds.flatMap(({ kind, stale }) => (kinds.includes(kind) ? [{ kind, stale }] : [])),
  );

async function withRedis<Result>(use: (redis: Redis) => Promise<Result>): Promise<Result> {
  const redis = new Redis(fleet.redis.url);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

async function waitingRelists(redis: Redis): Promise<number> {
  const lengths = await Promise.all((await redis.keys('*sync:kubernetes:relists')).map((key) => redis.llen(key)));
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** As when nobody has renewed it for long enough. */
async function lapseLock(redis: Redis): Promise<void> {
  await Promise.all((await redis.keys('*lock:kubernetes')).map((key) => redis.pexpire(key, 1)));
}

/** The worker that follows the cluster. */
async function follower(): Promise<BuiltProcess> {
  let seen = 'nobody';
  const found = withRedis((redis) =>
    until('a worker follows the cluster', async () => {
      const [key] = await redis.keys('*lock:kubernetes');
      if (key === undefined) return undefined;
      seen = JSON.stringify(await redis.hgetall(key));
      return fleet.workers.find(({ pid, running }) => running && seen.includes(`pid ${pid}`));
    }),
  );
  return found.catch((cause) => {
    throw new Error(`a worker follows the cluster: the lock was last held by ${seen}`, { cause });
  });
}

describe('the mirror of a cluster', () => {
  let failed: string | null = null;
  beforeEach(({ skip }) => {
    // Each begins where the one before it ended: what is after a failure would only wait in vain.
    if (failed !== null) skip(`not tried, since this failed: ${failed}`);
  });
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') failed ??= task.name;
  });

  it('has every object of what may be read, and says why the rest is not', async () => {
    await comesTo('the other kinds are read', READ, async () =>
      (await summary()).kinds.flatMap(({ kind, count }) => (kind === 'CronJob' || count === null ? [] : [kind])),
    );
    await isMirrored();
    await areWatched();
    const kind = await kindIn('CronJob');
    expect(kind).toMatchObject({ count: null, stale: true, error: expect.stringContaining('forbidden') as string });
    const cronJobs = await fleet.api.request('GET', '/api/v1/cronjobs');
    expect([cronJobs.status, cronJobs.body['code']]).toEqual([503, 'kubernetes-not-loaded']);
    const { body } = await fleet.api.request('GET', '/api/v1/sync/status?source=kubernetes');
    expect(JSON.stringify(body)).toContain('forbidden');
    expect(fullReads()).toMatchObject(onceEach());
    // What was written meanwhile is on its way: a reader that begins before it has come is told of it.
    await isMirrored();
    await writer.stop();
    for (const each of READ) await comesTo(`${each} is shown`, inCluster(each), () => shown(each));
    reader = await ResourceReader.open(fleet.api.url, OPERATOR_KEY, KUBERNETES_KINDS);
    for (const each of READ) reader.know(each, face.all(each));
    await isMirrored();
  });

  it('tells every change, and each once', async () => {
    await reaches('much has changed', 50, () => writer.written.length);
    expect(untold(await isMirrored())).toEqual([]);
    expect(reader.retold).toEqual([]);
  });

  it.each([
    ['cut in mid-line', 'cut', 'Pod'],
    ['with a broken line', 'broken-line', 'ConfigMap'],
  ] as const)('goes on from where a watch was that was %s', async (_what, effect, kind) => {
    face.forgetCalls();
    await strikes(face.fault({ effect, kind, times: 1 }));
    expect(untold(await isMirrored())).toEqual([]);
    expect(reader.retold).toEqual([]);
    expect(fullReads()).toEqual({});
  });

  it.each([
    ['expired-watch', 'Deployment'],
    ['expired-watch-event', 'Node'],
  ] as const)('reads a kind once more after 410: %s', async (effect, kind) => {
    face.forgetCalls();
    const fault = face.fault({ effect, kind, times: 1 });
    face.endWatches(kind);
    await strikes(fault);
    await isReadInFull(kind);
    await isMirrored();
    expect(fullReads()).toEqual(onceEach([kind]));
  });

  it('begins a list again that was compacted away in its middle', async () => {
    face.forgetCalls();
    const fault = face.fault({ effect: 'expired-continue', kind: 'ConfigMap', times: 1 });
    await order('kubernetes', { kinds: ['ConfigMap'] });
    await strikes(fault);
    await isReadInFull('ConfigMap', 2);
    await areWatched();
    await isMirrored();
    expect(fullReads()).toEqual({ ConfigMap: 2 });
  });

  it('reads each kind once more after a restart of the apiserver, however much has changed', async () => {
    face.forgetCalls();
    const restarted = face.restart(100);
    // So much that the readers of the mirror are not told change by change.
    for (const kind of ['Pod', 'ConfigMap'] as const) {
      for (const object of face.all(kind)) {
        face.apply(kind, { ...object, metadata: { ...object.metadata, labels: { restarted: 'yes' } } });
      }
    }
    await restarted;
    await areWatched();
    await isMirrored();
    expect(fullReads()).toEqual(onceEach());
  });

  it('stands still while it is paused', async () => {
    onTestFailed(() => order('resume?source=kubernetes'));
    await order('pause?source=kubernetes');
    await comesTo('nothing is watched', 0, () => face.openWatches());
    face.forgetCalls();
    await isStale(true);
    const before = await shown('Pod');
    await changesMuch();
    expect(await shown('Pod')).toEqual(before);
    expect(face.calls).toEqual([]);
    await order('resume?source=kubernetes');
    await areWatched();
    await isMirrored();
    expect(fullReads()).toMatchObject(onceEach());
  });

  it('holds a list that is empty of a sudden, and lets it through when told to', async () => {
    const services = inCluster('Service');
    expect(services.length).toBeGreaterThan(0);
    const restarted = face.restart();
    for (const { metadata } of face.all('Service')) face.remove('Service', metadata.namespace ?? null, metadata.name);
    await restarted;
    await comesTo('it is held', 'held', async () => (await kindIn('Service'))?.error?.split(':')[0]);
    expect(await shown('Service')).toEqual(services);
    await isMirrored(READ.filter((kind) => kind !== 'Service'));
    await areWatched();
    face.forgetCalls();
    await order('kubernetes', { kinds: ['Service'], force: true });
    await isMirrored();
    expect(fullReads()).toEqual(onceEach(['Service']));
    await isStale(false, ['Service']);
    await comesTo('the number of services', 0, async () => (await kindIn('Service'))?.count);
    // It is asked for once, also if the worker ends now.
    await comesTo('nothing is asked for any more', 0, () => withRedis((redis) => waitingRelists(redis)));
  });

  it('goes on with its Redis when that comes back with its data', async () => {
    await areWatched();
    face.forgetCalls();
    await fleet.redis.kill();
    await changesMuch();
    await fleet.redis.start();
    await isMirrored();
    await areWatched();
    expect(onceEach()).toMatchObject(fullReads());
  });

  it('is followed by the other worker when one dies', async () => {
    const victim = await follower();
    await victim.end('SIGKILL');
    face.forgetCalls();
    await withRedis(lapseLock);
    expect((await follower()).pid).not.toBe(victim.pid);
    await areWatched();
    await isMirrored();
    expect(fullReads()).toMatchObject(onceEach());
  });

  it('is kept and stale while the cluster is away, and goes on from where it was', async () => {
    face.forgetCalls();
    const away = face.fault({ effect: 'reset' });
    face.endWatches();
    await isStale(true);
    const { status, headers } = await fleet.api.request('GET', '/api/v1/pods?limit=1');
    expect([status, headers.get('x-data-stale')]).toEqual([200, 'true']);
    expect((await kindIn('Pod'))?.count).toBeGreaterThan(PODS / 2);
    away.lift();
    await areWatched();
    await isMirrored();
    await isStale(false, READ);
    expect(fullReads()).toEqual({});
  });

  it('reads what was forbidden as soon as it is allowed and asked for', async () => {
    forbidden.lift();
    await order('kubernetes', { kinds: ['CronJob'] });
    await areWatched(KUBERNETES_KINDS);
    await isMirrored(KUBERNETES_KINDS);
    await isStale(false, ['CronJob']);
    await comesTo('the number of cron jobs', inCluster('CronJob').length, async () => (await kindIn('CronJob'))?.count);
    expect(await kindIn('CronJob')).not.toHaveProperty('error');
  });
});
