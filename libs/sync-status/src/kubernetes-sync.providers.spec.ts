import { Clock, HealthIndicatorRegistry, IdGenerator } from '@app/platform';
import { LockKeeper, MemoryLockKeeper, RedisConnections, RedisSettings } from '@app/redis';
import { FakeClock, SequentialIds } from '@app/testing';
import { Test, type TestingModule } from '@nestjs/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KUBERNETES } from '../test/fakes/a-run.js';
import { kubernetesSyncProviders } from './kubernetes-sync.providers.js';
import { UNKNOWN_SYNC } from './model/sync-status.js';
import { KubernetesSync } from './requests/kubernetes-sync.js';

async function boot(isOn: boolean): Promise<TestingModule> {
  const clock = new FakeClock();
  const locks = new MemoryLockKeeper(clock);
  const module = await Test.createTestingModule({
    providers: [
      { provide: RedisConnections, useValue: null },
      { provide: RedisSettings, useValue: { REDIS_KEY_PREFIX: 'test' } },
      { provide: Clock, useValue: clock },
      { provide: IdGenerator, useValue: new SequentialIds() },
      { provide: MemoryLockKeeper, useValue: locks },
      { provide: LockKeeper, useValue: locks },
      HealthIndicatorRegistry,
      ...kubernetesSyncProviders(KUBERNETES, { useFactory: () => isOn }),
    ],
  }).compile();
  onTestFinished(() => module.close());
  await module.init();
  return module;
}

describe('the sync with a cluster in a process', () => {
  it('is nothing where Kubernetes is off', async () => {
    const module = await boot(false);
    expect(module.get(KubernetesSync)).toBeNull();
    expect(module.get(HealthIndicatorRegistry).all()).toEqual([]);
  });

  it('follows its status from the start, and shows its health', async () => {
    const module = await boot(true);
    const sync = module.get(KubernetesSync);
    expect(sync.view.current()).not.toBe(UNKNOWN_SYNC);
    await sync.requests.pause({ keyName: 'ops' });
    await expect.poll(() => sync.view.current().paused?.by).toBe('user:ops');
    const checks = module.get(HealthIndicatorRegistry).all();
    const signal = new AbortController().signal;
    const shown = await Promise.all(checks.map(async ({ name, check }) => [name, await check({ signal })]));
    expect(Object.fromEntries(shown)).toEqual({
      kubernetesSync: { state: 'not_started', held: false, paused: true },
      kubernetesSyncLock: { held: false },
    });
    await sync.requests.resume();
    await expect.poll(() => sync.view.current().paused).toBeNull();
    module.get<FakeClock>(Clock).advance(46_000);
    const [health] = checks;
    expect(await health?.check({ signal })).toMatchObject({ degraded: expect.stringContaining('no worker') as string });
    const claim = { owner: 'worker', purpose: 'test', ttlMs: 30_000 };
    await module.get(LockKeeper).acquire(KUBERNETES.lock, claim);
    expect(await health?.check({ signal })).not.toHaveProperty('degraded');
  });
});
