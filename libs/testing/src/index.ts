export { aNovitaInstance } from './a-novita-instance.js';
export { aNewInstance, anInstance, type InstanceOverrides } from './an-instance.js';
export { type CuttingProxy, startCuttingProxy } from './cutting-proxy.js';
export { FakeClock, MemoryLog, SequentialIds } from './doubles.js';
export { type PartialNovita, partialNovita } from './partial-novita.js';
export { type RedisGroup, startRedisCluster, startSentinels } from './redis-groups.js';
export { freePort, type RedisFixture, startRedis, valkeyServer } from './redis-server.js';
export { SandboxNovita } from './sandbox-novita.js';
export { seedInstances, storeOf } from './store.js';
