import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { InstanceView } from './support/api-client.js';
import { OPERATOR_KEY } from './support/fleet.js';
import { atMost, type Health, IdleFleet } from './support/idle-fleet.js';
import { loseJobs } from './support/lose-jobs.js';
import { ReadEverything } from './support/read-everything.js';
import { until } from './support/until.js';

const INTERVAL_MS = 1_000;
const THRESHOLD_MS = 5_000;
const SWEEP_MS = 1_000;
/** A deadline younger than this is left to its job, which may be on its way. */
const SWEEP_PATIENCE_MS = 5_000;
/** From the time of a stop until a machine that is busy with other tests has asked Novita for it. */
const SLACK_MS = 60_000;
/** `IDLE=200` is the whole proof; the suite makes sure that it holds at all. */
const IDLE = Number(process.env['IDLE'] ?? 12);
const KEPT = 3;

/** An API and two workers, a check every second, five seconds to stand idle. */
let ground: IdleFleet;

beforeAll(async () => {
  ground = await IdleFleet.start({
    apis: 1,
    workers: 2,
    env: {
      AUTO_STOP_INTERVAL: `${INTERVAL_MS}ms`,
      AUTO_STOP_THRESHOLD: `${THRESHOLD_MS}ms`,
      AUTO_STOP_WARNING: '4s',
      SYNC_INTERVAL_MINUTES: '2s',
      DEADLINE_SWEEP_INTERVAL: `${SWEEP_MS}ms`,
      // What is stuck while it starts is to be so for as long as its test takes.
      INSTANCE_STARTUP_TIMEOUT: '10m',
    },
  });
});
afterAll(async () => {
  await ground?.stop();
});

