import type { Fault } from '@app/sandbox';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OURS, SyncGround } from './support/sync-ground.js';
import { until } from './support/until.js';

/**
 * What the sync makes of a provider that lists wrongly, late, or nothing at all. In each test one instance is really
 * gone, so that it shows what stays for now and what goes once the provider is well again.
 */
describe('the sync and a provider that lists wrongly', () => {
  let ground: SyncGround;

  beforeAll(async () => {
    ground = await SyncGround.prepare();
  });
  afterEach(() => ground.heal());
  afterAll(async () => {
    await ground?.fleet.stop();
  });

  /** Gone without a trace, though it is on record; and one that has changed. */
  async function oneGoneOneChanged(): Promise<readonly [gone: string, changed: string]> {
    const [gone, changed] = await ground.twoMore();
    ground.fleet.sandbox.world.vanish(gone);
    ground.fleet.sandbox.world.setStatus(changed, 'migrating');
    return [gone, changed];
  }

  it.each<{ readonly what: string; readonly fault: Fault; readonly updates: boolean }>([
    { what: 'page drift, as if one had gone', fault: { kind: 'page-drift' }, updates: true },
    { what: 'page drift, as if one had come', fault: { kind: 'page-drift', direction: 'inserted' }, updates: true },
    { what: 'duplicates', fault: { kind: 'duplicates' }, updates: true },
    { what: 'an item that cannot be read', fault: { kind: 'malformed', body: 'item', page: 3 }, updates: true },
    { what: 'nothing, although there is a total', fault: { kind: 'empty-list', total: 5 }, updates: false },
  ])('an inconsistent list ($what) updates what it shows and removes nothing', async ({ fault, updates }) => {
    const [gone, changed] = await oneGoneOneChanged();
    ground.fleet.sandbox.faults.add({ operation: 'listInstances', ...fault });

    const data = await ground.expectNothingGoes();
    expect(data.unclean).toEqual(expect.any(String));
    expect(await ground.isKnown(gone)).toBe(true);
    const { novitaStatus } = await ground.fleet.api.get(changed);
    if (updates) expect(novitaStatus).toBe('migrating');
    else expect(novitaStatus).not.toBe('migrating');

    ground.fleet.sandbox.faults.clear();
    const clean = await ground.sync.run();
    expect([clean.unclean, clean.instancesRemoved]).toEqual([undefined, 1]);
    expect(await ground.isKnown(gone)).toBe(false);
    expect((await ground.fleet.api.get(changed)).novitaStatus).toBe('migrating');
  });

  const ugly = `upstream\r\nX-Injected: yes\n\u0007${'exploded '.repeat(1_000)}`;

  it.each<{ readonly what: string; readonly fault: Fault }>([
    { what: '5xx', fault: { kind: 'error', status: 500, reason: 'UNKNOWN', message: ugly } },
    { what: 'malformed, cut off', fault: { kind: 'malformed', body: 'truncated' } },
    { what: 'malformed, a web page', fault: { kind: 'malformed', body: 'html' } },
    { what: 'a hang', fault: { kind: 'hang' } },
    { what: 'a broken connection', fault: { kind: 'reset' } },
  ])('a list that fails on page 3 ($what) removes nothing and is told everywhere', async ({ fault }) => {
    const { fleet, sync } = ground;
    const [gone] = await oneGoneOneChanged();
    fleet.sandbox.faults.add({ operation: 'listInstances', page: 3, ...fault });

    const answer = await sync.answered();
    expect(answer.status).toBe(502);
    expect(answer.body).toMatchObject({ code: 'sync-failed', retryable: true });
    const { headers, body } = await fleet.api.request('GET', '/api/v1/sync/status');
    expect(body).toMatchObject({ status: 'failed', error: expect.stringContaining('instances') as string });
    expect(headers.get('x-sync-status')).toBe('failed');
    expect(headers.get('x-sync-error')).toMatch(/^[ -~]{1,200}$/);
    expect(headers.get('x-injected')).toBeNull();
    expect(await ground.isKnown(gone)).toBe(true);
    await ground.expectAll(ground.ours, 'ready');
    // One kind that fails does not stop the others.
    const byStatus = Map.groupBy((await sync.status()).resourceStatus, ({ status }) => status);
    expect(byStatus.get('failed')?.map(({ name }) => name)).toEqual(['instances']);
    expect(byStatus.get('completed')).toHaveLength(8);
    const lines = fleet.workers.flatMap(({ output }) => output.split('\n'));
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(20_000);

    fleet.sandbox.faults.clear();
    await until('Novita is called again', async () => (await sync.answered()).status === 200);
    expect((await sync.status()).status).toBe('completed');
    expect(await ground.isKnown(gone)).toBe(false);
  });

  it('a 429 with Retry-After is waited out, and the list is as good as any', async () => {
    const [gone] = await oneGoneOneChanged();
    ground.fleet.sandbox.faults.add({
      operation: 'listInstances',
      page: 3,
      kind: 'error',
      status: 429,
      reason: 'RATE_LIMIT_EXCEEDED',
      message: 'slow down',
      retryAfterSeconds: 1,
      times: 1,
    });
    const data = await ground.sync.run();
    expect(data.duration).toBeGreaterThan(900);
    expect([data.unclean, data.instancesRemoved]).toEqual([undefined, 1]);
    expect(await ground.isKnown(gone)).toBe(false);
    await ground.expectAll(ground.ours, 'ready');
  });

  it('another kind that fails is told, and the instances are carried through', async () => {
    const [gone] = await oneGoneOneChanged();
    ground.fleet.sandbox.faults.add({
      operation: 'listTemplates',
      kind: 'error',
      status: 500,
      reason: 'UNKNOWN',
      message: 'no',
    });
    const { success, data } = await ground.sync.envelope();
    expect(success).toBe(false);
    expect(data.failures.map(({ resource }) => resource)).toEqual(['templates']);
    expect(data.instancesRemoved).toBe(1);
    expect(await ground.isKnown(gone)).toBe(false);
    await ground.expectAll(ground.ours, 'ready');
    expect(await ground.sync.status()).toMatchObject({ status: 'failed' });
  });

  it('a lagging list neither ends what it does not know yet nor brings back what was stopped since', async () => {
    const { fleet, sync } = ground;
    const stopped = ground.ours[0] ?? '';
    const begun = Date.now();
    const late = await ground.create('late');
    ground.ours.push(late.novitaInstanceId ?? '');
    await fleet.api.request('POST', `/api/v1/instances/${stopped}/stop`);
    await until('it is stopped', async () => (await fleet.api.get(stopped)).status === 'stopped');

    fleet.sandbox.faults.add({ kind: 'list-lag', ms: Date.now() - begun + 1_000 });
    const data = await sync.run();
    expect([data.instancesRemoved, data.markedTerminated, data.unclean]).toEqual([0, 0, undefined]);
    expect(data.leftMissing).toBeGreaterThanOrEqual(1);
    await ground.expectAll([late.id], 'ready');
    expect((await fleet.api.get(stopped)).desired).toBe('stopped');

    fleet.sandbox.faults.clear();
    await sync.run();
    await until('Novita has been asked', async () => (await fleet.api.get(stopped)).novitaStatus === 'exited');
    expect(await fleet.api.get(stopped)).toMatchObject({ status: 'stopped', desired: 'stopped' });
    await fleet.api.request('POST', `/api/v1/instances/${stopped}/start`);
  });

  it('an empty list is held, and even a second one removes nothing that Novita still knows by its id', async () => {
    ground.fleet.sandbox.faults.add({ kind: 'empty-list' });
    const first = await ground.expectNothingGoes();
    expect(first.held?.wouldRemove).toBeGreaterThanOrEqual(OURS);
    expect((await ground.sync.status()).held?.reason).toContain('empty');
    await ground.expectNothingGoes();
    await ground.expectNothingGoes({ forceSync: true });
  });
});
