import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ApiClient, type InstanceView } from './support/api-client.js';
import { AutoStopClient, type TouchAnswer } from './support/auto-stop-client.js';
import { ROOT } from './support/built-process.js';
import { OPERATOR_KEY, VIEWER_KEY } from './support/fleet.js';
import { atMost, IdleFleet } from './support/idle-fleet.js';
import { runProgram } from './support/run-program.js';
import { until } from './support/until.js';

const THRESHOLD_MS = 3_000;
const SHORT = { thresholdMinutes: THRESHOLD_MS / 60_000 };
/** The dearest instance spends it in two seconds. */
const LIMIT_USD = 0.01;
const ADMIN_KEY = 'admin-key-for-tests-only-00';
const STORMED = 18;
const ROUNDS = 2;

/** No check comes by itself here: each test begins its own, so that it knows when. */
describe('a check by hand', () => {
  let ground: IdleFleet;
  /** Of an API that refuses creates once the day's limit is spent. */
  let strict: AutoStopClient;

  beforeAll(async () => {
    ground = await IdleFleet.start({
      apis: 1,
      workers: 1,
      env: {
        API_KEYS: `ops:operator:${OPERATOR_KEY},eyes:viewer:${VIEWER_KEY},root:admin:${ADMIN_KEY}`,
        AUTO_STOP_INTERVAL: '1h',
        AUTO_STOP_THRESHOLD: '1h',
        AUTO_STOP_WARNING: '30m',
        SPEND_DAILY_LIMIT_USD: String(LIMIT_USD),
      },
    });
    await ground.fleet.addApi({ SPEND_ENFORCE: 'true' });
    strict = new AutoStopClient(ground.fleet.clients[1] as ApiClient);
    // That of the start is over before anything is there to be checked.
    await until('the first check is over', async () => (await ground.first.stats()).lastRun);
  });
  afterAll(async () => {
    await ground?.stop();
  });

  it('and a storm of uses: each is kept from its use on or stopped before it, never both', async () => {
    let pool = await ground.createReady('storm', STORMED, { autoStop: SHORT });
    const kept: InstanceView[] = [];
    const lost: InstanceView[] = [];
    /** When those were used last that were stopped all the same: their time was up again before the check had come to them. */
    const lastUses = new Map<string, string>();
    for (let round = 0; round < ROUNDS; round++) {
      await pastDeadline(pool);
      const answers = await storm(pool);
      const won = new Map(
        answers.filter(({ status }) => status === 'ready').map((answer) => [answer.instanceId, answer]),
      );
      const checked = Date.now();
      for (const view of await Promise.all(pool.map(({ id }) => ground.fleet.api.get(id)))) {
        const use = won.get(view.id);
        if (use === undefined || view.desired === 'stopped') {
          lost.push(view);
          if (use !== undefined) lastUses.set(view.id, use.lastUsedAt);
          continue;
        }
        kept.push(view);
        expect(view).toMatchObject({ status: 'ready', desired: 'running', lastUsedAt: use.lastUsedAt });
        expect(ms(view['autoStopAt'])).toBe(ms(use.lastUsedAt) + THRESHOLD_MS);
        expect([view.name, ground.stopCalls(view)]).toEqual([view.name, []]);
      }
      // No other check came in between.
      expect((await ground.first.stats()).lastRun?.endTime).toSatisfy((end: string) => ms(end) <= checked);
      pool = kept.splice(0);
    }
    expect([pool.length > 0, lost.length > 0]).toEqual([true, true]);

    await ground.all(lost, 'stopped');
    const auditLogs = await atMost(20, lost, async ({ id }) => ground.first.auditLog(id));
    for (const [i, view] of lost.entries()) {
      expect([view.name, ground.stopCalls(view).length]).toEqual([view.name, 1]);
      const decided = (auditLogs[i] ?? []).filter(({ kind, to }) => kind === 'wish' && to === 'stopped');
      expect(decided).toHaveLength(1);
      const knownUse = /last use at (\S+)/.exec(decided[0]?.reason ?? '')?.[1] ?? view['readyAt'];
      for (const use of [knownUse, lastUses.get(view.id) ?? knownUse])
        expect(ms(decided[0]?.at) - ms(use)).toBeGreaterThanOrEqual(THRESHOLD_MS);
    }
    await Promise.all(pool.map(({ id }) => ground.first.set(id, { enabled: false })));
    for (const view of pool) expect(ground.stopCalls(view)).toEqual([]);
  });

  it('a dry run reports what a check would do and why, and changes nothing', async () => {
    const { fleet, first } = ground;
    const [due] = await ground.createReady('dry', 1, { autoStop: SHORT });
    const [warned] = await ground.createReady('dry-warned', 1, { autoStop: { thresholdMinutes: 20 } });
    const [leased] = await ground.createReady('dry-leased', 1, { autoStop: SHORT });
    await first.lease(leased?.id ?? '', { minutes: 5, reason: 'training' });
    await pastDeadline([due as InstanceView]);
    const before = await Promise.all([due, warned, leased].map((view) => fleet.api.get(view?.id ?? '')));
    const statsBefore = await first.stats();

    const report = await strict.dryRun();
    const verdicts = new Map(report.verdicts.map((verdict) => [verdict.instanceId, verdict]));
    expect(report).toMatchObject({ eligible: 1, warned: 0, stopped: 0, failed: 0 });
    expect(verdicts.get(due?.id ?? '')).toMatchObject({
      verdict: 'stop',
      rule: 'idle-too-long',
      outcome: 'nothing-done',
    });
    expect(verdicts.get(warned?.id ?? '')).toMatchObject({ verdict: 'warn', outcome: 'nothing-done' });
    expect(verdicts.get(due?.id ?? '')?.reason).toMatch(/^Not used for .* its own setting/);
    expect(verdicts.get(due?.id ?? '')?.whatWouldChangeIt.join(' ')).toContain(`/instances/${due?.id}/lease`);

    expect(await Promise.all([due, warned, leased].map((view) => fleet.api.get(view?.id ?? '')))).toEqual(before);
    expect((await first.stats()).lastRun).toEqual(statsBefore.lastRun);
    expect((await first.auditLog(warned?.id ?? '')).filter(({ kind }) => kind === 'warning')).toEqual([]);
    expect(ground.stopCalls(due as InstanceView)).toEqual([]);

    const check = await first.ended(await first.trigger());
    expect(check).toMatchObject({ trigger: 'manual', eligible: 1, warned: 1, stopped: 1, failed: 0 });
    await ground.all([due as InstanceView], 'stopped');
    expect((await first.auditLog(warned?.id ?? '')).filter(({ kind }) => kind === 'warning')).toHaveLength(1);
    expect(await first.stats()).toMatchObject({ stopped: statsBefore.stopped + 1 });
    // The check that stopped one has had what idles measured: the warned one is past its warning.
    await vi.waitUntil(async () => ((await first.stats()).idle?.instances ?? 0) > 0, { interval: 50 });
    await ground.all([leased as InstanceView], 'ready');
  });

  it('goes by what was set since: a shorter time, null, off, the end of a lease', async () => {
    const { fleet, first } = ground;
    const [changed, leased] = await ground.createReady('set', 2);
    if (changed === undefined || leased === undefined) throw new Error('two were made');
    expect(await first.ended(await first.trigger())).toMatchObject({ stopped: 0 });
    await first.set(changed.id, SHORT);
    await first.lease(leased.id, { minutes: 30, reason: 'training run 42' });
    await first.set(leased.id, SHORT);
    expect(await strict.idle(leased.id)).toMatchObject({ rule: 'leased', verdict: 'keep' });
    await pastDeadline([changed]);
    await first.set(changed.id, { thresholdMinutes: null });
    expect((await fleet.api.get(changed.id))['autoStopAt']).toBe(
      new Date(ms(changed['readyAt']) + 3_600_000).toISOString(),
    );
    for (const wrong of [0, -1, 'off', '5']) {
      const path = `/api/v1/instances/${changed.id}`;
      const { status } = await fleet.api.request(
        'PATCH',
        path,
        { autoStop: { thresholdMinutes: wrong } },
        { 'if-match': '*' },
      );
      expect([wrong, status]).toEqual([wrong, 400]);
    }
    await first.set(changed.id, { enabled: false, thresholdMinutes: SHORT.thresholdMinutes });
    expect(await first.ended(await first.trigger())).toMatchObject({ stopped: 0 });
    expect(await first.idle(changed.id)).toMatchObject({ exemption: 'switched-off-for-this-one' });

    await first.set(changed.id, { enabled: null });
    const endedAfter = Date.now();
    await first.endLease(leased.id);
    const endedBefore = Date.now();
    expect(await first.ended(await first.trigger())).toMatchObject({ stopped: 1 });
    await ground.all([changed], 'stopped');
    const { autoStopAt } = await fleet.api.get(leased.id);
    expect(ms(autoStopAt)).toBeGreaterThanOrEqual(endedAfter + THRESHOLD_MS);
    expect(ms(autoStopAt)).toBeLessThanOrEqual(endedBefore + THRESHOLD_MS);
    await pastDeadline([leased]);
    expect(await first.ended(await first.trigger())).toMatchObject({ stopped: 1 });
    await ground.all([leased], 'stopped');
    expect((await first.auditLog(leased.id)).filter(({ kind }) => kind === 'lease')).toHaveLength(2);
  });

  it('finds a late report too late: it gets that answer, and starts nothing', async () => {
    const { fleet, first } = ground;
    const [made] = await ground.createReady('late', 1, { autoStop: SHORT });
    const id = made?.id ?? '';
    await pastDeadline([made as InstanceView]);
    await first.ended(await first.trigger());
    expect(await first.touch(id)).toMatchObject({ message: expect.stringContaining('too late') as string });
    await ground.all([made as InstanceView], 'stopped');
    expect(await first.touch(id)).toMatchObject({
      status: 'stopped',
      message: expect.stringContaining('does not start it') as string,
    });
    expect((await fleet.api.get(id)).desired).toBe('stopped');
  });

  it('does what the commands of docs/auto-stop.md say, pasted as they stand', async () => {
    const page = await readFile(join(ROOT, 'docs', 'auto-stop.md'), 'utf8');
    const blocks = [...page.matchAll(/^```bash\n(.*?)^```/gms)].flatMap(([, block = '']) =>
      block.includes('curl') ? [block] : [],
    );
    expect(blocks.length).toBeGreaterThanOrEqual(5);
    const [made] = await ground.createReady('pasted', 1);
    const env = { FLEET: ground.fleet.api.url, KEY: OPERATOR_KEY, ID: made?.id ?? '' };
    for (const block of blocks) {
      const { code, stderr } = await runProgram('bash', ['-ec', block], { env });
      expect([block, code, stderr]).toEqual([block, 0, '']);
    }
    const auditLog = await ground.first.auditLog(made?.id ?? '');
    expect(auditLog.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['lease', 'settings']));
    expect(await ground.first.idle(made?.id ?? '')).toMatchObject({ exemption: 'switched-off-for-this-one' });
  });

  it('needs nobody at the end of a lifetime, which no lease and no setting moves, and after which nothing starts it', async () => {
    const { api } = ground.fleet;
    const [made] = await ground.createReady('lived', 1, { autoStop: { enabled: false } });
    const { id, createdAt } = made as InstanceView;
    const path = `/api/v1/instances/${id}`;
    const lease = { minutes: 60, reason: 'a long run' };
    expect((await api.request('PUT', `${path}/lease`, lease)).status).toBe(200);
    const patch = (maxLifetimeMinutes: number | null) =>
      api.request<{ lifetime?: { endsAt: string } }>('PATCH', path, { maxLifetimeMinutes }, { 'if-match': '*' });
    const { body } = await patch((Date.now() - ms(createdAt) + 1_000) / 60_000);
    const stopped = await until('it is stopped', async () => {
      const view = await api.get(id);
      return view.status === 'stopped' && view;
    });
    expect(stopped).toMatchObject({ desiredBy: 'max-lifetime' });
    expect(ms(stopped['desiredAt'])).toBeGreaterThanOrEqual(ms(body.lifetime?.endsAt));
    const refused = await api.request('POST', `${path}/start`);
    expect([refused.status, refused.body['code']]).toEqual([409, 'lifetime-over']);
    await patch(null);
    expect((await api.request('POST', `${path}/start`)).status).toBe(202);
    await ground.all([stopped], 'ready');
  });

  it("a spent day's limit refuses creates where it is enforced, is announced once, and stops nothing that runs", async () => {
    const { fleet } = ground;
    const dear = { productName: 'H100', gpuNum: 8, autoStop: { enabled: false } };
    const [running] = await ground.createReady('running', 1, dear);
    const id = running?.id ?? '';
    const [lenient, strict] = fleet.clients as [ApiClient, ApiClient];
    const report = await until('the limit is reached and the instance named', async () => {
      const { body } = await strict.request<Spend>('GET', '/api/v1/spend?limit=200');
      const isNamed = body.today.instances.some(({ instanceId, usd }) => instanceId === id && usd > 0);
      // An API that was slow to reach Redis begins with what Novita lists, where it is running, and not yet known as ready.
      return isNamed && body.limit?.reached === true && body.now.byStatus['ready'] !== undefined && body;
    });
    expect(report.limit).toEqual({ dailyUsd: LIMIT_USD, enforced: true, stops: false, reached: true });
    expect(report.today.usd).toBeGreaterThanOrEqual(LIMIT_USD);
    expect(report.now.byProduct['H100 SXM 80GB']).toBe(running?.['pricePerHour']);
    expect(report.now.byStatus['ready']).toBeGreaterThanOrEqual(Number(running?.['pricePerHour']));
    expect(report.today.savedUsd).toBeGreaterThan(0);
    const { body: byProduct } = await strict.request<SpendDays>('GET', '/api/v1/spend/days?days=1&by=product');
    const { body: own } = await strict.request<{ usd: number }>('GET', `/api/v1/instances/${id}/spend`);
    const dearest = report.today.instances.find(({ instanceId }) => instanceId === id);
    // Both were read later.
    expect(byProduct.days.at(-1)?.parts['H100 SXM 80GB']).toBeGreaterThan(0);
    expect(own.usd).toBeGreaterThanOrEqual(dearest?.usd ?? Number.NaN);
    const { body: activity } = await strict.request<Activity>(
      'GET',
      `/api/v1/activity?instance=${id}&types=instance.ready`,
    );
    expect(activity.events).toMatchObject([{ instanceId: id, instance: { name: running?.['name'] } }]);

    const refused = await strict.request('POST', '/api/v1/instances', {
      name: 'refused-by-limit',
      productName: 'RTX 4090',
      image: 'nginx',
    });
    expect([refused.status, refused.body['code']]).toEqual([402, 'spend-limit-reached']);
    const made = await lenient.create({ name: 'allowed', productName: 'RTX 4090', image: 'nginx' });
    await ground.all([made], 'ready');
    expect((await strict.get(id)).status).toBe('ready');
    expect(ground.stopCalls(running as InstanceView)).toEqual([]);
    const log = fleet.workers.map(({ output }) => output).join('\n');
    for (const level of [80, 100]) {
      expect(log.match(new RegExp(`the fleet has spent ${level} % of what it may cost today`, 'g'))).toHaveLength(1);
    }
  });

  it('a limit that stops does so to what runs by the worker that enforces it, and leaves what is leased', async () => {
    const { fleet } = ground;
    const { api } = fleet;
    const wanted = { productName: 'RTX 4090', image: 'nginx', autoStop: { enabled: false } };
    const [leased, free] = await Promise.all(['leased', 'free'].map((name) => api.create({ name, ...wanted })));
    if (leased === undefined || free === undefined) throw new Error('nothing was made');
    await ground.all([leased, free], 'ready');
    const lease = { minutes: 60, reason: 'a long run' };
    expect((await api.request('PUT', `/api/v1/instances/${leased.id}/lease`, lease)).status).toBe(200);

    await fleet.killWorkers();
    await fleet.addWorker({ SPEND_ENFORCE: 'stop' });
    const admin = new ApiClient(api.url, ADMIN_KEY);
    const stopped = await until('it is stopped', async () => {
      // The next one by itself is up to a minute away.
      await admin.request('POST', '/api/v1/spend/enforce', { dryRun: false });
      const view = await api.get(free.id);
      return view.status === 'stopped' && view;
    });
    expect(stopped).toMatchObject({ desired: 'stopped', desiredBy: 'spend-limit' });
    const [wish] = (await ground.first.auditLog(free.id)).filter(({ kind }) => kind === 'wish');
    expect(wish).toMatchObject({ by: 'spend-limit', reason: expect.stringContaining('SPEND_DAILY_LIMIT_USD') });
    const { body: activity } = await api.request<Activity>(
      'GET',
      `/api/v1/activity?instance=${free.id}&types=instance.stopped_by_spend_limit`,
    );
    expect(activity.events).toHaveLength(1);
    expect(await api.get(leased.id)).toMatchObject({ status: 'ready', desired: 'running' });
    expect(ground.stopCalls(leased)).toEqual([]);
  });

  /** Waits until the time at which each is to be stopped is over. */
  async function pastDeadline(instances: readonly InstanceView[]): Promise<void> {
    const ids = new Set(instances.map(({ id }) => id));
    const views = (await ground.list('ready')).filter(({ id }) => ids.has(id));
    const last = Math.max(0, ...views.map(({ autoStopAt }) => ms(autoStopAt)));
    // A timer may be a millisecond early.
    while (Date.now() < last) await pause(last - Date.now() + 1);
  }

  /**
   * Reports a use of each while a check goes through them: a third before it begins, and a third of more than two when it is
   * over, so that both outcomes are sure to be there, and the rest meanwhile.
   */
  async function storm(instances: readonly InstanceView[]): Promise<readonly TouchAnswer[]> {
    // By both APIs in turn, at none of which the check is made.
    const touch = async ({ id }: InstanceView, i: number): Promise<TouchAnswer> =>
      (i % 2 === 0 ? ground.first : strict).touch(id);
    const shuffled = instances.toSorted((a, b) => (a.id.slice(-3) < b.id.slice(-3) ? -1 : 1));
    const checkFrom = Math.ceil(shuffled.length / 3);
    const lateFrom = Math.ceil((shuffled.length * 2) / 3);
    const early = await atMost(20, shuffled.slice(0, checkFrom), touch);
    const check = ground.first.trigger();
    const during = atMost(2, shuffled.slice(checkFrom, lateFrom), touch);
    await ground.first.ended(await check);
    const late = await atMost(20, shuffled.slice(lateFrom), touch);
    return [...early, ...(await during), ...late];
  }
});

interface SpendDays {
  readonly days: readonly { readonly parts: Readonly<Record<string, number>> }[];
}

interface Activity {
  readonly events: readonly object[];
}

interface Spend {
  readonly now: Readonly<Record<'byStatus' | 'byProduct', Readonly<Record<string, number>>>>;
  readonly today: {
    readonly usd: number;
    readonly savedUsd: number;
    readonly instances: readonly { readonly instanceId: string; readonly usd: number }[];
  };
  readonly limit?: { readonly dailyUsd: number; readonly enforced: boolean; readonly reached: boolean };
}

const ms = (time: unknown): number => Date.parse(String(time));