describe('auto-stop', () => {
  it('stops each of many idle instances exactly once, and none that is used, leased, exempt, starting or not ours', async () => {
    const { fleet, first } = ground;
    fleet.sandbox.faults.add({ kind: 'stuck', status: 'pulling', nameContains: 'slow' });
    const theirs = fleet.sandbox.world.seed(6).filter(({ status }) => status === 'running');
    const [used, leased, off, monthly, starting] = await Promise.all([
      ground.create('used', KEPT, { autoStop: { enabled: false } }),
      ground.create('leased', KEPT),
      ground.create('off', KEPT, { autoStop: { enabled: false } }),
      ground.create('monthly', KEPT, { billingMode: 'monthly' }),
      ground.create('slow', KEPT),
    ]);
    // So long that a machine as busy as this one does not keep the next use from being reported in time.
    const begun = performance.now();
    await use(used);
    const usedThresholdMs = Math.max(8_000, 30 * (performance.now() - begun));
    await Promise.all(
      used.map(({ id }, i) => ground.of(i).set(id, { enabled: null, thresholdMinutes: usedThresholdMs / 60_000 })),
    );
    const users = new AbortController();
    const using = keepUsing(used, users.signal);
    // Awaited below, whatever comes first.
    using.catch(() => undefined);
    await Promise.all(leased.map(({ id }, i) => ground.of(i).lease(id, { minutes: 10, reason: 'training' })));
    const idle = await ground.create('idle', IDLE);
    const kept = [...used, ...leased, ...off, ...monthly];
    const ready = await ground.all(kept, 'ready');

    const stopped = await ground.all(idle, 'stopped');
    const usedUntil = Math.max(...ready.map((view) => ms(view['readyAt']))) + usedThresholdMs;
    await until('those in use would have been stopped', async () => Date.now() > usedUntil);
    await first.checks(3);
    users.abort();
    await using;

    expect(Object.fromEntries(ground.stopCounts())).toEqual(
      Object.fromEntries(stopped.map(({ novitaInstanceId = '' }) => [novitaInstanceId, 1])),
    );
    expect(fleet.sandbox.world.calls('stopInstance')).toBe(IDLE);
    for (const view of stopped) {
      const [stop = 0] = ground.stopCalls(view);
      expect(stop - ms(view['readyAt'])).toBeGreaterThanOrEqual(THRESHOLD_MS);
      expect(view).toMatchObject({ desired: 'stopped', desiredBy: 'auto-stop', novitaStatus: 'exited' });
      expect(view['lastUsedAt']).toBeUndefined();
    }
    await ground.all(kept, 'ready');
    for (const { id } of theirs) expect(fleet.sandbox.world.instance(id)?.status).toBe('running');
    for (const { id } of starting) expect((await fleet.api.get(id)).status).toBe('starting');

    const rules = async (ids: readonly string[]): Promise<readonly (string | undefined)[]> => {
      const answers = await Promise.all(ids.map((id, i) => ground.of(i).idle(id)));
      expect(answers.every(({ verdict }) => verdict === 'keep')).toBe(true);
      return [...new Set(answers.map(({ rule, exemption }) => exemption ?? rule))];
    };
    const idsOf = (instances: readonly InstanceView[]): string[] => instances.map(({ id }) => id);
    expect(await rules(idsOf(leased))).toEqual(['leased']);
    expect(await rules(idsOf(off))).toEqual(['switched-off-for-this-one']);
    expect(await rules(idsOf(monthly))).toEqual(['billed-monthly']);
    expect(await rules(idsOf(starting))).toEqual(['not-ready']);
    expect(await rules(theirs.map(({ id }) => id))).toEqual(['made-elsewhere']);
    const stats = await first.stats();
    expect(stats).toMatchObject({ stopped: IDLE, failed: 0 });
    // One whose claim was refused, as its record had just been written, is eligible in the next check again.
    expect(stats.eligible).toBeGreaterThanOrEqual(IDLE);
    fleet.sandbox.faults.clear();
    await ground.all(starting, 'stopped');
    await Promise.all(used.map(({ id }) => fleet.api.request('DELETE', `/api/v1/instances/${id}`)));
  });

  it('accounts for each stop once: a warning, a desired state with its reason and its signal, a line in the log', async () => {
    const { fleet } = ground;
    const stopped = (await ground.list('stopped')).filter(({ name }) => name.startsWith('idle-'));
    expect(stopped).toHaveLength(IDLE);
    const auditLogs = await atMost(20, stopped, async ({ id }, i) => ground.of(i).auditLog(id));
    let warned = 0;
    for (const [i, auditLog] of auditLogs.entries()) {
      const view = stopped[i];
      const warnings = auditLog.filter(({ kind }) => kind === 'warning');
      const stops = auditLog.filter(({ kind, to }) => kind === 'wish' && to === 'stopped');
      expect([view?.name, stops.length]).toEqual([view?.name, 1]);
      expect(warnings.length).toBeLessThanOrEqual(1);
      warned += warnings.length;
      const [warning, stop] = [warnings[0], stops[0]];
      for (const { by } of warnings) expect(by).toBe('auto-stop');
      expect(stop).toMatchObject({ by: 'auto-stop', from: 'running' });
      expect(stop?.reason).toContain(`since it was ready at ${String(view?.['readyAt'])}`);
      if (warning !== undefined) expect(ms(warning.at)).toBeLessThan(ms(stop?.at));
      expect(auditLog[0]).toMatchObject({ kind: 'status', from: 'stopping', to: 'stopped' });
      expect(auditLog.at(-1)).toMatchObject({ kind: 'wish', to: 'running', by: 'user:ops' });
    }
    // A check that comes late, as on a machine that is too busy for one in four seconds, finds nothing left to warn of.
    expect(warned).toBeGreaterThan(IDLE / 2);
    const log = fleet.workers.map(({ output }) => output).join('\n');
    for (const { id } of stopped)
      expect(
        log.match(new RegExp(`an idle instance is being stopped.*${id}|${id}.*an idle instance is being stopped`, 'g')),
      ).toHaveLength(1);
  });

  it.concurrent('gives one that was started again, by a command or at the console, a run and a clock of its own', async () => {
    const { fleet } = ground;
    const [byCommand, atConsole] = (await ground.list('stopped')).filter(({ name }) => name.startsWith('idle-'));
    if (byCommand === undefined || atConsole?.novitaInstanceId === undefined) throw new Error('two were stopped');
    expect((await fleet.api.request('POST', `/api/v1/instances/${byCommand.id}/start`)).status).toBe(202);
    fleet.sandbox.world.startFromConsole(atConsole.novitaInstanceId);
    for (const { id } of [byCommand, atConsole]) {
      const again = await until(`${id} is stopped again`, async () => {
        const view = await fleet.api.get(id);
        return ground.stopCalls(view).length === 2 && view.status === 'stopped' && view;
      });
      const stops = ground.stopCalls(again);
      expect(ms(again['readyAt'])).toBeGreaterThan(stops[0] ?? 0);
      expect((stops[1] ?? 0) - ms(again['readyAt'])).toBeGreaterThanOrEqual(THRESHOLD_MS);
    }
    const auditLog = await ground.first.auditLog(atConsole.id);
    expect(auditLog.find(({ kind, to }) => kind === 'wish' && to === 'running')).toMatchObject({ by: 'console' });
    expect([1, 2]).toContain(auditLog.filter(({ kind }) => kind === 'warning').length);
  });

  it.concurrent('is not put off by anybody who only reads, for ten intervals', async () => {
    const { fleet } = ground;
    const [made] = await ground.createReady('read', 1, { autoStop: { enabled: false } });
    if (made === undefined) throw new Error('one was asked for');
    const reading = await ReadEverything.prepare([fleet.api.url, ...fleet.workerUrls.slice(0, 1)], OPERATOR_KEY, made);
    // A whole round puts off nothing by itself, and then the time is so short that the rest of the reading has its end in it.
    const set = async (thresholdMs: number): Promise<unknown> => {
      const answer = await ground.first.set(made.id, { enabled: null, thresholdMinutes: thresholdMs / 60_000 });
      expect(Math.abs(ms(answer['autoStopAt']) - ms(made['readyAt']) - thresholdMs)).toBeLessThan(2);
      return answer['autoStopAt'];
    };
    const late = await set(3_600_000);
    await reading.once();
    expect((await fleet.api.get(made.id))['autoStopAt']).toBe(late);
    const autoStopAt = await set(Date.now() - ms(made['readyAt']) + 5_000);
    const stopAts = new Set<unknown>([autoStopAt]);
    const reader = { isReading: true };
    const round = reading.once({ lastingMs: 10 * INTERVAL_MS }).finally(() => {
      reader.isReading = false;
    });
    // Awaited below.
    round.catch(() => undefined);
    while (reader.isReading) {
      const view = await fleet.api.get(made.id);
      if (view.status === 'ready') stopAts.add(view['autoStopAt']);
      await pause(INTERVAL_MS / 2);
    }
    await round;
    await ground.all([made], 'stopped');
    const view = await fleet.api.get(made.id);
    expect(view['lastUsedAt']).toBeUndefined();
    expect([...stopAts]).toEqual([autoStopAt]);
    const [stop = 0] = ground.stopCalls(view);
    expect(stop).toBeGreaterThanOrEqual(ms(autoStopAt));
    expect(stop).toBeLessThanOrEqual(ms(autoStopAt) + INTERVAL_MS + SLACK_MS);
  });

  async function use(instances: readonly InstanceView[]): Promise<void> {
    for (const { status } of await Promise.all(
      instances.map(({ id }, i) =>
        ground.of(i).api.request('PUT', `/api/v1/instances/${id}/last-used`, { source: 'gateway' }),
      ),
    )) {
      // 202 where a process that is starved takes its Redis for away: it is kept for it.
      expect([200, 202]).toContain(status);
    }
  }

  async function keepUsing(instances: readonly InstanceView[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await use(instances);
      await pause(500);
    }
  }
});

