import { timestampFromMs } from '@app/platform';
import { expect, it } from 'vitest';
import { answered, taken } from './support/scripted-sender.js';
import { DAY, HOOK, HOUR, MINUTE, SECOND, type WebhookWorld, withEndpoint } from './support/webhook-world.js';

/** What is sent again, found again and forgotten. */
export function replayAndSweepConformance(make: (mostDeliveries?: number) => WebhookWorld): void {
  it('sends a delivery again when somebody asks for it', async () => {
    const [world, { id }] = await withEndpoint(make);
    await world.addInstance();
    await world.fanOut();
    await world.deliver();
    const [original] = await world.all();
    if (original === undefined) throw new Error('no delivery');
    const again = await world.deliveries.replay(original.id);
    expect(again).toMatchObject({ replayOf: original.id, eventId: original.eventId, state: 'pending', attempts: [] });
    await world.deliver();
    expect(world.sender.sent.map(({ webhookId }) => webhookId)).toEqual([original.eventId, original.eventId]);
    expect(await world.deliveries.replaySince(id, original.createdAt)).toMatchObject({ replayed: 0 });
    expect(await world.deliveries.replaySince(id, original.createdAt, 'all')).toMatchObject({ replayed: 1 });
    await world.deliver();
    expect(await world.states()).toEqual(['delivered', 'delivered', 'delivered']);
  });

  it('sends again once what was given up, until that has failed as well', async () => {
    const [world, { id }] = await withEndpoint(make);
    const [one, other] = [await world.addInstance(), await world.addInstance()];
    world.sender.on(HOOK, () => answered(404));
    await world.fanOut();
    await world.pass(36 * HOUR, HOUR);
    expect(await world.states()).toEqual(['exhausted', 'exhausted']);
    const since = timestampFromMs(0);
    const replay = async (choice: 'undelivered' | 'all' = 'undelivered') =>
      (await world.deliveries.replaySince(id, since, choice)).replayed;
    // While a replay waits, another one would only double it.
    expect([await replay(), await replay()]).toEqual([2, 0]);
    world.sender.on(HOOK, ({ body }) => (body.includes(one) ? taken : answered(404)));
    await world.pass(36 * HOUR, HOUR);
    expect([await replay(), await replay()]).toEqual([1, 0]);
    world.sender.on(HOOK, () => taken);
    await world.deliver();
    expect(await replay()).toBe(0);
    const arrived = world.sender.sent.filter(({ result }) => result === taken);
    expect(arrived.map(({ instanceId }) => instanceId)).toEqual([one, other]);
    // A replay of one by hand that fails changes nothing about that.
    world.sender.on(HOOK, () => answered(410));
    const [latest] = await world.all();
    await world.deliveries.replay(latest?.id ?? ('' as never));
    await world.deliver();
    await world.endpoints.resume(id, null);
    expect(await replay()).toBe(0);
    expect(await replay('all')).toBe(2);
  });

  it('finds what is due without a job', async () => {
    const [world] = await withEndpoint(make);
    world.queue.available = false;
    await world.addInstance();
    await world.fanOut();
    world.queue.available = true;
    expect(await world.makeSweep().sweep(15 * SECOND)).toMatchObject({ repaired: 0 });
    world.clock.advance(6 * SECOND);
    expect(await world.makeSweep().sweep(15 * SECOND)).toMatchObject({ repaired: 1 });
    expect([...world.queue.pending]).toHaveLength(1);
    world.clock.advance(30 * SECOND);
    expect(await world.makeSweep().sweep(15 * SECOND)).toMatchObject({ repaired: 0 });
  });

  it('finds what is due although the job of its endpoint is for a later time', async () => {
    const [world] = await withEndpoint(make);
    await world.addInstance();
    await world.fanOut();
    const [key = ''] = world.queue.pending;
    world.clock.advance(6 * SECOND);
    const inMinutes = (minutes: number) => timestampFromMs(world.clock.now() + minutes * 60 * SECOND);
    world.queue.startsAt.set(key, inMinutes(1));
    expect(await world.makeSweep().sweep(15 * SECOND)).toMatchObject({ repaired: 0 });
    world.clock.advance(30 * SECOND);
    world.queue.startsAt.set(key, inMinutes(120));
    expect(await world.makeSweep().sweep(15 * SECOND)).toMatchObject({ repaired: 1 });
  });

  it('forgets deliveries and their events after seven days, and counts what had not ended', async () => {
    const [world, { id }] = await withEndpoint(make);
    world.sender.on(HOOK, () => answered(404));
    const instance = await world.addInstance();
    await world.fanOut();
    await world.deliver();
    await world.endpoints.pause(id, 'user:test', null);
    await world.pass(6 * DAY, DAY);
    await world.change(instance);
    await world.fanOut();
    expect(await world.makeSweep().sweep(15 * SECOND)).toMatchObject({ removed: 0, lost: 0 });
    const [kept, old] = await world.all();
    world.clock.advance(DAY + MINUTE);
    expect(await world.makeSweep().sweep(15 * SECOND)).toMatchObject({ removed: 1, lost: 1 });
    expect(await world.all()).toEqual([kept]);
    await expect(world.deliveries.get(old?.id ?? ('' as never))).rejects.toThrow('there is no delivery');
    expect(await world.registry.getSingleMetric('novita_fleet_webhook_losses_total')?.get()).toMatchObject({
      values: [{ value: 0 }, { value: 1 }],
    });
  });

  it('keeps no more deliveries than there is room for', async () => {
    const world = make(10);
    await world.addEndpoint();
    await world.begin();
    const instance = await world.addInstance();
    for (let i = 0; i < 14; i++) await world.change(instance);
    await world.fanOut();
    await world.deliver();
    expect(await world.makeSweep().sweep(15 * SECOND)).toMatchObject({ removed: 5, lost: 0 });
    expect((await world.all()).map(({ sequence }) => sequence)).toEqual([15, 14, 13, 12, 11, 10, 9, 8, 7, 6]);
  });
}
