import { describe, expect, it } from 'vitest';
import type { InstanceView } from './support/api-client.js';
import { Fleet } from './support/fleet.js';
import { until } from './support/until.js';

const REQUEST = { name: 'survivor', productName: 'RTX 4090', image: 'nginx' };

/** Runs the test on a fleet of its own: one API and one worker, to be killed. */
function onFleet(test: (fleet: Fleet) => Promise<void>): () => Promise<void> {
  return async () => {
    const fleet = await Fleet.start({ apis: 1, workers: 1 });
    try {
      await test(fleet);
    } finally {
      await fleet.stop();
    }
  };
}

function living(fleet: Fleet): readonly { readonly id: string; readonly status: string }[] {
  return fleet.sandbox.world.instances().filter((instance) => instance.status !== 'removed');
}

async function reaches(fleet: Fleet, id: string, status: string): Promise<InstanceView> {
  return until(
    `${id} is ${status}`,
    async () => {
      const view = await fleet.api.get(id);
      return view.status === status && view;
    },
    { timeoutMs: 60_000 },
  );
}

/**
 * A worker that is killed in the middle of a provider call, and another that takes over: exactly one instance at Novita
 * and a true record, whatever the call had done.
 */
describe.concurrent('a worker killed with SIGKILL', { timeout: 120_000 }, () => {
  it.each(['succeed-then-hang', 'succeed-then-500'] as const)('during a create that %s', async (kind) => {
    await onFleet(async (fleet) => {
      fleet.sandbox.faults.add({ operation: 'createInstance', kind, times: 1 });
      const made = await fleet.api.create(REQUEST);
      await until('Novita has made the instance', async () => living(fleet).length === 1);
      await fleet.killWorkers();
      expect((await fleet.api.get(made.id)).novitaInstanceId).toBeUndefined();

      await fleet.addWorker();
      const ready = await reaches(fleet, made.id, 'ready');
      expect(living(fleet)).toHaveLength(1);
      expect(ready.novitaInstanceId).toBe(living(fleet)[0]?.id);
      expect(fleet.sandbox.world.calls('createInstance')).toBe(1);
    })();
  });

  it(
    'before the create reached Novita',
    onFleet(async (fleet) => {
      fleet.sandbox.faults.add({ operation: 'createInstance', kind: 'hang', times: 1 });
      const made = await fleet.api.create(REQUEST);
      await until('the create is under way', async () => fleet.sandbox.world.calls('createInstance') === 1);
      await fleet.killWorkers();
      await fleet.addWorker();
      await reaches(fleet, made.id, 'ready');
      expect(living(fleet)).toHaveLength(1);
      expect(fleet.sandbox.world.calls('createInstance')).toBe(2);
    }),
  );

  it(
    'in the middle of a stop',
    onFleet(async (fleet) => {
      const made = await fleet.api.create(REQUEST);
      await reaches(fleet, made.id, 'ready');
      fleet.sandbox.faults.add({ operation: 'stopInstance', kind: 'succeed-then-hang', times: 1 });
      await fleet.api.request('POST', `/api/v1/instances/${made.id}/stop`);
      await until('the stop is under way', async () => fleet.sandbox.world.calls('stopInstance') === 1);
      await fleet.killWorkers();
      await until('Novita has stopped it', async () => living(fleet)[0]?.status === 'exited');
      expect((await fleet.api.get(made.id)).status).toBe('stopping');

      await fleet.addWorker();
      const stopped = await reaches(fleet, made.id, 'stopped');
      expect(stopped.novitaStatus).toBe('exited');
      expect(living(fleet)).toHaveLength(1);
    }),
  );

  it(
    'and a delete wished while the create is in doubt leaves nothing behind',
    onFleet(async (fleet) => {
      fleet.sandbox.faults.add({ operation: 'createInstance', kind: 'succeed-then-hang', times: 1 });
      const made = await fleet.api.create(REQUEST);
      await until('Novita has made the instance', async () => living(fleet).length === 1);
      await fleet.killWorkers();
      expect((await fleet.api.request('DELETE', `/api/v1/instances/${made.id}`)).status).toBe(202);
      await fleet.addWorker();
      await reaches(fleet, made.id, 'terminated');
      expect(living(fleet)).toHaveLength(0);
    }),
  );

  it(
    'twice, while five instances are on their way',
    onFleet(async (fleet) => {
      const made = await Promise.all(
        Array.from({ length: 5 }, (_, i) => fleet.api.create({ ...REQUEST, name: `again-${i}` })),
      );
      const spoken = (): number =>
        fleet.sandbox.world.calls('createInstance') + fleet.sandbox.world.calls('getInstance');
      for (let round = 0; round < 2; round++) {
        const before = spoken();
        await until('the worker has talked to Novita', async () => spoken() > before + round);
        await fleet.killWorkers();
        await fleet.addWorker();
      }
      for (const instance of made) await reaches(fleet, instance.id, 'ready');
      expect(living(fleet)).toHaveLength(5);
    }),
  );
});
