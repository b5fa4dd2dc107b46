export { aNovitaInstance } from './a-novita-instance.js';
export { aNewInstance, anInstance, type InstanceOverrides } from './an-instance.js';
export { type CuttingProxy, startCuttingProxy } from './cutting-proxy.js';
export { FakeClock } from './fake-clock.js';
export { freePort } from './free-port.js';
export { MemoryLog } from './memory-log.js';
export { type RedisFixture, startRedis } from './redis-fixture.js';
export { seedInstances } from './seed-instances.js';
export { SequentialIds } from './sequential-ids.js';
