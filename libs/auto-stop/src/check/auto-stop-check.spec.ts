import { memoryStore, StoreUnavailableError } from '@app/instance-store';
import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { MINUTE, minutes, NOW, RULES } from '../../test/fakes/an-idle-instance.js';
import { CheckWorld } from '../../test/fakes/check-world.js';

beforeAll(() => Logger.overrideLogger(false));

const GATEWAY = 'user:gateway';

describe('a check', () => {
  it('has idle instances stopped by the life cycle, and no others', async () => {
    const world = new CheckWorld();
    const idle = await world.add();
    const used = await world.add();
    const leased = await world.add({ autoStop: { lease: { until: minutes(60), by: GATEWAY, reason: 'long' } } });
    const exempt = await world.add({ autoStop: { enabled: false } });
    const starting = await world.add({ status: 'starting' });
    const foreign = await world.add({ origin: 'discovered' });
    await world.store.idle.touch(used.id, minutes(-1), GATEWAY);

    const report = await world.run();
    expect(report).toMatchObject({
      checked: 1,
      eligible: 1,
      stopped: 1,
      warned: 0,
      failed: 0,
      suspended: null,
      more: false,
    });
    const { record } = (await world.store.records.get(idle.id)) ?? {};
    expect(record).toMatchObject({
      status: 'stopping',
      desired: { state: 'stopped', at: minutes(0), by: 'auto-stop' },
      timestamps: { stopping: minutes(0) },
      deadlines: { nextReconcileAt: minutes(0) },
      confirmedAt: null,
    });
    expect(world.queue.enqueued).toEqual([{ job: 'RECONCILE_INSTANCE', payload: { instanceId: idle.id } }]);
    for (const kept of [used, leased, exempt, foreign]) expect(await world.statusOf(kept)).toBe('ready');
    expect(await world.statusOf(starting)).toBe('starting');
    expect((await world.run()).checked).toBe(0);
  });

  it('carries the reason into the audit log', async () => {
    const world = new CheckWorld();
    const { id } = await world.add();
    await world.store.idle.touch(id, minutes(-30), GATEWAY);
    await world.run();
    const entries = await world.store.audit.entries(id, 10);
    const desired = entries.find(({ kind }) => kind === 'wish');
    expect(desired).toMatchObject({ by: 'auto-stop', to: 'stopped' });
    expect(desired?.reason).toMatch(/^Not used for 30 min, since its last use at .* \(user:gateway\)/);
  });

  it('warns once in each idle period, stops at the time it announced, and warns anew after a use', async () => {
    const world = new CheckWorld();
    const record = await world.add({ timestamps: { ready: minutes(-16) } });
    expect(await world.run()).toMatchObject({ checked: 1, eligible: 0, warned: 1, stopped: 0 });
    expect(await world.run()).toMatchObject({ checked: 0 });
    const changes = await world.announced();
    expect(changes.filter(({ type }) => type === 'instance.auto_stop_warning')).toHaveLength(1);

    world.clock.advance(2 * MINUTE);
    await world.store.idle.touch(record.id, minutes(2), GATEWAY);
    world.clock.set(NOW + 17 * MINUTE);
    expect(await world.run()).toMatchObject({ warned: 1 });
    world.clock.set(NOW + 22 * MINUTE - 1);
    expect(await world.run()).toMatchObject({ checked: 0 });
    world.clock.advance(1);
    expect(await world.run()).toMatchObject({ checked: 1, stopped: 1 });
  });

  it('enqueues the stops of a batch at once', async () => {
    const world = new CheckWorld();
    for (let n = 0; n < 250; n++) await world.add();
    expect(await world.run()).toMatchObject({ checked: 250, stopped: 250 });
    expect(world.queue.enqueued).toHaveLength(250);
    expect(world.queue.calls).toBe(2);
  });

  it('stops all the same when the queue is away: the deadline is in the record', async () => {
    const world = new CheckWorld();
    const record = await world.add();
    world.queue.available = false;
    expect(await world.run()).toMatchObject({ stopped: 1, failed: 0 });
    expect(await world.store.deadlines.due('nextReconcileAt', minutes(0), 10)).toEqual([record.id]);
  });

  it('takes a bounded part, says that there is more, and leaves no candidate out for ever', async () => {
    const world = new CheckWorld();
    for (let n = 0; n < 2_050; n++) await world.add();
    expect(await world.run()).toMatchObject({ checked: 2_000, stopped: 2_000, more: true });
    expect(await world.run()).toMatchObject({ checked: 50, stopped: 50, more: false });
  }, 20_000);

  it('puts deadlines right that the rules of before had set', async () => {
    const before = { ...RULES, thresholdMs: MINUTE };
    const world = new CheckWorld({ store: (clock) => memoryStore(clock, { rules: before }) });
    const off = { ...RULES, enabled: false };
    const later = new CheckWorld({ store: () => world.store, options: { rules: off } });
    await world.add();
    const report = await later.run();
    expect(report).toMatchObject({ checked: 1, eligible: 0, stopped: 0 });
    expect(report.verdicts[0]).toMatchObject({ outcome: 'kept', evaluation: { exemption: 'switched-off-for-all' } });
  });

  it('leaves a use that came in between alone', async () => {
    const world = new CheckWorld();
    const { idle } = world.store;
    const claim = idle.claim.bind(idle);
    vi.spyOn(idle, 'claim').mockImplementation(async (next, basis) => {
      await idle.touch(next.id, minutes(0), GATEWAY);
      return claim(next, basis);
    });
    const record = await world.add();
    const report = await world.run();
    expect(report).toMatchObject({ checked: 1, eligible: 1, stopped: 0 });
    expect(report.verdicts[0]?.outcome).toBe('used-meanwhile');
    expect(await world.statusOf(record)).toBe('ready');
    expect(await world.due()).toEqual([]);
  });

  it('judges anew what was written in between', async () => {
    const world = new CheckWorld();
    const { idle, records } = world.store;
    const claim = idle.claim.bind(idle);
    vi.spyOn(idle, 'claim').mockImplementationOnce(async (next, basis) => {
      const stored = await records.get(next.id);
      if (stored === null) throw new Error('no record');
      await records.write({ ...stored.record, webhookUrl: 'https://x.example' }, { kind: 'command' });
      return claim(next, basis);
    });
    const record = await world.add();
    expect(await world.run()).toMatchObject({ stopped: 1 });
    expect((await world.store.records.get(record.id))?.record.webhookUrl).toBe('https://x.example');
  });

  it('is not held up by one that cannot be handled', async () => {
    let bad = '';
    const world = new CheckWorld();
    const { idle } = world.store;
    const claim = idle.claim.bind(idle);
    vi.spyOn(idle, 'claim').mockImplementation(async (next, basis) => {
      if (next.id === bad) throw new Error('WRONGTYPE\nof a key');
      return claim(next, basis);
    });
    const records = [await world.add(), await world.add(), await world.add()];
    bad = records[0]?.id ?? '';
    const report = await world.run();
    expect(report).toMatchObject({ checked: 3, eligible: 3, stopped: 2, failed: 1 });
    expect(report.verdicts.find(({ outcome }) => outcome === 'failed')).toMatchObject({
      id: bad,
      detail: 'WRONGTYPE of a key',
    });
    expect(await world.metric('failed')).toBe(1);
    expect(await world.due()).toEqual([bad]);
  });

  it('counts what cannot be read', async () => {
    let bad = '';
    const world = new CheckWorld();
    const { records } = world.store;
    const [get, getMany] = [records.get.bind(records), records.getMany.bind(records)];
    vi.spyOn(records, 'getMany').mockImplementation(async (ids) => getMany(ids.filter((id) => id !== bad)));
    vi.spyOn(records, 'get').mockImplementation(async (id) => {
      if (id === bad) throw new Error('not JSON');
      return get(id);
    });
    bad = (await world.add()).id;
    await world.add();
    expect(await world.run()).toMatchObject({ checked: 2, stopped: 1, failed: 1 });
  });

  it('ends with the store, and is counted as failed', async () => {
    const world = new CheckWorld();
    vi.spyOn(world.store.deadlines, 'due').mockRejectedValue(new StoreUnavailableError('away'));
    await expect(world.run()).rejects.toThrow(StoreUnavailableError);
    const values = (await world.registry.getSingleMetric('novita_fleet_auto_stop_checks_total')?.get())?.values;
    expect(values).toContainEqual(expect.objectContaining({ labels: { outcome: 'failed' }, value: 1 }));
  });

  it('ends between two batches on demand', async () => {
    const world = new CheckWorld();
    for (let n = 0; n < 3; n++) await world.add();
    await expect(world.run({ signal: AbortSignal.abort(new Error('draining')) })).rejects.toThrow('draining');
    expect(await world.due()).toHaveLength(3);
  });
});

