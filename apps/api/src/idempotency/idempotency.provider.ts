import { DegradedMode } from '@app/instance-store';
import { Clock, Settings } from '@app/platform';
import { RedisConnections } from '@app/redis';
import { type FactoryProvider, Logger } from '@nestjs/common';
import { IdempotencyHooks } from './idempotency.hooks.js';
import { IDEMPOTENCY_TIMES, IdempotencyStore } from './idempotency-store.port.js';
import { MemoryIdempotencyStore } from './memory-idempotency-store.js';
import { RedisIdempotencyStore } from './redis-idempotency-store.js';

export const idempotencyStoreProvider: FactoryProvider<IdempotencyStore> = {
  provide: IdempotencyStore,
  inject: [RedisConnections, Settings, Clock],
  useFactory: (connections: RedisConnections | null, settings: Settings, clock: Clock) =>
    connections === null
      ? new MemoryIdempotencyStore(clock, IDEMPOTENCY_TIMES)
      : new RedisIdempotencyStore(connections.commands, settings.REDIS_KEY_PREFIX, IDEMPOTENCY_TIMES),
};

export const idempotencyHooksProvider: FactoryProvider<IdempotencyHooks> = {
  provide: IdempotencyHooks,
  inject: [IdempotencyStore, DegradedMode],
  useFactory: (store: IdempotencyStore, degraded: DegradedMode) =>
    new IdempotencyHooks(store, new Logger('Idempotency'), degraded),
};
