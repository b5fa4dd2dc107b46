import { memoryStore } from '@app/instance-store';
import { HealthIndicatorRegistry } from '@app/platform';
import { FakeClock, seedInstances } from '@app/testing';
import { expect, it } from 'vitest';
import { InstanceCacheIndicator } from './sync-health.js';

it('the health of the records shows how many there are', async () => {
  const registry = new HealthIndicatorRegistry();
  const store = memoryStore(new FakeClock());
  await seedInstances(store.records, 7);
  new InstanceCacheIndicator(store.records, registry).onModuleInit();
  const indicator = registry.all().find(({ name }) => name === 'instanceCache');
  expect(indicator?.needed).toBe(false);
  expect(await indicator?.check({ signal: AbortSignal.timeout(1_000) })).toEqual({ size: 7 });
});
