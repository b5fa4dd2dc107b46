import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ApiClient } from './support/api-client.js';
import { Fleet, OPERATOR_KEY } from './support/fleet.js';
import { SyncClient, type SyncEnvelope } from './support/sync-client.js';
import { headersOf, SyncWatch } from './support/sync-watch.js';
import { until } from './support/until.js';

/** Shorter than it takes until the queue gives a dead worker's job to another one, so that the gap can be seen. */
const LOCK_TTL_MS = 4_000;
/** How much longer than its lock a dead run may be taken for a living one: clocks differ. */
const MARGIN_MS = 2_000;

describe('the sync of two APIs and two workers', () => {
  let fleet: Fleet;
  let clients: readonly [ApiClient, ApiClient];
  let first: SyncClient;
  let second: SyncClient;

  beforeAll(async () => {
    fleet = await Fleet.start({
      apis: 2,
      workers: 2,
      env: {
        NOVITA_PAGE_SIZE: '10',
        NOVITA_TIMEOUT: '70s',
        CREATE_RETRY_GRACE: '80s',
        NOVITA_MAX_REQUESTS_PER_SECOND: '1000',
        SYNC_ENABLE_AUTOMATIC_SYNC: 'false',
        SYNC_LOCK_TTL: `${LOCK_TTL_MS}ms`,
      },
      sandbox: { instances: 45 },
    });
    meetTheClients();
    await Promise.all([first.becomes('completed'), second.becomes('completed')]);
  });
  afterAll(async () => {
    await fleet?.stop();
  });

  function meetTheClients(): void {
    clients = fleet.clients as unknown as readonly [ApiClient, ApiClient];
    first = new SyncClient(clients[0]);
    second = new SyncClient(clients[1]);
  }

  async function expectOneAtATime(): Promise<void> {
    const runs = (await first.history()).toReversed();
    for (const [index, { startTime }] of runs.entries()) {
      const before = runs[index - 1];
      if (before !== undefined) expect(startTime >= before.endTime).toBe(true);
    }
  }

  it('asked many times at once, one runs and the others are refused with its owner, or join it', async () => {
    fleet.sandbox.faults.add({ kind: 'latency', operation: 'listInstances', ms: 200 });
    const asked = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? first : second).attempt());
    const answers = await Promise.all(asked);
    const refused = answers.filter(({ status }) => status === 409);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(1);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    for (const { body, headers } of refused) {
      expect(body).toMatchObject({
        code: 'sync-in-progress',
        owner: expect.stringMatching(/^(api|worker) on .+, pid \d+$/) as string,
      });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }

    const joining = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? first : second).attempt({}, '?wait=true'));
    const joined = (await Promise.all(joining)) as unknown as readonly Answer<SyncEnvelope>[];
    expect(joined.map(({ status, body }) => [status, body.success])).toEqual(joined.map(() => [200, true]));
    fleet.sandbox.faults.clear();
    await expectOneAtATime();
  });

  it('a worker killed in the middle of a run: its lock lapses, the next run completes, and nobody is lied to', async () => {
    const watches = clients.map((client) => new SyncWatch(client));
    // The pages after the first come so late that the run lasts until its worker is killed; the next run is quick.
    const slow = fleet.sandbox.faults.add({ kind: 'latency', operation: 'listInstances', page: 2, ms: 60_000 });
    const asked = askFor(clients[0].url);
    await until('the run waits for its page', async () =>
      fleet.sandbox.faults.list().some(({ id, strikes }) => id === slow && strikes > 0),
    );
    const glances = await Promise.all(
      watches.map((watch) => watch.sees('is in progress', ({ status }) => status.status === 'in_progress')),
    );
    const doomed = glances[0]?.status.startTime ?? '';
    const busy = await second.attempt();
    expect(busy.status).toBe(409);
    const pid = Number(/pid (\d+)$/.exec(String(busy.body['owner']))?.[1]);
    const index = fleet.workers.findIndex((worker) => worker.pid === pid);
    expect(index).toBeGreaterThanOrEqual(0);
    const [worker] = fleet.workers.splice(index, 1);
    fleet.sandbox.faults.clear();
    await worker?.end('SIGKILL');
    const killedAt = Date.now();

    for (const watch of watches) {
      const dead = await watch.sees(
        'shows the dead run as failed',
        ({ status }) => status.status === 'failed' && status.startTime === doomed,
      );
      // Its lock is what ends it: by the worker's own timeouts it would last for a minute.
      expect(dead.at - killedAt).toBeLessThan(5 * (LOCK_TTL_MS + MARGIN_MS));
      expect(dead.headers.get('x-sync-error')).toMatch(/worker/);
      const next = await watch.sees(
        'shows a later run that completed',
        ({ status }) => status.status === 'completed' && (status.startTime ?? '') > doomed,
      );
      expect(next.status.resourceStatus.find(({ name }) => name === 'instances')?.count).toBe(45);
    }
    // Whoever had asked is answered, by the worker that took over.
    expect([200, 202]).toContain((await asked).status);
    await Promise.all(watches.map((watch) => watch.stop()));

    for (const watch of watches) {
      const ofDoomed = watch.course.filter((text) => text.endsWith(`@${doomed}`));
      expect(ofDoomed).toEqual([`in_progress@${doomed}`, `failed@${doomed}`]);
      for (const { status, headers } of watch.glances) {
        const wanted = headersOf(status);
        const got = Object.fromEntries(Object.keys(wanted).map((name) => [name, headers.get(name)]));
        expect(got).toEqual(wanted);
      }
    }
    await expectOneAtATime();
  });

  it('a pause holds through the restart of every process, and ends on demand', async () => {
    expect((await clients[0].request('POST', '/api/v1/sync/pause')).status).toBe(200);
    const paused = await until('the second shows it', async () => (await second.status()).paused);
    expect(paused).toMatchObject({ by: 'user:ops' });

    const processes = [...fleet.apis.splice(0), ...fleet.workers.splice(0)];
    fleet.clients.length = 0;
    await Promise.all(processes.map((process) => process.end('SIGTERM')));
    const quick = { SYNC_ENABLE_AUTOMATIC_SYNC: 'true', SYNC_INTERVAL_MINUTES: '1s' };
    await Promise.all([fleet.addApi(quick), fleet.addApi(quick), fleet.addWorker(quick), fleet.addWorker(quick)]);
    meetTheClients();
    expect((await first.status()).paused).toEqual(paused);
    await Promise.any(fleet.workers.map((worker) => worker.says(/the sync is paused/)));
    const automatic = async () => (await first.history()).filter(({ trigger }) => trigger === 'schedule');
    expect(await automatic()).toEqual([]);
    await until('by hand it runs all the same', async () => (await second.answered()).status === 200);
    expect((await first.status()).paused).toEqual(paused);
    expect(await automatic()).toEqual([]);

    expect((await clients[1].request('POST', '/api/v1/sync/resume')).status).toBe(200);
    await until('it runs by itself again', async () => (await automatic()).length >= 2);
    expect((await first.status()).paused).toBeUndefined();
    await expectOneAtATime();
  });
});

/** Asks for a sync, with more patience than a test's client has; the run before may hold the lock for a moment longer. */
async function askFor(url: string): Promise<Response> {
  for (;;) {
    const answer = await fetch(`${url}/api/v1/instances/sync`, {
      method: 'POST',
      headers: { authorization: `Bearer ${OPERATOR_KEY}` },
      signal: AbortSignal.timeout(70_000),
    });
    if (answer.status !== 409) return answer;
  }
}
