import { expect, it } from 'vitest';
import { answered, silent, taken } from './support/scripted-sender.js';
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

/** How an endpoint that does not take its deliveries is spared, disabled and taken up again. */
export function endpointHealthConformance(make: () => WebhookWorld): void {
  it('does not let a dead endpoint delay another, and spares it soon', async () => {
    const [world, dead] = await withEndpoint(make);
    const live = await world.addEndpoint({ url: OTHER_HOOK });
    world.sender.on(HOOK, async () => silent);
    for (let i = 0; i < 30; i++) await world.addInstance();
    await world.fanOut();
    await world.deliver();
    expect(world.sender.to(OTHER_HOOK)).toHaveLength(30);
    expect(new Set(await world.states(live.id))).toEqual(new Set(['delivered']));
    // The breaker opened while at most ten were under way, and what was not sent has used up no attempt.
    expect(world.sender.mostAtOnce.get(HOOK)).toBeLessThanOrEqual(10);
    const tried = world.sender.to(HOOK).length;
    expect(tried).toBeLessThan(20);
    expect((await world.all(dead.id)).filter(({ attempts }) => attempts.length > 0)).toHaveLength(tried);
    expect((await world.endpoints.get(dead.id)).deferredUntil).not.toBeNull();
    // One probe when the time is up; it fails, so the wait doubles.
    world.clock.advance(31 * SECOND);
    await world.deliver();
    expect(world.sender.to(HOOK)).toHaveLength(tried + 1);
    world.clock.advance(31 * SECOND);
    await world.deliver();
    expect(world.sender.to(HOOK)).toHaveLength(tried + 1);
    // It is back: all goes, the probe first.
    world.sender.on(HOOK, () => taken);
    await world.pass(15 * MINUTE, 30 * SECOND);
    expect(new Set(await world.states(dead.id))).toEqual(new Set(['delivered']));
    expect(await world.endpoints.get(dead.id)).toMatchObject({ failingSince: null, deferredUntil: null });
  });

  it('heeds Retry-After, and holds back the other deliveries of an endpoint that asks for a pause', async () => {
    const [world] = await withEndpoint(make);
    world.sender.on(HOOK, (_, place) => (place === 0 ? answered(429, 5 * MINUTE) : taken));
    await world.addInstance();
    await world.fanOut();
    await world.deliver();
    await world.addInstance();
    await world.fanOut();
    await world.pass(4 * MINUTE, 30 * SECOND);
    expect(world.sender.sent).toHaveLength(1);
    await world.pass(2 * MINUTE, 30 * SECOND);
    expect(await world.states()).toEqual(['delivered', 'delivered']);
    const [, first] = await world.all();
    expect(first?.attempts.map(({ result }) => result)).toEqual(['throttled', 'delivered']);
  });

  it('disables an endpoint that answers 410, says so to others, and goes on when it is resumed', async () => {
    const [world, gone] = await withEndpoint(make);
    const other = await world.addEndpoint({ url: OTHER_HOOK, types: ['webhook.*'] });
    world.sender.on(HOOK, () => answered(410));
    const id = await world.addInstance();
    await world.change(id);
    await world.fanOut();
    await world.deliver();
    expect(await world.endpoints.get(gone.id)).toMatchObject({ state: { kind: 'disabled', reason: 'gone-410' } });
    await world.change(id);
    await world.fanOut();
    await world.deliver();
    expect(world.sender.to(OTHER_HOOK).map(({ type }) => type)).toEqual(['webhook.disabled']);
    expect(await world.states(other.id)).toEqual(['delivered']);
    await expect(world.deliveries.replaySince(gone.id, world.clock.timestamp())).rejects.toMatchObject({
      type: { code: 'webhook-endpoint-disabled' },
    });
    const [refused] = await world.all(gone.id);
    if (refused === undefined) throw new Error('no delivery');
    await expect(world.deliveries.replay(refused.id)).rejects.toMatchObject({
      type: { code: 'webhook-endpoint-disabled' },
    });
    // What was under way may have ended so too; nothing was made since.
    expect(await world.all(gone.id)).toHaveLength(2);
    expect(await world.states(gone.id)).not.toContain('pending');
    world.sender.on(HOOK, () => taken);
    await world.endpoints.resume(gone.id, null);
    const sent = world.sender.to(HOOK).length;
    expect(await world.deliveries.replaySince(gone.id, world.clock.timestamp())).toMatchObject({
      replayed: 2,
      more: false,
    });
    await world.change(id);
    await world.fanOut();
    await world.deliver();
    expect(world.sender.to(HOOK)).toHaveLength(sent + 3);
  });

  it('disables an endpoint that has taken nothing for five days', async () => {
    const [world, endpoint] = await withEndpoint(make);
    world.sender.on(HOOK, () => silent);
    const id = await world.addInstance();
    await world.fanOut();
    await world.deliver();
    await world.pass(4 * DAY, 6 * HOUR);
    expect((await world.endpoints.get(endpoint.id)).state).toEqual({ kind: 'active' });
    expect(await world.states()).toEqual(['exhausted']);
    await world.pass(DAY, DAY);
    await world.change(id);
    await world.fanOut();
    await world.deliver();
    expect((await world.endpoints.get(endpoint.id)).state).toMatchObject({ kind: 'disabled', reason: 'failed-5-days' });
    expect(await world.states()).not.toContain('pending');
  });

  it('does not disable for failures that somebody has had forgotten while an attempt was under way', async () => {
    const [world, endpoint] = await withEndpoint(make);
    world.sender.on(HOOK, () => answered(404));
    const id = await world.addInstance();
    await world.fanOut();
    await world.deliver();
    await world.pass(36 * HOUR, HOUR);
    world.clock.advance(5 * DAY);
    const underWay = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    world.sender.on(HOOK, async () => {
      underWay.resolve();
      await answer.promise;
      return answered(404);
    });
    await world.change(id);
    await world.fanOut();
    const delivering = world.deliver();
    await underWay.promise;
    await world.endpoints.resume(endpoint.id, null);
    answer.resolve();
    await delivering;
    const { state, failingSince } = await world.endpoints.get(endpoint.id);
    expect(state).toEqual({ kind: 'active' });
    expect(Date.parse(failingSince ?? '')).toBeGreaterThan(world.clock.now() - DAY);
  });

  it('holds the failures of an address against no other one, and none any more when somebody resumes it', async () => {
    const [world, { id }] = await withEndpoint(make);
    world.sender.on(HOOK, () => silent);
    for (let i = 0; i < 6; i++) await world.addInstance();
    await world.fanOut();
    await world.pass(MINUTE, 5 * SECOND);
    expect(await world.endpoints.get(id)).toMatchObject({ failingSince: expect.any(String) as string });
    await world.endpoints.resume(id, null);
    expect(await world.endpoints.get(id)).toMatchObject({ failingSince: null, deferredUntil: null });
    await world.pass(MINUTE, 5 * SECOND);
    await world.endpoints.change(id, { url: OTHER_HOOK }, null);
    expect(await world.endpoints.get(id)).toMatchObject({ url: OTHER_HOOK, failingSince: null, deferredUntil: null });
  });
}
