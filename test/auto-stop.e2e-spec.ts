import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InstanceView } from './support/api-client.js';
import { OPERATOR_KEY } from './support/fleet.js';
import { atMost, IdleFleet } from './support/idle-fleet.js';
import { ReadEverything } from './support/read-everything.js';
import { until } from './support/until.js';

const INTERVAL_MS = 1_000;
const THRESHOLD_MS = 5_000;
/** From the time of a stop until a machine that is busy with other tests has asked Novita for it. */
const SLACK_MS = 60_000;
/** `IDLE=200` is the whole proof; the suite makes sure that it holds at all. */
const IDLE = Number(process.env['IDLE'] ?? 60);
const KEPT = 5;

/** Two APIs and two workers, a check every second, five seconds to stand idle. */
describe('auto-stop', () => {
  let ground: IdleFleet;

  beforeAll(async () => {
    ground = await IdleFleet.start({
      apis: 2,
      workers: 2,
      env: {
        AUTO_STOP_INTERVAL: `${INTERVAL_MS}ms`,
        AUTO_STOP_THRESHOLD: `${THRESHOLD_MS}ms`,
        AUTO_STOP_WARNING: '4s',
        SYNC_INTERVAL_MINUTES: '2s',
      },
    });
  });
  afterAll(async () => {
    await ground?.stop();
  });

  it('stops each of many idle instances exactly once, and none that is used, leased, exempt, starting or not ours', async () => {
    const { fleet, first } = ground;
    fleet.sandbox.faults.add({ kind: 'stuck', status: 'pulling', nameContains: 'slow' });
    const theirs = fleet.sandbox.world.seed(20).filter(({ status }) => status === 'running');
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
    // Late enough that half of the reading lies before its stop, and half after.
    const [made] = await ground.createReady('read', 1, { autoStop: { thresholdMinutes: 0.1 } });
    const reading = await ReadEverything.prepare(
      [fleet.api.url, ...fleet.workerUrls.slice(0, 1)],
      OPERATOR_KEY,
      made as InstanceView,
    );
    const { readyAt, autoStopAt } = await fleet.api.get(made?.id ?? '');
    expect(ms(autoStopAt) - ms(readyAt)).toBe(6_000);
    const end = Date.now() + 10 * INTERVAL_MS;
    let stopAts = new Set<unknown>([autoStopAt]);
    while (Date.now() < end || reading.rounds < 2) {
      await reading.once();
      const view = await fleet.api.get(made?.id ?? '');
      if (view.status === 'ready') stopAts = stopAts.add(view['autoStopAt']);
    }
    const view = await fleet.api.get(made?.id ?? '');
    expect(view['lastUsedAt']).toBeUndefined();
    expect([...stopAts]).toEqual([autoStopAt]);
    const [stop = 0] = ground.stopCalls(view);
    expect(stop).toBeGreaterThanOrEqual(ms(autoStopAt));
    expect(stop).toBeLessThanOrEqual(ms(autoStopAt) + INTERVAL_MS + SLACK_MS);
  });

  async function use(instances: readonly InstanceView[]): Promise<void> {
    await Promise.all(instances.map(({ id }, i) => ground.of(i).touch(id, { source: 'gateway' })));
  }

  async function keepUsing(instances: readonly InstanceView[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await use(instances);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
});

const ms = (time: unknown): number => Date.parse(String(time));