describe('a dry run', () => {
  it('reports what a check would do, and writes nothing', async () => {
    const world = new CheckWorld();
    const idle = await world.add();
    const soon = await world.add({ timestamps: { ready: minutes(-16) } });
    const before = await world.announced();
    const report = await world.run({ dryRun: true });
    expect(report).toMatchObject({ dryRun: true, checked: 2, eligible: 1, stopped: 0, warned: 0 });
    const verdicts = Object.fromEntries(
      report.verdicts.map(({ id, evaluation, outcome }) => [id, [evaluation.verdict, outcome]]),
    );
    expect(verdicts).toEqual({ [idle.id]: ['stop', 'nothing-done'], [soon.id]: ['warn', 'nothing-done'] });
    expect(await world.announced()).toEqual(before);
    expect(await world.store.audit.entries(idle.id, 10)).toHaveLength(
      (await world.store.audit.entries(soon.id, 10)).length,
    );
    expect(world.queue.enqueued).toEqual([]);
    expect((await world.stats.read()).lastRun).toBeNull();
    expect(await world.metric('checks')).toBe(0);
    expect(await world.run()).toMatchObject({ stopped: 1, warned: 1 });
  });

  it('says what a check would ask Novita first, and does not ask', async () => {
    const world = new CheckWorld({ options: { synchronised: false, gpuThresholdPercent: 5 } });
    await world.add();
    const [verdict] = (await world.run({ dryRun: true })).verdicts;
    expect(verdict?.detail).toBe(
      'A check asks Novita first whether it runs and how busy its GPU was; the answer can keep it.',
    );
  });
});

