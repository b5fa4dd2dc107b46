import { describe, expect, it } from 'vitest';
import { CALLER, problemOf, setUp } from '../../test/fakes/command-world.js';
import { at } from '../../test/fakes/observations.js';

describe('changeSettings', () => {
  it.each([
    [{}, { enabled: true, thresholdMinutes: 5 }],
    [{ enabled: null }, { thresholdMinutes: 5 }],
    [{ thresholdMinutes: null }, { enabled: true }],
    [{ enabled: null, thresholdMinutes: null }, {}],
    [{ enabled: false }, { enabled: false, thresholdMinutes: 5 }],
    [{ enabled: false, thresholdMinutes: null }, { enabled: false }],
  ])('takes null for the default and absent for no change: %j', async (autoStop, expected) => {
    const { settings, put } = setUp();
    const lease = { until: at(3_600), by: 'user:ci', reason: 'training' };
    const { id } = put('ready', { autoStop: { enabled: true, thresholdMinutes: 5, lease } });
    const { record } = await settings.change(id, { autoStop }, 1, CALLER);
    expect(record.autoStop).toStrictEqual({ ...expected, lease });
  });

  it('enters what differs in the audit log, and nothing when nothing does', async () => {
    const { settings, put, store } = setUp();
    const { id } = put('ready', { autoStop: { thresholdMinutes: 5 } });
    const entries = () => store.writes.map(({ options }) => options.entry);
    const change = { autoStop: { enabled: false, thresholdMinutes: null }, webhookUrl: 'https://a.example/secret' };
    await settings.change(id, change, 1, CALLER);
    await settings.change(id, change, 2, CALLER);
    await settings.change(id, { webhookUrl: null }, 3);
    expect(entries()).toEqual([
      {
        at: at(0),
        kind: 'settings',
        by: 'user:ci',
        reason: 'auto-stop: as the fleet → off; idle threshold: 5 min → as the fleet; webhook address set',
      },
      undefined,
      { at: at(0), kind: 'settings', by: 'user', reason: 'webhook address removed' },
    ]);
  });

  it('sets, moves and removes the lifetime, and has the life cycle look after an end that moved', async () => {
    const { settings, put, store, queue } = setUp();
    const { id } = put('ready');
    const change = async (maxLifetimeMinutes: number | null) => {
      queue.enqueued.length = 0;
      const { record } = await settings.change(id, { maxLifetimeMinutes }, null, CALLER);
      return [record.maxLifetimeMinutes, queue.enqueued.length];
    };
    expect(await change(60)).toEqual([60, 1]);
    expect(await change(60)).toEqual([60, 0]);
    expect(await change(90)).toEqual([90, 1]);
    expect(await change(null)).toEqual([null, 1]);
    const reasons = store.writes.flatMap(({ options }) => options.entry?.reason ?? []);
    expect(reasons).toEqual([
      'lifetime: without an end → 60 min',
      'lifetime: 60 min → 90 min',
      'lifetime: 90 min → without an end',
    ]);
    queue.enqueued.length = 0;
    await settings.change(id, { webhookUrl: null, autoStop: { enabled: false } }, null, CALLER);
    expect(queue.enqueued).toEqual([]);
  });

  it('changes what is named and keeps the rest', async () => {
    const { settings, put } = setUp();
    const { id } = put('ready', { autoStop: { enabled: true, thresholdMinutes: 5 }, webhookUrl: 'https://a.example' });
    const { record } = await settings.change(id, { autoStop: { thresholdMinutes: 9 } }, 1);
    expect(record).toMatchObject({ autoStop: { enabled: true, thresholdMinutes: 9 }, webhookUrl: 'https://a.example' });
    expect((await settings.change(id, { webhookUrl: null }, 2)).record.webhookUrl).toBeNull();
    expect((await problemOf(settings.change(id, {}, 1))).type.code).toBe('revision-mismatch');
    expect((await settings.change(id, {}, null)).record.id).toBe(id);
  });
});
