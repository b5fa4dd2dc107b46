import { FleetView, type InstanceId, type NovitaInstanceId } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { MINUTE_MS, Problem, timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

describe('POST /watchdog/reports', () => {
  let api: TestApi;
  let id: InstanceId;

  beforeAll(async () => {
    api = await TestApi.start({ WATCHDOG_KEY_NAME: 'the-viewer' });
    const record = anInstance({
      novitaInstanceId: 'n1' as NovitaInstanceId,
      status: 'ready',
      desired: { state: 'running', at: timestampFromMs(api.clock.now() - 60 * MINUTE_MS), by: 'user:x' },
    });
    ({ id } = record);
    api.commands.stored = api.store.put(record);
  });
  afterAll(async () => {
    await api.stop();
  });

  const act = (members: Record<string, unknown> = {}) => ({
    id,
    novitaInstanceId: 'n1',
    name: 'llama',
    stopAt: timestampFromMs(api.clock.now() - 30 * MINUTE_MS),
    at: timestampFromMs(api.clock.now() - MINUTE_MS),
    dryRun: false,
    ...members,
  });
  const report = (acts: unknown, as: 'viewer' | 'operator' | 'admin' = 'viewer'): ReturnType<TestApi['send']> =>
    api.send({
      method: 'POST',
      url: '/api/v1/watchdog/reports',
      body: { dryRun: false, remembered: 4, acts },
      as,
    });

  it('is for the key of the watchdog alone, whatever the role of another one', async () => {
    for (const as of ['operator', 'admin'] as const) expect((await report([], as)).status).toBe(403);
  });

  it('notes when it was seen', async () => {
    expect(await api.watchdog.latest()).toBeNull();
    expect(await report([])).toMatchObject({ status: 200, json: { taken: [] } });
    expect(await api.watchdog.latest()).toEqual({ at: api.clock.timestamp(), dryRun: false, remembered: 4 });
  });

  it('has an instance that was stopped stay stopped, and leaves alone what nobody stopped, or was started since', async () => {
    const others = [
      act({ dryRun: true }),
      act({ novitaInstanceId: 'n2' }),
      act({ id: 'ins_00000054210000000000005421' }),
      act({ at: timestampFromMs(api.clock.now() - 90 * MINUTE_MS) }),
    ];
    expect((await report(others)).json).toEqual({ taken: [] });
    expect(api.commands.calls).toEqual([]);
    expect((await report([act(), act()])).json).toEqual({ taken: [id] });
    expect(api.commands.calls).toMatchObject([{ command: 'stop' }]);
  });

  it('reads all that it is told of at once', async () => {
    const match = vi.spyOn(api.app.get(FleetView), 'match');
    const more = Array.from({ length: 30 }, (_, place) =>
      api.store.put(
        anInstance({
          novitaInstanceId: `m${place}` as NovitaInstanceId,
          status: 'ready',
          desired: { state: 'running', at: timestampFromMs(api.clock.now() - 60 * MINUTE_MS), by: 'user:x' },
        }),
      ),
    );
    const acts = more.map(({ record }) => act({ id: record.id, novitaInstanceId: record.novitaInstanceId }));
    expect((await report(acts)).json['taken']).toHaveLength(30);
    expect(match).toHaveBeenCalledTimes(1);
    match.mockRestore();
  });

  it('enters in the audit log what a dry run would have stopped', async () => {
    expect((await report([act({ dryRun: true })])).json).toEqual({ taken: [] });
    const entries = await api.store.audit.entries(id, 10);
    expect(entries[0]).toMatchObject({
      kind: 'decision',
      by: 'user:the-viewer',
      at: timestampFromMs(api.clock.now() - MINUTE_MS),
      reason: expect.stringContaining('the watchdog would have stopped it'),
    });
  });

  it('goes on when a stop cannot be taken over', async () => {
    api.commands.failure = new Problem(lifecycleProblems['instance-busy'], { detail: 'It migrates.' });
    expect(await report([act()])).toMatchObject({ status: 200, json: { taken: [] } });
    api.commands.failure = null;
  });

  it('names each member that it cannot take', async () => {
    const { status, json } = await report([{ ...act(), at: 'yesterday' }]);
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: [{ pointer: '/acts/0/at' }] });
  });
});
