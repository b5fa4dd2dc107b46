import { StoreUnavailableError } from '@app/instance-store';
import { inSpan, timestampFromMs } from '@app/platform';
import { SpanRecorder } from '@app/testing';
import { expect, it, onTestFinished } from 'vitest';
import type { WebhookEndpoint } from '../src/index.js';
import { answered, type SentEvent, silent, taken } from './support/scripted-sender.js';
import { DAY, HOOK, HOUR, MINUTE, OTHER_HOOK, SECOND, type WebhookWorld } from './support/webhook-world.js';

const sequencesOf = (events: readonly SentEvent[]): readonly (number | undefined)[] =>
  events.map(({ sequence }) => sequence);

/** What becomes of events, whatever keeps them. */
export function engineConformance(make: (mostDeliveries?: number) => WebhookWorld): void {
  async function begin(overrides: Partial<WebhookEndpoint> = {}): Promise<readonly [WebhookWorld, WebhookEndpoint]> {
    const world = make();
    const endpoint = await world.addEndpoint(overrides);
    await world.begin();
    return [world, endpoint];
  }

  it('sends each event once to each endpoint that takes it, with its number', async () => {
    const world = make();
    await world.addEndpoint();
    await world.addEndpoint({ url: OTHER_HOOK, types: ['sync.*', 'instance.created'] });
    await world.begin();
    const id = await world.addInstance();
    await world.change(id);
    await world.change(id);
    await world.fanOut();
    await world.deliver();
    expect(world.sender.to(HOOK).map(({ type, sequence }) => [type, sequence])).toEqual([
      ['instance.created', 1],
      ['instance.updated', 2],
      ['instance.updated', 3],
    ]);
    expect(world.sender.to(OTHER_HOOK).map(({ type, sequence }) => [type, sequence])).toEqual([
      ['instance.created', 1],
    ]);
    expect(await world.states()).toEqual(['delivered', 'delivered', 'delivered', 'delivered']);
    await world.fanOut();
    await world.deliver();
    expect(world.sender.sent).toHaveLength(4);
  });

  it('gives the events of an instance to its own address, and its removal too', async () => {
    const world = make();
    await world.begin();
    const id = await world.addInstance({ webhookUrl: OTHER_HOOK });
    await world.addInstance();
    await world.fanOut();
    const stored = await world.parts.instances.records.get(id);
    await world.parts.instances.records.remove(id, stored?.record.revision ?? 0);
    await world.fanOut();
    await world.deliver();
    expect(world.sender.sent.map(({ url, type, sequence }) => [url, type, sequence])).toEqual([
      [OTHER_HOOK, 'instance.created', 1],
      [OTHER_HOOK, 'instance.removed', 2],
    ]);
    expect(world.sender.sent[0]?.keys).toEqual([world.options.secret]);
    const [endpoint] = await world.endpoints.list();
    expect(endpoint).toMatchObject({ kind: 'instance', url: OTHER_HOOK, state: { kind: 'active' } });
  });

  it('neither loses nor doubles an event when fan-outs die before and after their writes', async () => {
    const [world, endpoint] = await begin();
    const ids = [await world.addInstance(), await world.addInstance()];
    const { fanOut } = world.parts.webhooks;
    for (let round = 0; round < 12; round++) {
      for (const id of ids) await world.change(id);
      const dying = Object.create(fanOut, {
        append: {
          value: async (...args: Parameters<typeof fanOut.append>) => {
            if (round % 3 === 0) throw new StoreUnavailableError('killed before the write');
            const written = await fanOut.append(...args);
            if (round % 3 === 1) throw new StoreUnavailableError('killed after the write');
            return written;
          },
        },
      }) as typeof fanOut;
      await world.fanOut({ ...world.parts.webhooks, fanOut: dying }).catch((error: unknown) => {
        if (!(error instanceof StoreUnavailableError)) throw error;
      });
    }
    await world.fanOut();
    await world.deliver();
    expect(world.sender.sent).toHaveLength(26);
    for (const id of ids) {
      const own = world.sender.sent.filter(({ instanceId }) => instanceId === id);
      expect(sequencesOf(own)).toEqual(Array.from({ length: 13 }, (_, i) => i + 1));
    }
    expect(await world.all(endpoint.id)).toHaveLength(26);
  });

  it('does not let a fan-out write that has lost its turn', async () => {
    const [world] = await begin();
    const late = await world.lock();
    await world.unlock(late);
    await world.addInstance();
    await world.fanOut();
    await world.addInstance();
    await expect(world.follow(world.makeFanOut(), late)).rejects.toThrow('the lock "webhook-fan-out" was lost');
    await world.fanOut();
    await world.deliver();
    expect(sequencesOf(world.sender.sent)).toEqual([1, 1]);
  });

  it('repeats an attempt whose result was not written, and loses none', async () => {
    const [world] = await begin();
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
    const [world] = await begin();
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
    const [world, endpoint] = await begin({ ordered: true });
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

  it('does not let a dead endpoint delay another, and spares it soon', async () => {
    const [world, dead] = await begin();
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
    const [world] = await begin();
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
    const [world, gone] = await begin();
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
    const [world, endpoint] = await begin();
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

  it('signs every attempt with the secrets of its time', async () => {
    const [world, { id, secrets }] = await begin();
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

  it('holds the failures of an address against no other one, and none any more when somebody resumes it', async () => {
    const [world, { id }] = await begin();
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

  it('keeps what waits for a paused endpoint, and sends it when that is resumed', async () => {
    const [world, { id }] = await begin();
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
    const [world, { id }] = await begin({ ordered: true });
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

  it('sends a delivery again when somebody asks for it', async () => {
    const [world, { id }] = await begin();
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

  it('delivers in the trace of the change, which a replay begins none of', async () => {
    const [world, endpoint] = await begin();
    world.sender.on(HOOK, (_request, place) => (place === 0 ? answered(500) : taken));
    const traces = SpanRecorder.start();
    onTestFinished(() => traces.stop());
    const id = await inSpan(
      'change',
      () => ({}),
      () => world.addInstance(),
    );
    await world.fanOut();
    await inSpan(
      'run',
      () => ({}),
      () => world.deliver(),
    );
    world.clock.advance(10 * SECOND);
    await world.deliver();
    const attempts = traces.spans.filter(({ name }) => name === 'webhook instance.created');
    const [change, run] = ['change', 'run'].map((name) => traces.spans.find((span) => span.name === name));
    expect(attempts).toMatchObject([
      { parentId: change?.spanId, links: [run?.spanId], hasFailed: true },
      { parentId: change?.spanId, links: [], hasFailed: false },
    ]);
    expect(attempts[1]?.attributes).toMatchObject({
      'novita_fleet.instance.id': id,
      'novita_fleet.webhook.endpoint': endpoint.id,
      'novita_fleet.webhook.attempt': 2,
    });
    expect(JSON.stringify(attempts)).not.toContain(HOOK);
    const [delivery] = await world.all(endpoint.id);
    if (delivery === undefined) throw new Error('there is a delivery');
    expect(await world.deliveries.replay(delivery.id)).not.toHaveProperty('trace');
  });

  it('keeps nothing of traces while they are off', async () => {
    const [world, endpoint] = await begin();
    await world.addInstance();
    await world.fanOut();
    expect((await world.all(endpoint.id)).map((delivery) => 'trace' in delivery)).toEqual([false]);
  });

  it('sends again once what was given up, until that has failed as well', async () => {
    const [world, { id }] = await begin();
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
    const [world] = await begin();
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

  it('forgets deliveries and their events after seven days, and counts what had not ended', async () => {
    const [world, { id }] = await begin();
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
