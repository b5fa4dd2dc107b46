import { type InstanceId, type InstanceRecord, openHold, withHold, withoutHold } from '@app/instance-store';
import { RECONCILE_INSTANCE } from '@app/jobs';
import { expect, it } from 'vitest';
import { EndpointHolders } from '../src/endpoints/endpoint-holders.js';
import { answered, silent, taken } from './support/scripted-sender.js';
import { HOOK, MINUTE, OTHER_HOOK, SECOND, type WebhookWorld } from './support/webhook-world.js';

const TYPES = ['instance.stop_pending'];

/** How endpoints hold stops and release them, whatever keeps the events. */
export function holdConformance(make: () => WebhookWorld): void {
  async function begin(urls: readonly string[] = [HOOK]) {
    const world = make();
    for (const url of urls) await world.addEndpoint({ url, types: TYPES, hold: true });
    await world.addEndpoint({ url: 'https://hooks.example.com/watcher' });
    await world.begin();
    const id = await world.addInstance({ status: 'ready' });
    return { world, id, holders: new EndpointHolders(world.parts.webhooks.endpoints, world.clock) };
  }

  async function read({ parts }: WebhookWorld, id: InstanceId): Promise<InstanceRecord> {
    const stored = await parts.instances.records.get(id);
    if (stored === null) throw new Error('it is gone');
    return stored.record;
  }

  async function hold(world: WebhookWorld, id: InstanceId, holders: EndpointHolders, occasion: string): Promise<void> {
    const record = await read(world, id);
    const endpointIds = await holders.of(record);
    const next = withHold(record, { by: 'auto-stop', occasion }, 'idle', endpointIds, world.clock.now(), 2 * MINUTE);
    await world.parts.instances.records.write(next, { kind: 'command' });
    await world.fanOut();
  }

  const isAsked = ({ queue }: WebhookWorld, instanceId: InstanceId): boolean =>
    queue.pending.has(RECONCILE_INSTANCE.coalescingKey({ instanceId }));

  it('an answer of 2xx of every endpoint that holds releases the stop, and the life cycle is asked to go on', async () => {
    const { world, id, holders } = await begin([HOOK, OTHER_HOOK]);
    world.sender.on(OTHER_HOOK, (_request, place) => (place === 0 ? answered(503) : taken));
    await hold(world, id, holders, 'p');
    await world.deliver();
    const once = openHold(await read(world, id));
    expect(once?.waitsFor.map(({ releasedAt }) => releasedAt !== null).toSorted()).toEqual([false, true]);
    expect(isAsked(world, id)).toBe(false);
    await world.pass(6 * SECOND, SECOND);
    const record = await read(world, id);
    expect(openHold(record)?.waitsFor.every(({ releasedAt }) => releasedAt !== null)).toBe(true);
    expect(Date.parse(record.deadlines.holdUntil ?? '')).toBeLessThanOrEqual(world.clock.now());
    expect(isAsked(world, id)).toBe(true);
    const entries = await world.parts.instances.audit.entries(id, 10);
    const by = entries.flatMap((entry) =>
      entry.kind === 'hold' && entry.by.startsWith('webhook:whe_') ? [entry.by] : [],
    );
    expect(new Set(by).size).toBe(2);
  });

  it('no other answer releases it, nor an answer to another event', async () => {
    const { world, id, holders } = await begin();
    world.sender.on(
      HOOK,
      (_request, place) => [answered(302), answered(429), answered(400), silent][place] ?? answered(500),
    );
    await hold(world, id, holders, 'p');
    await world.change(id);
    await world.fanOut();
    await world.pass(2 * MINUTE, 5 * SECOND);
    expect(openHold(await read(world, id))?.waitsFor).toMatchObject([{ releasedAt: null }]);
    expect(isAsked(world, id)).toBe(false);
    expect(world.sender.to('https://hooks.example.com/watcher').length).toBeGreaterThan(1);
  });

  it('a late answer to the event of an earlier hold does not release the present one', async () => {
    const { world, id, holders } = await begin();
    world.sender.on(HOOK, () => answered(500));
    await hold(world, id, holders, 'p');
    await world.deliver();
    world.clock.advance(SECOND);
    const record = await read(world, id);
    const ended = withoutHold(record, 'called-off', 'user:a', world.clock.timestamp());
    await world.parts.instances.records.write(ended, { kind: 'command' });
    await hold(world, id, holders, 'q');
    const { since } = openHold(await read(world, id)) ?? {};
    // The one of the earlier hold is taken now, the other one is not.
    world.sender.on(HOOK, ({ body }) => (body.includes(`"since":"${since}"`) ? answered(500) : taken));
    await world.pass(10 * SECOND, SECOND);
    expect(await world.all()).toEqual(
      expect.arrayContaining([expect.objectContaining({ type: TYPES[0], state: 'delivered' })]),
    );
    expect(openHold(await read(world, id))?.waitsFor).toMatchObject([{ releasedAt: null }]);
  });

  it('endpoints hold as long as they are active, and are read once for many instances', async () => {
    const { world, id, holders } = await begin();
    const record = await read(world, id);
    const [endpointId] = await holders.of(record);
    const endpoint = (await world.endpoints.list()).find((each) => each.id === endpointId);
    if (endpoint === undefined) throw new Error('none holds');
    expect(endpoint).toMatchObject({ url: HOOK, hold: true });
    await world.endpoints.pause(endpoint.id, 'user:a', null);
    expect(await holders.of(record)).toEqual([endpoint.id]);
    world.clock.advance(SECOND);
    expect(await holders.of(record)).toEqual([]);
    await world.endpoints.resume(endpoint.id, null);
    world.clock.advance(SECOND);
    expect(await holders.of(record)).toEqual([endpoint.id]);
  });
}
