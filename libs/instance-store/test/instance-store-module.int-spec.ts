import {
  InstanceStore,
  InstanceStoreModule,
  MemoryInstanceStore,
  RedisInstanceStore,
  StoreUnavailableError,
} from '@app/instance-store';
import { Clock, IoRedisConnections, loadSettings, MetricsRegistry, RedisConnections, Settings } from '@app/platform';
import { aNewInstance, FakeClock, startRedis } from '@app/testing';
import { Global, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { expect, it, vi } from 'vitest';

async function moduleOn(connections: RedisConnections | null): Promise<TestingModule> {
  @Global()
  @Module({
    providers: [
      MetricsRegistry,
      { provide: Clock, useValue: new FakeClock() },
      { provide: Settings, useValue: loadSettings({ REDIS_KEY_PREFIX: 'module-under-test' }) },
      { provide: RedisConnections, useValue: connections },
    ],
    exports: [MetricsRegistry, Clock, Settings, RedisConnections],
  })
  class FakePlatformModule {}

  const module = await Test.createTestingModule({ imports: [FakePlatformModule, InstanceStoreModule] }).compile();
  return module.init();
}

it('keeps records in memory when no Redis is configured, and counts them by status', async () => {
  const module = await moduleOn(null);
  const store = module.get(InstanceStore);
  expect(store).toBeInstanceOf(MemoryInstanceStore);
  await store.insert(aNewInstance({ status: 'ready' }));
  const registry = module.get(MetricsRegistry);
  expect(await registry.metrics()).toContain('novita_fleet_instances{status="ready"} 1');
  vi.spyOn(store, 'counts').mockRejectedValue(new StoreUnavailableError('away'));
  const metrics = await registry.metrics();
  expect(metrics).toContain('process_cpu_seconds_total');
  expect(metrics).not.toContain('novita_fleet_instances{');
  await module.close();
});

it('keeps records in the configured Redis, under the configured prefix', async () => {
  const server = await startRedis();
  const connections = new IoRedisConnections({ url: server.url, processName: 'test' });
  const module = await moduleOn(connections);
  const store = module.get(InstanceStore);
  expect(store).toBeInstanceOf(RedisInstanceStore);
  await store.insert(aNewInstance());
  expect(await connections.commands.exists('{module-under-test}:counts')).toBe(1);
  await module.close();
  await connections.close();
  await server.stop();
});
