import { IoRedisConnections } from '@app/redis';
import { type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { attemptsConformance } from './attempts.conformance.js';
import { endpointHealthConformance } from './endpoint-health.conformance.js';
import { fanOutConformance } from './fan-out.conformance.js';
import { holdConformance } from './hold.conformance.js';
import { replayAndSweepConformance } from './replay-and-sweep.conformance.js';
import { WebhookWorld } from './support/webhook-world.js';
import { storeConformance } from './webhook-store.conformance.js';

let server: RedisFixture;
let connections: IoRedisConnections;
let prefixes = 0;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startRedis();
  connections = new IoRedisConnections({ url: server.url, processName: 'test' });
});
afterAll(async () => {
  await connections.close();
  await server.stop();
});

const inRedis = (mostDeliveries?: number, feedLimit?: number): WebhookWorld =>
  WebhookWorld.inRedis(connections, `test-${prefixes++}`, mostDeliveries, feedLimit);

/** What becomes of events, whatever keeps them. */
function engineConformance(make: (mostDeliveries?: number) => WebhookWorld): void {
  fanOutConformance(() => make());
  attemptsConformance(() => make());
  endpointHealthConformance(() => make());
  replayAndSweepConformance(make);
}

describe('webhooks in memory', () => {
  engineConformance((most) => WebhookWorld.inMemory(most));
  storeConformance(() => WebhookWorld.inMemory());

  it('count it and say so when the feed has passed over events before they were read', async () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const world = WebhookWorld.inMemory(undefined, 20);
    await world.addEndpoint();
    await world.begin();
    const instance = await world.addInstance();
    await world.fanOut();
    // Longer than the feed and what it lets stand beyond its limit.
    for (let i = 0; i < 200; i++) await world.change(instance);
    await world.fanOut();
    await world.deliver();
    const sent = world.sender.sent.map(({ type }) => type);
    expect(sent[0]).toBe('instance.created');
    expect(sent.length).toBeGreaterThan(20);
    expect(sent.length).toBeLessThan(200);
    expect(await world.registry.getSingleMetric('novita_fleet_webhook_losses_total')?.get()).toMatchObject({
      values: [{ value: 1 }, { value: 0 }],
    });
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('were lost'), expect.anything());
  });

  holdConformance(() => WebhookWorld.inMemory());
});

describe('webhooks in Redis', () => {
  engineConformance((most) => inRedis(most));
  storeConformance(() => inRedis());
  holdConformance(() => inRedis());

  it('leave nothing behind of deliveries and endpoints that are gone', async () => {
    const world = inRedis();
    const prefix = `test-${prefixes - 1}`;
    const { id } = await world.addEndpoint({ ordered: true });
    await world.begin();
    const instance = await world.addInstance();
    await world.change(instance);
    await world.fanOut();
    await world.deliver();
    await world.endpoints.remove(id, null);
    world.clock.advance(8 * 86_400_000);
    await world.makeSweep().sweep(15_000);
    const keys = await connections.commands.keys(`{${prefix}}:webhooks:*`);
    expect(keys.toSorted()).toEqual([`{${prefix}}:webhooks:fan-out`, `{${prefix}}:webhooks:instances`]);
  });

  it('begin anew with the oldest event that is left when the feed has lost some, and count it', async () => {
    const world = inRedis();
    const prefix = `test-${prefixes - 1}`;
    await world.addEndpoint();
    await world.begin();
    const instance = await world.addInstance();
    await world.fanOut();
    await connections.commands.del(`{${prefix}}:changes`);
    await world.change(instance);
    await world.change(instance);
    await world.fanOut();
    await world.deliver();
    expect(world.sender.sent.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(await world.registry.getSingleMetric('novita_fleet_webhook_losses_total')?.get()).toMatchObject({
      values: [{ value: 1 }, { value: 0 }],
    });
  });

  it('have the feed keep what was not read while there is an endpoint, and no more than its cap else', async () => {
    const world = inRedis(undefined, 20);
    const { id } = await world.addEndpoint();
    await world.begin();
    const instance = await world.addInstance();
    for (let i = 0; i < 250; i++) await world.change(instance);
    await world.fanOut();
    expect(await world.parts.webhooks.queue.figures()).toMatchObject({ pending: 251 });
    const length = (): Promise<number> => connections.commands.xlen(`{test-${prefixes - 1}}:changes`);
    expect(await length()).toBe(251);
    for (let i = 0; i < 200; i++) await world.change(instance);
    // What was read goes, as far as the feed is longer than its cap and a little.
    expect(await length()).toBeLessThan(300);
    await world.endpoints.remove(id, null);
    await world.fanOut();
    for (let i = 0; i < 150; i++) await world.change(instance);
    expect(await length()).toBeLessThan(130);
  });
});
