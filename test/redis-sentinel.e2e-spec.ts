import { startSentinels } from '@app/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FailoverGround } from './support/failover-ground.js';

describe('a fleet on three Sentinels', () => {
  let ground: FailoverGround;
  beforeAll(async () => {
    ground = await FailoverGround.start(startSentinels());
  });
  afterAll(() => ground?.stop());

  it('lives as on a single server: a whole life, a sync, an auto-stop', async () => {
    await ground.wholeLife('first');
    expect(await ground.syncs()).toBeGreaterThanOrEqual(10);
    expect(await ground.stopsIdle('idle', 3)).toEqual([1, 1, 1]);
  });

  it('loses nothing and buys nothing twice when the primary is killed under load, and every queue goes on', async () => {
    const { made, refused } = await ground.killPrimaryUnderLoad();
    expect(new Set(refused.map((status) => [409, 503].includes(status)))).toEqual(new Set([true]));
    await ground.areReady(made);
    expect(new Set(ground.livesPerName())).toEqual(new Set([1]));
    await ground.wholeLife('second');
    expect(await ground.syncs()).toBeGreaterThanOrEqual(10 + made.length);
    expect(await ground.stopsIdle('idle-again', 3)).toEqual([1, 1, 1]);
  });
});
