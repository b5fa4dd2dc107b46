export { aNovitaInstance } from './a-novita-instance.js';
export { aNewInstance, anInstance, type InstanceOverrides } from './an-instance.js';
export { type CuttingProxy, startCuttingProxy } from './cutting-proxy.js';
export { FakeClock, MemoryLog, SequentialIds } from './doubles.js';
export { type RedisGroup, startRedisCluster, startSentinels } from './redis-groups.js';
export { freePort, type RedisFixture, startRedis, valkeyServer } from './redis-server.js';
export { seedInstances, storeOf } from './store.js';
export { type ReceivedWebhook, type ReceiverAnswer, TAKEN, WebhookReceiver } from './webhook-receiver.js';
