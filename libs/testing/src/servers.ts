/**
 * What tests of whole processes need beside the sandbox. It loads none of the product: that would take each process of those
 * tests longer than all that it loads else.
 */
export { type CuttingProxy, startCuttingProxy } from './cutting-proxy.js';
export { freePort } from './free-port.js';
export { type RedisGroup, startRedisCluster, startSentinels } from './redis-groups.js';
export { type RedisFixture, startRedis, valkeyServer } from './redis-server.js';
export { type RecordedSpan, TraceReceiver } from './trace-receiver.js';
export { type ReceivedWebhook, type ReceiverAnswer, TAKEN, WebhookReceiver } from './webhook-receiver.js';
