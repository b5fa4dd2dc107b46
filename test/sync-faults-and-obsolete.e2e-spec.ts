import { join } from 'node:path';
import type { Fault } from '@app/sandbox';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './support/built-process.js';
import { OPERATOR_KEY } from './support/fleet.js';
import { runProgram } from './support/run-program.js';
import { loadSyncExample } from './support/sync-examples.js';
import { SyncFollower } from './support/sync-follower.js';
import { OURS, SyncGround } from './support/sync-ground.js';
import { until } from './support/until.js';

/** Of ten; more than the brake lets pass. */
const MANY = 6;

let ground: SyncGround;

beforeAll(async () => {
  ground = await SyncGround.prepare();
});
afterEach(() => ground.heal());
afterAll(async () => {
  await ground?.fleet.stop();
});

/**
 * What the sync makes of a provider that lists wrongly, late, or nothing at all. In each test one instance is really
 * gone, so that it shows what stays for now and what goes once the provider is well again.
 */
describe('the sync and a provider that lists wrongly', () => {
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
    const clean = await ground.run();
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
  ])('a list that fails on page 3 ($what) removes nothing and is shown everywhere', async ({ fault }) => {
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

  it('another kind that fails is reported, and the instances are carried through', async () => {
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
    const { fleet } = ground;
    const stopped = ground.ours[0] ?? '';
    const begun = Date.now();
    const late = await ground.create('late');
    ground.ours.push(late.novitaInstanceId ?? '');
    await fleet.api.request('POST', `/api/v1/instances/${stopped}/stop`);
    await until('it is stopped', async () => (await fleet.api.get(stopped)).status === 'stopped');

    fleet.sandbox.faults.add({ kind: 'list-lag', ms: Date.now() - begun + 3_000 });
    const data = await ground.run();
    expect([data.instancesRemoved, data.markedTerminated, data.unclean]).toEqual([0, 0, undefined]);
    expect(data.leftMissing).toBeGreaterThanOrEqual(1);
    await ground.expectAll([late.id], 'ready');
    expect((await fleet.api.get(stopped)).desired).toBe('stopped');

    fleet.sandbox.faults.clear();
    await ground.run();
    await until('Novita has been asked', async () => (await fleet.api.get(stopped)).novitaStatus === 'exited');
    expect(await fleet.api.get(stopped)).toMatchObject({ status: 'stopped', desired: 'stopped' });
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

/** What becomes of records whose instances are missing: few, many, for a while, for good. */
describe('the sync and instances that are missing', () => {
  it('10 % missing from lists only stay; missing altogether they are marked, stay on record, and may come back', async () => {
    const { fleet, ours } = ground;
    const [victim = '', ...others] = ours;
    ground.hide([victim], 'lists');
    expect((await ground.expectNothingGoes()).leftMissing).toBe(1);

    fleet.sandbox.faults.clear();
    await ground.run();
    ground.hide([victim]);
    const { id } = await fleet.api.get(victim);
    const data = await ground.run();
    expect([data.instancesRemoved, data.markedTerminated, data.held]).toEqual([0, 1, undefined]);
    const marked = await fleet.api.get(id);
    expect(marked).toMatchObject({ status: 'terminated', lastError: { code: 'vanished-at-provider' } });
    expect(marked['terminatedAt']).toEqual(expect.any(String));
    await ground.expectAll(others, 'ready');
    await ground.run();
    await ground.expectAll([id], 'terminated');

    fleet.sandbox.faults.clear();
    await ground.run();
    expect((await ground.isReady(victim)).id).toBe(id);
  });

  it('60 % missing are held, announced, and forgotten when they come back', async () => {
    const { fleet, sync, ours } = ground;
    const follower = await SyncFollower.start(await loadSyncExample(), fleet.api.url, OPERATOR_KEY);
    ground.hide(ours.slice(0, MANY));
    const { held } = await ground.expectNothingGoes();
    expect(held).toMatchObject({ wouldRemove: MANY, reason: expect.any(String) as string });
    expect((await sync.status()).held).toEqual(held);
    const event = await follower.sees('held', ({ event }) => event === 'sync.held');
    expect(event.data.status.held).toEqual(held);
    await follower.stop();

    const wait = (...args: string[]) =>
      runProgram(join(ROOT, 'scripts', 'wait-for-sync.sh'), [fleet.api.url, '--timeout', '20', ...args]);
    expect((await wait()).code).toBe(0);
    expect(await wait('--fail-on-held')).toMatchObject({ code: 4, stderr: expect.stringContaining('held') as string });

    fleet.sandbox.faults.clear();
    expect((await ground.expectNothingGoes()).held).toBeUndefined();
    expect((await sync.status()).held).toBeUndefined();
  });

  it('60 % missing go when a second list agrees, and only those that both lack', async () => {
    const { fleet, ours } = ground;
    ground.hide(ours.slice(0, MANY));
    expect((await ground.expectNothingGoes()).held?.wouldRemove).toBe(MANY);
    fleet.sandbox.faults.clear();
    // One is back, and another is missing for the first time.
    ground.hide(ours.slice(1, MANY + 1));
    const second = await ground.run();
    expect(second.markedTerminated).toBe(MANY - 1);
    expect(second.held?.wouldRemove).toBe(1);
    await ground.expectAll(ours.slice(1, MANY), 'terminated');
    await ground.expectAll([...ours.slice(0, 1), ...ours.slice(MANY)], 'ready');
  });

  it('60 % missing go at once with forceSync, but for those that Novita still knows by their ids', async () => {
    const { ours } = ground;
    ground.hide(ours.slice(0, MANY), 'lists');
    expect((await ground.expectNothingGoes({ forceSync: true })).held).toBeUndefined();
    ground.hide(ours.slice(0, MANY));
    const data = await ground.run({ forceSync: true });
    expect([data.markedTerminated, data.instancesRemoved, data.held]).toEqual([MANY, 0, undefined]);
    await ground.expectAll(ours.slice(0, MANY), 'terminated');
    await ground.expectAll(ours.slice(MANY), 'ready');
  });

  it('a dry run lists them one by one and changes nothing', async () => {
    const { fleet, sync, ours } = ground;
    ground.hide(ours.slice(0, MANY));
    const revisions = () => Promise.all(ours.map(async (id) => (await fleet.api.get(id))['revision']));
    const before = await Promise.all([revisions(), sync.status(), sync.history()]);
    const { actions = [] } = await ground.run({ dryRun: true, forceSync: true });
    const planned = actions.filter(({ action }) => action === 'mark-terminated');
    expect(planned.map(({ novitaInstanceId }) => novitaInstanceId).sort()).toEqual(ours.slice(0, MANY).sort());
    expect(planned.every(({ reason }) => reason.length > 0)).toBe(true);

    const unforced = await ground.run({ dryRun: true });
    expect(unforced.held?.wouldRemove).toBe(MANY);
    expect(await Promise.all([revisions(), sync.status(), sync.history()])).toEqual(before);
    await ground.expectAll(ours, 'ready');
  });

  it('handleObsoleteInstances: false leaves them alone', async () => {
    ground.hide(ground.ours.slice(0, 1));
    const data = await ground.expectNothingGoes({ handleObsoleteInstances: false });
    expect(data.leftMissing).toBe(1);
  });

  it('a record is purged when its days since the termination are over', async () => {
    const { fleet, ours } = ground;
    const [kept = '', purged = ''] = ours;
    ground.hide([kept]);
    const { id: keptId } = await fleet.api.get(kept);
    expect((await ground.run()).markedTerminated).toBe(1);
    // The sweep of deadlines purges too, and would come before the sync.
    await ground.anotherWorker({ SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS: '0', DEADLINE_SWEEP_INTERVAL: '1h' });
    ground.hide([purged]);
    const { id: purgedId } = await fleet.api.get(purged);
    expect((await ground.run()).markedTerminated).toBe(1);
    await ground.expectAll([keptId, purgedId], 'terminated');

    expect((await ground.run()).instancesRemoved).toBe(1);
    expect([await ground.isKnown(keptId), await ground.isKnown(purgedId)]).toEqual([true, false]);
  });

  it('the other strategy removes them at once, and finds one that comes back by its marker', async () => {
    const { fleet, ours } = ground;
    const victim = ours[0] ?? '';
    const { id, marker } = await fleet.api.get(victim);
    await ground.anotherWorker({ SYNC_REMOVE_OBSOLETE_INSTANCES: 'true' });
    ground.hide([victim]);
    const data = await ground.run();
    expect([data.instancesRemoved, data.markedTerminated]).toEqual([1, 0]);
    expect(await ground.isKnown(id)).toBe(false);

    fleet.sandbox.faults.clear();
    expect((await ground.run()).adopted).toBe(1);
    expect(await ground.isReady(victim)).toMatchObject({ origin: 'adopted', marker });
  });
});
