import { TAKEN, type WebhookReceiver } from '@app/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InstanceView } from '../support/api-client.js';
import type { Fleet } from '../support/fleet.js';
import { until } from '../support/until.js';
import type { WebhookStack } from '../support/webhook-stack.js';

/** An answer that does not count as being down. */
const NOT_YET = { kind: 'status', status: 409 } as const;
const SPOT = { billingMode: 'spot', region: 'any' };

interface Hold {
  readonly by: string;
  readonly since: string;
  readonly until: string;
  readonly outcome?: string;
  readonly endedBy?: string;
  readonly waitsFor: readonly { readonly endpointId: string; readonly releasedAt?: string }[];
}

interface Log {
  readonly entries: readonly { readonly kind: string; readonly by: string; readonly to?: string }[];
}

const holdOf = (view: InstanceView): Hold | undefined => view['stopHold'] as Hold | undefined;

/**
 * A receiver that holds the stops of all instances that are called so.
 *
 * @param stack with one worker, which is killed at the end for another one
 */
export function stopHolds(stack: () => WebhookStack): void {
  describe('a stop that an endpoint holds', () => {
    let fleet: Fleet;
    let receiver: WebhookReceiver;
    let endpointId: string;
    const released = new Set<unknown>();
    const made = new Map<string, string>();

    async function create(name: string, autoStop: object, more: object = {}): Promise<void> {
      const body = { name, productName: 'RTX 4090', image: 'nginx', autoStop, ...more };
      made.set(name, (await fleet.api.create(body)).id);
    }
    const path = (name: string, rest = ''): string => `/api/v1/instances/${made.get(name)}${rest}`;
    const reaches = (name: string, isThere: (view: InstanceView) => boolean): Promise<InstanceView> =>
      until(`${name} is there`, async () => {
        const view = await fleet.api.get(made.get(name) ?? '');
        return isThere(view) && view;
      });
    const isHeld = (view: InstanceView): boolean => holdOf(view) !== undefined && holdOf(view)?.outcome === undefined;
    const isStopped = ({ status }: InstanceView): boolean => status === 'stopped';
    const messagesOf = (name: string) =>
      receiver.received.filter(({ event }) => (event['instance'] as { name?: unknown } | undefined)?.name === name);
    const stopCalls = (view: InstanceView): readonly number[] =>
      fleet.sandbox.world
        .callLog()
        .filter(({ operation, instanceId }) => operation === 'stopInstance' && instanceId === view.novitaInstanceId)
        .map(({ at }) => at);
    async function holdEntries(name: string): Promise<readonly (readonly [string, string | undefined])[]> {
      const { body } = await fleet.api.request<Log>('GET', path(name, '/events'));
      return body.entries.flatMap(({ kind, by, to }) => (kind === 'hold' ? [[by, to] as const] : [])).toReversed();
    }

    beforeAll(async () => {
      ({ fleet } = stack());
      receiver = await stack().receiver();
      receiver.answerWith(({ event }) =>
        released.has((event['instance'] as { name?: unknown } | undefined)?.name) ? TAKEN : NOT_YET,
      );
      const endpoint = { types: ['instance.stop_pending'], filter: { name: 'held' }, hold: true };
      const { id, secret } = await stack().endpointFor(receiver, endpoint);
      endpointId = id;
      receiver.verifyWith(secret);
      await Promise.all([
        create('free', {}),
        create('held-unanswered', {}),
        create('held-answered', { holdMinutes: 30 }),
        create('held-stopped', { holdMinutes: 30 }),
        create('held-used', { thresholdMinutes: 0.12, holdMinutes: 0.1 }),
        create('held-spot', { enabled: false, holdMinutes: 30 }, SPOT),
      ]);
    });

    afterAll(async () => {
      // Its time is up again and again.
      await fleet?.api.request('DELETE', path('held-used'));
    });

    // The first: its time is short, as a use is looked for when it is over.
    it('is called off by a use', async () => {
      const held = await reaches('held-used', isHeld);
      await fleet.api.request('PUT', path('held-used', '/last-used'));
      const used = await reaches('held-used', (view) => holdOf(view)?.since === holdOf(held)?.since && !isHeld(view));
      expect(used).toMatchObject({ status: 'ready', desired: 'running' });
      expect(holdOf(used)).toMatchObject({ outcome: 'called-off', endedBy: 'user:ops' });
      expect(stopCalls(used)).toEqual([]);
    });

    it('goes on after its 2xx, and says meanwhile why it waits', async () => {
      const held = await reaches('held-answered', isHeld);
      expect(held).toMatchObject({ status: 'ready', desired: 'running' });
      expect(holdOf(held)).toMatchObject({ by: 'auto-stop', waitsFor: [{ endpointId }] });
      const idle = await fleet.api.request('GET', path('held-answered', '/idle'));
      expect(idle.body).toMatchObject({ verdict: 'keep', rule: 'held', stopAt: holdOf(held)?.until });
      await until('it was asked more than once', async () => messagesOf('held-answered').length > 1);
      expect(messagesOf('held-answered')[0]).toMatchObject({
        isGenuine: true,
        event: { type: 'instance.stop_pending', instance: { stopHold: { since: holdOf(held)?.since } } },
      });
      expect(stopCalls(held)).toEqual([]);
      released.add('held-answered');
      const stopped = await reaches('held-answered', isStopped);
      expect(stopped['desiredBy']).toBe('auto-stop');
      expect(holdOf(stopped)).toMatchObject({ since: holdOf(held)?.since, outcome: 'released' });
      expect(await holdEntries('held-answered')).toEqual([
        ['auto-stop', 'held'],
        [`webhook:${endpointId}`, undefined],
        ['auto-stop', 'released'],
      ]);
    });

    it('goes on when its time is over', async () => {
      const stopped = await reaches('held-unanswered', isStopped);
      const hold = holdOf(stopped);
      expect(hold).toMatchObject({ outcome: 'timed-out', endedBy: 'auto-stop' });
      expect(Date.parse(hold?.until ?? '') - Date.parse(hold?.since ?? '')).toBe(2_000);
      const [first = 0, ...more] = stopCalls(stopped);
      expect(more).toEqual([]);
      expect(first).toBeGreaterThanOrEqual(Date.parse(hold?.until ?? ''));
    });

    it('does not wait at all where no endpoint holds', async () => {
      const stopped = await reaches('free', isStopped);
      expect(holdOf(stopped)).toBeUndefined();
      expect(await holdEntries('free')).toEqual([]);
      expect(messagesOf('free')).toEqual([]);
    });

    it('is overtaken by a stop of a person', async () => {
      await reaches('held-stopped', isHeld);
      expect((await fleet.api.request('POST', path('held-stopped', '/stop'))).status).toBe(202);
      const stopped = await reaches('held-stopped', isStopped);
      expect(stopped['desiredBy']).toBe('user:ops');
      expect(holdOf(stopped)).toMatchObject({ outcome: 'ended-by-person', endedBy: 'user:ops' });
    });

    it('may be a migration, which is requested after the 2xx', async () => {
      const { novitaInstanceId = '' } = await reaches('held-spot', ({ status }) => status === 'ready');
      fleet.sandbox.faults.add({ kind: 'spot-reclaim', instanceId: novitaInstanceId });
      await until('Novita has reclaimed it', async () => {
        await fleet.api.request('GET', '/api/v1/instances/comprehensive');
        return isHeld(await fleet.api.get(made.get('held-spot') ?? ''));
      });
      await until('it was asked', async () => messagesOf('held-spot').length > 0);
      expect(await fleet.api.get(made.get('held-spot') ?? '')).toMatchObject({
        status: 'stopped',
        migration: { state: 'waiting', attempts: 0 },
        stopHold: { by: 'migration' },
      });
      expect(fleet.sandbox.world.calls('migrateInstance')).toBe(0);
      released.add('held-spot');
      const migrated = await reaches('held-spot', (view) => view['migratedAt'] !== undefined);
      expect(holdOf(migrated)).toMatchObject({ outcome: 'released' });
      expect(fleet.sandbox.world.calls('migrateInstance')).toBe(1);
    });

    it('is late by no more than a new worker when the one that held it is killed', async () => {
      await create('held-killed', { holdMinutes: 0.06 });
      const held = await reaches('held-killed', isHeld);
      await fleet.killWorkers();
      const endsAt = Date.parse(holdOf(held)?.until ?? '');
      await until('its time is over', async () => Date.now() > endsAt);
      expect(await fleet.api.get(held.id)).toMatchObject({ status: 'ready', stopHold: holdOf(held) });
      await fleet.addWorker();
      const stopped = await reaches('held-killed', isStopped);
      expect(holdOf(stopped)).toMatchObject({
        since: holdOf(held)?.since,
        until: holdOf(held)?.until,
        outcome: 'timed-out',
      });
      expect(stopCalls(stopped)).toHaveLength(1);
    });
  });
}
