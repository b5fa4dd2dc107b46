import { StoreUnavailableError } from '@app/instance-store';
import { inSpan } from '@app/platform';
import { SpanRecorder } from '@app/testing';
import { expect, it, onTestFinished } from 'vitest';
import { answered, sequencesOf, taken } from './support/scripted-sender.js';
import { HOOK, OTHER_HOOK, SECOND, type WebhookWorld, withEndpoint } from './support/webhook-world.js';

/** What the feed becomes: one delivery for each event and endpoint, numbered, whoever dies when. */
export function fanOutConformance(make: () => WebhookWorld): void {
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
    const [world, endpoint] = await withEndpoint(make);
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
    const [world] = await withEndpoint(make);
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

  it('delivers in the trace of the change, which a replay begins none of', async () => {
    const [world, endpoint] = await withEndpoint(make);
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
    const [world, endpoint] = await withEndpoint(make);
    await world.addInstance();
    await world.fanOut();
    expect((await world.all(endpoint.id)).map((delivery) => 'trace' in delivery)).toEqual([false]);
  });
}
