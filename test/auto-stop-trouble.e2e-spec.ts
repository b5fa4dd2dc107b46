import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient, InstanceView } from './support/api-client.js';
import { IdleFleet } from './support/idle-fleet.js';
import { loseJobs } from './support/lose-jobs.js';
import { until } from './support/until.js';

const INTERVAL_MS = 1_000;
const THRESHOLD_MS = 3_000;
const STALENESS_MS = 4_000;
const SWEEP_MS = 1_000;
/** A deadline younger than this is left to its job, which may be on its way. */
const SWEEP_PATIENCE_MS = 5_000;
/** For a machine that is busy with other tests. */
const SLACK_MS = 60_000;
/** The dearest instance spends it in two seconds. */
const LIMIT_USD = 0.01;

describe('auto-stop in trouble', () => {
  let ground: IdleFleet;

  beforeAll(async () => {
    ground = await IdleFleet.start({
      apis: 1,
      workers: 2,
      env: {
        AUTO_STOP_INTERVAL: `${INTERVAL_MS}ms`,
        AUTO_STOP_THRESHOLD: `${THRESHOLD_MS}ms`,
        AUTO_STOP_WARNING: '0',
        AUTO_STOP_MAX_STALENESS: `${STALENESS_MS}ms`,
        SYNC_INTERVAL_MINUTES: '1s',
        DEADLINE_SWEEP_INTERVAL: `${SWEEP_MS}ms`,
        // Which concerns only the API with this setting.
        SPEND_DAILY_LIMIT_USD: String(LIMIT_USD),
      },
    });
  });
  afterEach(async () => {
    // A test that failed half-way is not to take the others along.
    await ground?.fleet.api.request('POST', '/api/v1/sync/resume');
  });
  afterAll(async () => {
    await ground?.stop();
  });

  it.concurrent('a stop that Novita refuses stays stopping, is asked for less and less often, and shows its age', async () => {
    const { fleet } = ground;
    const fault = fleet.sandbox.faults.add({
      operation: 'stopInstance',
      nameContains: 'refused',
      kind: 'error',
      status: 500,
      reason: 'UNKNOWN',
      message: 'no',
    });
    const made = await one('refused');
    const seen = await statusesUntil(made, 'its stop was tried four times', () => ground.stopCalls(made).length >= 4);
    expect(seen.filter((status) => status !== 'ready')).toEqual(['stopping']);
    const calls = ground.stopCalls(made);
    const gaps = calls.slice(1).map((at, i) => at - (calls[i] ?? at));
    // A busy machine only lengthens them.
    expect(gaps.at(-1)).toBeGreaterThan(2 * Math.min(...gaps));
    expect(fleet.sandbox.world.instance(made.novitaInstanceId ?? '')?.status).toBe('running');
    await showsAgeOf(calls[0] ?? 0);

    fleet.sandbox.faults.clear(fault);
    await ground.all([made], 'stopped');
    const stops = (await ground.first.auditLog(made.id)).filter(
      ({ kind, to }) => kind === 'status' && to === 'stopped',
    );
    expect(stops).toHaveLength(1);
  });

  it.concurrent('a stop that gets stuck at Novita stays stopping, and is asked for once', async () => {
    const { fleet } = ground;
    const fault = fleet.sandbox.faults.add({ kind: 'stuck', status: 'stopping', nameContains: 'stuck' });
    const made = await one('stuck');
    const looks = (): number =>
      fleet.sandbox.world
        .callLog()
        .filter(({ operation, instanceId }) => operation === 'getInstance' && instanceId === made.novitaInstanceId)
        .length;
    await ground.all([made], 'stopping');
    const before = looks();
    const seen = await statusesUntil(made, 'it was looked at four times', () => looks() >= before + 4);
    expect(seen).toEqual(['stopping']);
    await showsAgeOf(ground.stopCalls(made)[0] ?? 0);
    fleet.sandbox.faults.clear(fault);
    await ground.all([made], 'stopped');
    expect(ground.stopCalls(made)).toHaveLength(1);
  });

  it('while the fleet was not observed for too long nothing is stopped, which is shown everywhere, and all is when it is again', async () => {
    const { fleet, first } = ground;
    expect((await fleet.api.request('POST', '/api/v1/sync/pause')).status).toBe(200);
    await until('auto-stop is suspended', async () => (await first.stats()).suspended);
    const made = await one('unseen');
    await until('its time is up', async () => Date.now() > ms(made['autoStopAt']));
    await first.checks(2);
    expect(await first.idle(made.id)).toMatchObject({ verdict: 'keep', rule: 'suspended' });
    expect((await first.dryRun()).suspended).toMatch(/nothing is stopped on one older than/);
    expect((await first.stats()).lastRun).toMatchObject({ stopped: 0, suspended: expect.any(String) as string });
    for (const url of [...fleet.clients.map((client) => client.url), ...fleet.workerUrls]) {
      const health = (await (await fetch(`${url}/health`)).json()) as Health;
      expect(health).toMatchObject({ status: 'degraded', details: { autoStop: { suspended: true } } });
    }
    expect(await ground.fleetMetrics()).toMatch(/^novita_fleet_auto_stop_suspended 1$/m);
    expect(ground.stopCalls(made)).toEqual([]);

    expect((await fleet.api.request('POST', '/api/v1/sync/resume')).status).toBe(200);
    await ground.all([made], 'stopped');
    await until('the statistics say that all is well again', async () => (await first.stats()).suspended === undefined);
  });

  it('the loss of every delayed job and every schedule puts nothing off by more than a sweep', async () => {
    const { fleet } = ground;
    const faults = [
      fleet.sandbox.faults.add({ kind: 'stuck', status: 'pulling', nameContains: 'half-up' }),
      fleet.sandbox.faults.add({ kind: 'stuck', status: 'stopping', nameContains: 'half-down' }),
    ];
    const [starting] = await ground.create('half-up', 1);
    const stopping = await one('half-down');
    await ground.all([stopping], 'stopping');
    const idle = await one('forgotten');
    const lost = await loseJobs(fleet.redis.url, 4);
    const at = Date.now();
    expect(lost.schedules).toBeGreaterThanOrEqual(2);
    for (const fault of faults) fleet.sandbox.faults.clear(fault);

    await ground.all([idle, stopping], 'stopped');
    await ground.all([starting as InstanceView], 'ready');
    expect(Date.now() - at).toBeLessThan(THRESHOLD_MS + SWEEP_PATIENCE_MS + 1.2 * SWEEP_MS + SLACK_MS);
    const [stop = 0] = ground.stopCalls(idle);
    expect(stop).toBeLessThan(ms(idle['autoStopAt']) + INTERVAL_MS + 1.2 * SWEEP_MS + SLACK_MS);
    // A pass that ran in that very moment asks for its next one itself, and needs no repair.
    const auditLogs = await Promise.all(
      [starting as InstanceView, stopping].map(({ id }) => ground.first.auditLog(id)),
    );
    expect(auditLogs.flat().some(({ kind }) => kind === 'repair')).toBe(true);
    const metrics = (await Promise.all(fleet.workerUrls.map((url) => ground.metrics(url)))).join('\n');
    expect(metrics).toMatch(/^novita_fleet_overdue_without_job_total\{[^}]*deadline="reconcile"[^}]*\} [1-9]/m);
    expect((await ground.first.stats()).nextRun).toEqual(expect.any(String));
  });

  it("a spent day's limit refuses creates where it is enforced, is announced once, and stops nothing that runs", async () => {
    const { fleet } = ground;
    const dear = { productName: 'H100', gpuNum: 8, autoStop: { enabled: false } };
    const [running] = await ground.createReady('running', 1, dear);
    const id = running?.id ?? '';
    await fleet.addApi({ SPEND_ENFORCE: 'true' });
    const [lenient, strict] = fleet.clients as [ApiClient, ApiClient];
    const report = await until('the limit is reached and the instance named', async () => {
      const { body } = await strict.request<Spend>('GET', '/api/v1/spend?limit=200');
      const isNamed = body.today.instances.some(({ instanceId, usd }) => instanceId === id && usd > 0);
      return isNamed && body.limit?.reached === true && body;
    });
    expect(report.limit).toEqual({ dailyUsd: LIMIT_USD, enforced: true, reached: true });
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

  async function one(name: string): Promise<InstanceView> {
    const [made] = await ground.createReady(name, 1);
    if (made === undefined) throw new Error('one was asked for');
    return made;
  }

  /** What an instance was shown as until then, each once. */
  async function statusesUntil({ id }: InstanceView, what: string, isSo: () => boolean): Promise<readonly string[]> {
    const seen = new Set<string>();
    await until(what, async () => {
      const view = await ground.fleet.api.get(id);
      seen.add(view.status);
      if (view.status === 'stopping') expect([view.desired, view.confirmedAt]).toEqual(['stopped', null]);
      return isSo();
    });
    return [...seen];
  }

  /** Health and metrics show how long a stop has been waiting that was first asked for then. */
  async function showsAgeOf(since: number): Promise<void> {
    const { fleet } = ground;
    await until('its age is shown', async () => {
      const age = Math.floor((Date.now() - since) / 1_000) - 3;
      const health = (await (await fetch(`${fleet.api.url}/health`)).json()) as Health;
      const text = await ground.fleetMetrics();
      const measured = /^novita_fleet_unconfirmed_wish_age_seconds ([\d.]+)$/m.exec(text)?.[1];
      return (health.details.unconfirmed?.oldestAgeSeconds ?? 0) >= age && Number(measured) >= age;
    });
  }
});

interface Health {
  readonly status: string;
  readonly details: {
    readonly unconfirmed?: { readonly oldestAgeSeconds: number };
    readonly autoStop?: { readonly suspended: boolean };
  };
}

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
