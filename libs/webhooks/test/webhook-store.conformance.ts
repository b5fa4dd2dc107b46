import { InvalidCursorError } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { instanceEndpointId, type WebhookDelivery } from '../src/index.js';
import { HEALTHY } from '../src/model/endpoint-health.js';
import { answered } from './support/scripted-sender.js';
import { HOOK, MINUTE, OTHER_HOOK, SECOND, type WebhookWorld } from './support/webhook-world.js';

/** What the ports of the store promise beyond what the engine shows. Every adapter must pass it. */
export function storeConformance(make: () => WebhookWorld): void {
  describe('the endpoints', () => {
    it('are replaced in the revision that was read, and else left alone', async () => {
      const world = make();
      const { endpoints } = world.parts.webhooks;
      const endpoint = await world.addEndpoint();
      expect(await endpoints.get(endpoint.id)).toEqual(endpoint);
      expect(await endpoints.configured()).toEqual([endpoint]);
      const next = { ...endpoint, url: OTHER_HOOK, revision: 2 };
      expect(await endpoints.replace(next)).toBe('replaced');
      expect(await endpoints.replace(next)).toBe('changed');
      expect(await endpoints.replace({ ...next, id: instanceEndpointId('x') })).toBe('missing');
      expect(await endpoints.get(endpoint.id)).toEqual(next);
      expect(await endpoints.remove(endpoint.id, 1)).toBe(false);
      expect(await endpoints.remove(endpoint.id, 2)).toBe(true);
      expect(await endpoints.get(endpoint.id)).toBeNull();
      expect(await endpoints.configured()).toEqual([]);
    });

    it('are limited in their number', async () => {
      const world = make();
      const endpoint = await world.addEndpoint();
      for (let i = 1; i < 100; i++) await world.addEndpoint();
      await expect(world.addEndpoint()).rejects.toThrow('there are 100 endpoints already');
      await world.endpoints.remove(endpoint.id, null);
      await world.addEndpoint();
      expect(await world.parts.webhooks.endpoints.configured()).toHaveLength(100);
    });

    it('are disabled once, with an event', async () => {
      const world = make();
      const { endpoints } = world.parts.webhooks;
      const endpoint = await world.addEndpoint({ url: `${HOOK}?token=secret` });
      expect(await endpoints.disable(endpoint, 'gone-410')).toBe(true);
      expect(await endpoints.disable(endpoint, 'gone-410')).toBe(false);
      const events = await world.parts.feed.after('0-0', 10);
      expect(events).toMatchObject([
        { type: 'webhook.disabled', data: { endpointId: endpoint.id, url: HOOK, reason: 'gone-410' } },
      ]);
    });
  });

  describe('the log', () => {
    async function filled(): Promise<WebhookWorld> {
      const world = make();
      await world.addEndpoint({ types: ['instance.updated'] });
      await world.addEndpoint({ url: OTHER_HOOK });
      await world.begin();
      world.sender.on(OTHER_HOOK, () => answered(404));
      const instance = await world.addInstance();
      for (let i = 0; i < 5; i++) {
        world.clock.advance(SECOND);
        await world.change(instance);
        await world.fanOut();
      }
      await world.deliver();
      return world;
    }

    it('is read page by page, the newest first, by every filter', async () => {
      const world = await filled();
      const { log } = world.parts.webhooks;
      const all = await world.all();
      expect(all.map(({ sequence }) => sequence)).toEqual([6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1]);
      const paged: WebhookDelivery[] = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = await log.list({ limit: 4, ...(cursor !== undefined && { cursor }) });
        paged.push(...page.deliveries);
        cursor = page.nextCursor;
      }
      expect(paged).toEqual(all);
      const [newest, second] = all;
      const wanted = async (query: object) => (await log.list({ limit: 200, ...query })).deliveries;
      expect(await wanted({ state: 'pending' })).toEqual(all.filter(({ state }) => state === 'pending'));
      expect(await wanted({ state: 'delivered' })).toEqual(all.filter(({ state }) => state === 'delivered'));
      expect(await wanted({ type: 'instance.created' })).toEqual(all.slice(-1));
      expect(await wanted({ endpointId: newest?.endpointId, state: 'exhausted' })).toEqual([]);
      expect(await wanted({ since: newest?.createdAt })).toEqual([newest, second]);
      expect(await wanted({ instanceId: newest?.instanceId })).toEqual(all);
      await expect(log.list({ limit: 1, cursor: 'nonsense' })).rejects.toThrow(InvalidCursorError);
    });

    it('has the figures of what waits', async () => {
      const world = await filled();
      const all = await world.all();
      const pending = all.filter(({ state }) => state === 'pending');
      expect(await world.parts.webhooks.queue.figures()).toEqual({
        pending: pending.length,
        oldestPendingAt: pending.at(-1)?.createdAt,
        endpoints: 2,
        disabled: 0,
        position: await world.parts.feed.latestId(),
      });
    });
  });

  it('settles an attempt once, and only on the health that was known', async () => {
    const world = make();
    const { queue } = world.parts.webhooks;
    const { id } = await world.addEndpoint();
    await world.begin();
    await world.addInstance();
    await world.fanOut();
    const at = world.clock.timestamp();
    const [due] = (await queue.work(id, at, 10)).due;
    if (due === undefined) throw new Error('nothing is due');
    expect(due.delivery.nextAttemptAt).toBe(at);
    const attempt = { at, durationMs: 1, result: 'rejected', status: 500, message: null, answer: '' } as const;
    const later = timestampFromMs(world.clock.now() + MINUTE);
    const delivery = { ...due.delivery, attempts: [attempt], nextAttemptAt: later };
    const health = { ...HEALTHY, failingSince: at, streak: 1 };
    const other = { ...HEALTHY, failingSince: at, streak: 2 };
    expect(await queue.settle({ delivery, sentTo: HOOK, before: other, health }, at)).toBe('health');
    expect(await queue.settle({ delivery, sentTo: HOOK, before: HEALTHY, health }, at)).toBe('settled');
    expect(await queue.settle({ delivery, sentTo: HOOK, before: HEALTHY, health }, at)).toBe('delivery');
    expect(await queue.standing(id)).toMatchObject({ health, endpoint: { failingSince: at } });
    expect(await queue.work(id, at, 10)).toMatchObject({ due: [], nextDueAt: later });
    expect(await queue.dueEndpoints(at, 10)).toEqual([]);
    expect(await queue.dueEndpoints(later, 10)).toEqual([id]);
  });
}
