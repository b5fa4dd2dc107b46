import { StoreUnavailableError } from '@app/instance-store';
import { expect, it } from 'vitest';
import { answered, sequencesOf, taken } from './support/scripted-sender.js';
import {
  DAY,
  HOOK,
  HOUR,
  MINUTE,
  OTHER_HOOK,
  SECOND,
  type WebhookWorld,
  withEndpoint,
} from './support/webhook-world.js';

/** How one delivery is attempted: again by the schedule, in order, signed anew. */
export function attemptsConformance(make: () => WebhookWorld): void {
  it('repeats an attempt whose result was not written, and loses none', async () => {
    const [world] = await withEndpoint(make);
    await world.addInstance();
    await world.fanOut();
    const { queue } = world.parts.webhooks;
    const dying = Object.create(queue, {
      settle: { value: () => Promise.reject(new StoreUnavailableError('killed after it was sent')) },
    }) as typeof queue;
    const run = world.makeRun({ ...world.parts.webhooks, queue: dying });
    await expect(world.deliver(run)).rejects.toThrow('killed');
    expect(await world.states()).toEqual(['pending']);
    await world.deliver();
    expect(world.sender.sent.map(({ webhookId }) => webhookId)).toEqual([
      world.sender.sent[0]?.webhookId,
      world.sender.sent[0]?.webhookId,
    ]);
    const [delivery] = await world.all();
    expect(delivery).toMatchObject({ state: 'delivered', attempts: [{ result: 'delivered', status: 200 }] });
  });

  it('tries again by the schedule, and gives up at its end', async () => {
    const [world] = await withEndpoint(make);
    world.sender.on(HOOK, () => answered(422));
    await world.addInstance();
    await world.fanOut();
    await world.deliver();
    const [first] = await world.all();
    const waitMs = Date.parse(first?.nextAttemptAt ?? '') - world.clock.now();
    expect(waitMs).toBeGreaterThanOrEqual(4.5 * SECOND);
    expect(waitMs).toBeLessThanOrEqual(5.5 * SECOND);
    for (const [place, afterMs] of world.options.scheduleMs.entries()) {
      if (place > 0) await world.pass(afterMs * 1.1, afterMs * 1.1);
      expect(world.sender.sent).toHaveLength(place + 1);
    }
    const [delivery] = await world.all();
    expect(delivery).toMatchObject({ state: 'exhausted', nextAttemptAt: null });
    expect(delivery?.attempts).toHaveLength(11);
    expect(delivery?.attempts[3]).toMatchObject({ result: 'rejected', status: 422, answer: 'status 422' });
    await world.pass(DAY, 12 * HOUR);
    expect(world.sender.sent).toHaveLength(11);
  });

  it('sends the deliveries of one instance one after the other where that is wanted, and others meanwhile', async () => {
    const [world, endpoint] = await withEndpoint(make, { ordered: true });
    const [one, other] = [await world.addInstance(), await world.addInstance()];
    for (let i = 0; i < 3; i++) for (const id of [one, other]) await world.change(id);
    let refusals = 3;
    world.sender.on(HOOK, ({ body }) => (body.includes(one) && refusals-- > 0 ? answered(503) : taken));
    await world.fanOut();
    await world.deliver();
    const own = (id: string) => world.sender.sent.filter(({ instanceId }) => instanceId === id);
    expect(sequencesOf(own(other))).toEqual([1, 2, 3, 4]);
    expect(sequencesOf(own(one))).toEqual([1]);
    await world.pass(4 * MINUTE, 10 * SECOND);
    expect(sequencesOf(own(one))).toEqual([1, 1, 1, 1, 2, 3, 4]);
    expect(new Set(await world.states(endpoint.id))).toEqual(new Set(['delivered']));
  });

  it('signs every attempt with the secrets of its time', async () => {
    const [world, { id, secrets }] = await withEndpoint(make);
    const [old] = secrets;
    const underWay = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    world.sender.on(HOOK, async (_, place) => {
      underWay.resolve();
      if (place === 0) await answer.promise;
      return place === 0 ? answered(401) : taken;
    });
    await world.addInstance();
    await world.fanOut();
    const delivering = world.deliver();
    await underWay.promise;
    const rotated = await world.endpoints.rotateSecret(id, { algorithm: 'v1a', keepOldForMs: MINUTE }, 1);
    answer.resolve();
    await delivering;
    world.clock.advance(6 * SECOND);
    await world.deliver();
    expect(world.sender.sent.map(({ keys }) => keys)).toEqual([[old?.key], rotated.secrets.map(({ key }) => key)]);
    expect(rotated.secrets.map(({ algorithm }) => algorithm)).toEqual(['v1a', 'v1']);
    expect(await world.states()).toEqual(['delivered']);
  });

  it('sends to the new address what the old one refuses while it is changed, and holds nothing against that', async () => {
    const [world, { id }] = await withEndpoint(make);
    const underWay = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const refusals = [answered(410), answered(500)];
    world.sender.on(HOOK, async () => {
      const refusal = refusals.shift() ?? answered(500);
      if (refusals.length === 0) underWay.resolve();
      await answer.promise;
      return refusal;
    });
    await world.addInstance();
    await world.addInstance();
    await world.fanOut();
    const delivering = world.deliver();
    await underWay.promise;
    await world.endpoints.change(id, { url: OTHER_HOOK }, null);
    answer.resolve();
    await delivering;
    expect(await world.endpoints.get(id)).toMatchObject({ state: { kind: 'active' }, failingSince: null });
    world.clock.advance(6 * SECOND);
    await world.deliver();
    expect(world.sender.to(OTHER_HOOK)).toHaveLength(2);
    expect(await world.states()).toEqual(['delivered', 'delivered']);
    const results = (await world.all()).map(({ attempts }) => attempts.map(({ result }) => result).join(' '));
    expect(new Set(results)).toEqual(new Set(['gone delivered', 'rejected delivered']));
  });

  it('keeps what waits for a paused endpoint, and sends it when that is resumed', async () => {
    const [world, { id }] = await withEndpoint(make);
    await world.endpoints.pause(id, 'user:test', null);
    await world.addInstance();
    await world.fanOut();
    await world.pass(HOUR, 30 * MINUTE);
    expect(world.sender.sent).toEqual([]);
    expect(await world.states()).toEqual(['pending']);
    await world.endpoints.resume(id, null);
    await world.deliver();
    expect(await world.states()).toEqual(['delivered']);
  });

  it('cancels what waits for an endpoint that is removed', async () => {
    const [world, { id }] = await withEndpoint(make, { ordered: true });
    world.sender.on(HOOK, () => answered(500));
    const instance = await world.addInstance();
    for (let i = 0; i < 3; i++) await world.change(instance);
    await world.fanOut();
    await world.deliver();
    world.queue.pending.clear();
    await world.endpoints.remove(id, null);
    // Not when the next attempt would have been made, which may be hours away.
    expect(world.queue.pending.size).toBe(1);
    await world.run.run(id, new AbortController().signal);
    expect(await world.states()).toEqual(['cancelled', 'cancelled', 'cancelled', 'cancelled']);
    expect(world.sender.sent).toHaveLength(1);
  });
}