describe('auto-stop in trouble', () => {
  afterEach(async () => {
    // A test that failed half-way is not to take the others along.
    await ground?.fleet.api.request('POST', '/api/v1/sync/resume');
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
    // A busy machine lengthens each pause by something, so that it may take some more of them until it shows.
    const isRareByNow = (): boolean => {
      const calls = ground.stopCalls(made);
      const gaps = calls.slice(1).map((at, i) => at - (calls[i] ?? at));
      return gaps.length >= 3 && (gaps.at(-1) ?? 0) > 2 * Math.min(...gaps);
    };
    const seen = await statusesUntil(made, 'its stop is tried less and less often', isRareByNow);
    expect(seen.filter((status) => status !== 'ready')).toEqual(['stopping']);
    expect(fleet.sandbox.world.instance(made.novitaInstanceId ?? '')?.status).toBe('running');
    await ground.showsAgeOf(ground.stopCalls(made)[0] ?? 0);

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
    await ground.showsAgeOf(ground.stopCalls(made)[0] ?? 0);
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

    // What is ready stands idle from then on, and may have been stopped before it is looked at.
    const wasReady = until('it was ready', async () => {
      const view = await fleet.api.get((starting as InstanceView).id);
      return view['readyAt'] !== undefined;
    });
    await Promise.all([ground.all([idle, stopping], 'stopped'), wasReady]);
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
});

const ms = (time: unknown): number => Date.parse(String(time));
