import { CHANGE_FEED_LIMIT } from '@app/instance-store';
import { IoRedisConnections, type Sighting } from '@app/redis';
import { type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { HOOK, OTHER_HOOK, WebhookWorld } from './support/webhook-world.js';

let server: RedisFixture;
let connections: IoRedisConnections;
let world: WebhookWorld;
let prefix: string;
let fleets = 0;
const seen: Sighting[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startRedis();
  connections = new IoRedisConnections({ url: server.url, processName: 'test' });
});
afterAll(async () => {
  await connections.close();
  await server.stop();
});
beforeEach(() => {
  prefix = `poison-${fleets++}`;
  seen.length = 0;
  const report = (sighting: Sighting): unknown => seen.push(sighting);
  world = WebhookWorld.inRedis(connections, prefix, undefined, CHANGE_FEED_LIMIT, report);
});

const key = (name: string): string => `{${prefix}}:webhooks:${name}`;
const places = (): readonly string[] => [...new Set(seen.map(({ where }) => where))];

it('a delivery that cannot be read is ended once, and those of its endpoint, line and page go on', async () => {
  const { id } = await world.addEndpoint({ ordered: true });
  await world.begin();
  const instance = await world.addInstance();
  for (let i = 0; i < 2; i++) await world.change(instance);
  await world.fanOut();
  const [bad] = (await world.all(id)).toReversed();
  await connections.commands.hset(key(`delivery:${bad?.id}`), 'doc', '{"id":"whd_');
  await world.deliver();
  expect(world.sender.sent).toHaveLength(2);
  expect(seen).toEqual([
    { kind: 'webhook-delivery', where: `delivery ${bad?.id}`, reason: 'it is not JSON', text: '{"id":"whd_' },
  ]);
  expect(await connections.commands.hget(key(`delivery:${bad?.id}`), 'state')).toBe('cancelled');
  expect(await world.states(id)).toEqual(['delivered', 'delivered']);
  expect(await world.parts.webhooks.queue.figures()).toMatchObject({ pending: 0 });
  expect(await world.parts.webhooks.log.get(bad?.id ?? ('' as never))).toBeNull();
});

it('more of them than are read at a time do not keep back those behind them', async () => {
  const { id } = await world.addEndpoint();
  await world.begin();
  const instance = await world.addInstance();
  for (let i = 0; i < 60; i++) await world.change(instance);
  await world.fanOut();
  const all = (await world.all(id)).toReversed();
  for (const { id: one } of all.slice(0, 55)) await connections.commands.hset(key(`delivery:${one}`), 'doc', '[]');
  await world.deliver();
  expect(world.sender.sent).toHaveLength(all.length - 55);
  expect(places()).toHaveLength(55);
});

it('an endpoint that cannot be read keeps what waits for it, and the others get theirs', async () => {
  const bad = await world.addEndpoint();
  await world.addEndpoint({ url: OTHER_HOOK });
  await world.begin();
  const instance = await world.addInstance();
  await world.fanOut();
  const doc = (await connections.commands.hget(key('endpoints'), bad.id)) ?? '';
  await connections.commands.hset(key('endpoints'), bad.id, doc.slice(0, 50));
  await world.change(instance);
  await world.fanOut();
  await world.run.run(bad.id, new AbortController().signal);
  const due = await world.parts.webhooks.queue.dueEndpoints(world.clock.timestamp(), 9);
  for (const id of due) if (id !== bad.id) await world.run.run(id, new AbortController().signal);
  expect(world.sender.sent.map(({ url }) => url)).toEqual([OTHER_HOOK, OTHER_HOOK]);
  expect(places()).toEqual([`endpoint ${bad.id}`]);
  expect(await world.parts.webhooks.endpoints.configured()).toHaveLength(1);
  expect(await world.parts.webhooks.queue.figures()).toMatchObject({ endpoints: 2, pending: 1 });
  // Mended, it goes on by itself.
  await connections.commands.hset(key('endpoints'), bad.id, doc);
  await world.deliver();
  expect(world.sender.sent.map(({ url }) => url)).toEqual([OTHER_HOOK, OTHER_HOOK, HOOK]);
});

it('what was observed of an endpoint begins anew when it cannot be read, and attempts are settled', async () => {
  const { id } = await world.addEndpoint();
  await world.begin();
  await world.addInstance();
  await world.fanOut();
  await connections.commands.hset(key('health'), id, '{"streak":');
  await world.deliver();
  expect(await world.states(id)).toEqual(['delivered']);
  expect(places()).toEqual([`health of endpoint ${id}`]);
  expect(await connections.commands.hexists(key('health'), id)).toBe(0);
});

it('what webhooks know of an instance may be spoilt: its next event is delivered', async () => {
  const { id } = await world.addEndpoint();
  await world.begin();
  const instance = await world.addInstance();
  await world.fanOut();
  await connections.commands.hset(key('instances'), instance, '{"sequence":');
  await world.change(instance);
  await world.fanOut();
  await world.deliver();
  expect(await world.states(id)).toEqual(['delivered', 'delivered']);
  expect(places()).toEqual([`instance ${instance} as webhooks know it`]);
});
