import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './support/built-process.js';
import { OPERATOR_KEY } from './support/fleet.js';
import { runProgram } from './support/run-program.js';
import { loadSyncExample } from './support/sync-examples.js';
import { SyncFollower } from './support/sync-follower.js';
import { SyncGround } from './support/sync-ground.js';

/** Of ten; more than the brake lets pass. */
const MANY = 6;

/** What becomes of records whose instances are missing: few, many, for a while, for good. */
describe('the sync and instances that are missing', () => {
  let ground: SyncGround;

  beforeAll(async () => {
    ground = await SyncGround.prepare();
  });
  afterEach(() => ground.heal());
  afterAll(async () => {
    await ground?.fleet.stop();
  });

  it('10 % missing from lists only stay; missing altogether they are marked, stay on record, and may come back', async () => {
    const { fleet, sync, ours } = ground;
    const [victim = '', ...others] = ours;
    ground.hide([victim], 'lists');
    expect((await ground.expectNothingGoes()).leftMissing).toBe(1);

    fleet.sandbox.faults.clear();
    await sync.run();
    ground.hide([victim]);
    const { id } = await fleet.api.get(victim);
    const data = await sync.run();
    expect([data.instancesRemoved, data.markedTerminated, data.held]).toEqual([0, 1, undefined]);
    const marked = await fleet.api.get(id);
    expect(marked).toMatchObject({ status: 'terminated', lastError: { code: 'vanished-at-provider' } });
    expect(marked['terminatedAt']).toEqual(expect.any(String));
    await ground.expectAll(others, 'ready');
    await sync.run();
    await ground.expectAll([id], 'terminated');

    fleet.sandbox.faults.clear();
    await sync.run();
    expect((await ground.isReady(victim)).id).toBe(id);
  });

  it('60 % missing are held, told, and forgotten when they come back', async () => {
    const { fleet, sync, ours } = ground;
    const follower = await SyncFollower.start(await loadSyncExample(), fleet.api.url, OPERATOR_KEY);
    ground.hide(ours.slice(0, MANY));
    const { held } = await ground.expectNothingGoes();
    expect(held).toMatchObject({ wouldRemove: MANY, reason: expect.any(String) as string });
    expect((await sync.status()).held).toEqual(held);
    const told = await follower.sees('held', ({ event }) => event === 'sync.held');
    expect(told.data.status.held).toEqual(held);
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
    const { fleet, sync, ours } = ground;
    ground.hide(ours.slice(0, MANY));
    expect((await ground.expectNothingGoes()).held?.wouldRemove).toBe(MANY);
    fleet.sandbox.faults.clear();
    // One is back, and another is missing for the first time.
    ground.hide(ours.slice(1, MANY + 1));
    const second = await sync.run();
    expect(second.markedTerminated).toBe(MANY - 1);
    expect(second.held?.wouldRemove).toBe(1);
    await ground.expectAll(ours.slice(1, MANY), 'terminated');
    await ground.expectAll([...ours.slice(0, 1), ...ours.slice(MANY)], 'ready');
  });

  it('60 % missing go at once with forceSync, but for those that Novita still knows by their ids', async () => {
    const { sync, ours } = ground;
    ground.hide(ours.slice(0, MANY), 'lists');
    expect((await ground.expectNothingGoes({ forceSync: true })).held).toBeUndefined();
    ground.hide(ours.slice(0, MANY));
    const data = await sync.run({ forceSync: true });
    expect([data.markedTerminated, data.instancesRemoved, data.held]).toEqual([MANY, 0, undefined]);
    await ground.expectAll(ours.slice(0, MANY), 'terminated');
    await ground.expectAll(ours.slice(MANY), 'ready');
  });

  it('a dry run tells them one by one and changes nothing', async () => {
    const { fleet, sync, ours } = ground;
    ground.hide(ours.slice(0, MANY));
    const revisions = () => Promise.all(ours.map(async (id) => (await fleet.api.get(id))['revision']));
    const before = await Promise.all([revisions(), sync.status(), sync.history()]);
    const { actions = [] } = await sync.run({ dryRun: true, forceSync: true });
    const planned = actions.filter(({ action }) => action === 'mark-terminated');
    expect(planned.map(({ novitaInstanceId }) => novitaInstanceId).sort()).toEqual(ours.slice(0, MANY).sort());
    expect(planned.every(({ reason }) => reason.length > 0)).toBe(true);

    const unforced = await sync.run({ dryRun: true });
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
    const { fleet, sync, ours } = ground;
    const [kept = '', purged = ''] = ours;
    ground.hide([kept]);
    const { id: keptId } = await fleet.api.get(kept);
    expect((await sync.run()).markedTerminated).toBe(1);
    // The sweep of deadlines purges too, and would come before the sync.
    await ground.anotherWorker({ SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS: '0', DEADLINE_SWEEP_INTERVAL: '1h' });
    ground.hide([purged]);
    const { id: purgedId } = await fleet.api.get(purged);
    expect((await sync.run()).markedTerminated).toBe(1);
    await ground.expectAll([keptId, purgedId], 'terminated');

    expect((await sync.run()).instancesRemoved).toBe(1);
    expect([await ground.isKnown(keptId), await ground.isKnown(purgedId)]).toEqual([true, false]);
  });

  it('the other strategy removes them at once, and finds one that comes back by its marker', async () => {
    const { fleet, sync, ours } = ground;
    const victim = ours[0] ?? '';
    const { id, marker } = await fleet.api.get(victim);
    await ground.anotherWorker({ SYNC_REMOVE_OBSOLETE_INSTANCES: 'true' });
    ground.hide([victim]);
    const data = await sync.run();
    expect([data.instancesRemoved, data.markedTerminated]).toEqual([1, 0]);
    expect(await ground.isKnown(id)).toBe(false);

    fleet.sandbox.faults.clear();
    expect((await sync.run()).adopted).toBe(1);
    expect(await ground.isReady(victim)).toMatchObject({ origin: 'adopted', marker });
  });
});