describe('a suspended check', () => {
  it.each([['too old', minutes(-91)] as const, ['not there yet', null] as const])(
    'warns and stops nothing while the data is %s, and says so',
    async (_, asOf) => {
      const world = new CheckWorld();
      const record = await world.add({ observedAt: minutes(-1) });
      world.freshness.asOf = asOf;
      const report = await world.run();
      expect(report).toMatchObject({ checked: 1, eligible: 1, stopped: 0, suspended: expect.any(String) });
      expect(report.verdicts[0]).toMatchObject({ outcome: 'kept', evaluation: { rule: 'suspended' } });
      expect(await world.statusOf(record)).toBe('ready');
      const values = (await world.registry.getSingleMetric('novita_fleet_auto_stop_checks_total')?.get())?.values;
      expect(values?.filter(({ value }) => value > 0).map(({ labels }) => labels['outcome'])).toEqual(['suspended']);
      expect(await world.store.audit.entries(record.id, 10)).not.toContainEqual(
        expect.objectContaining({ kind: 'decision' }),
      );
      world.freshness.asOf = minutes(0);
      expect(await world.run()).toMatchObject({ stopped: 1, suspended: null });
    },
  );
});

describe('the statistics of checks', () => {
  it('are added up over all checks', async () => {
    const world = new CheckWorld();
    await world.add();
    await world.run();
    await world.add();
    await world.add({ timestamps: { ready: minutes(-16) } });
    await world.run();
    expect((await world.stats.read()).totals).toEqual({ checked: 3, eligible: 2, stopped: 2, failed: 0 });
    expect([await world.metric('stopped'), await world.metric('warned')]).toEqual([2, 1]);
  });
});
