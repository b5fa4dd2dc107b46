import { afterEach, describe, expect, it } from 'vitest';
import type { InstanceView } from './support/api-client.js';
import { Fleet } from './support/fleet.js';
import { until } from './support/until.js';

/**
 * A worker that is killed in the middle of a provider call, and another that takes over: exactly one instance at Novita
 * and a true record, whatever the call had done.
 */
describe('a worker killed with SIGKILL', () => {
  let fleet: Fleet;

  afterEach(async () => {
    await fleet?.stop();
  });

  const request = { name: 'survivor', productName: 'RTX 4090', image: 'nginx' };

  function living(): readonly { id: string; status: string }[] {
    return fleet.sandbox.world.instances().filter((instance) => instance.status !== 'removed');
  }

  async function reaches(id: string, status: string): Promise<InstanceView> {
    return await until(
      `${id} is ${status}`,
      async () => {
        const view = await fleet.api.get(id);
        return view.status === status && view;
      },
      { timeoutMs: 45_000 },
    );
  }

  it.each(['succeed-then-hang', 'succeed-then-500'] as const)('during a create that %s', async (kind) => {
    fleet = await Fleet.start({ apis: 1, workers: 1 });
    fleet.sandbox.faults.add({ operation: 'createInstance', kind, times: 1 });
    const made = await fleet.api.create(request);
    await until('Novita has made the instance', async () => living().length === 1);
    await fleet.killWorkers();
    expect((await fleet.api.get(made.id)).novitaInstanceId).toBeUndefined();

    await fleet.addWorker();
    const ready = await reaches(made.id, 'ready');
    expect(living()).toHaveLength(1);
    expect(ready.novitaInstanceId).toBe(living()[0]?.id);
    expect(fleet.sandbox.world.calls('createInstance')).toBe(1);
  });

  it('before the create reached Novita', async () => {
    fleet = await Fleet.start({ apis: 1, workers: 1 });
    fleet.sandbox.faults.add({ operation: 'createInstance', kind: 'hang', times: 1 });
    const made = await fleet.api.create(request);
    await until('the create is under way', async () => fleet.sandbox.world.calls('createInstance') === 1);
    await fleet.killWorkers();
    await fleet.addWorker();
    await reaches(made.id, 'ready');
    expect(living()).toHaveLength(1);
    expect(fleet.sandbox.world.calls('createInstance')).toBe(2);
  });

  it('in the middle of a stop', async () => {
    fleet = await Fleet.start({ apis: 1, workers: 1 });
    const made = await fleet.api.create(request);
    await reaches(made.id, 'ready');
    fleet.sandbox.faults.add({ operation: 'stopInstance', kind: 'succeed-then-hang', times: 1 });
    await fleet.api.request('POST', `/api/v1/instances/${made.id}/stop`);
    await until('the stop is under way', async () => fleet.sandbox.world.calls('stopInstance') === 1);
    await fleet.killWorkers();
    await until('Novita has stopped it', async () => living()[0]?.status === 'exited');
    expect((await fleet.api.get(made.id)).status).toBe('stopping');

    await fleet.addWorker();
    const stopped = await reaches(made.id, 'stopped');
    expect(stopped.novitaStatus).toBe('exited');
    expect(living()).toHaveLength(1);
  });

  it('and a delete wished while the create is in doubt leaves nothing behind', async () => {
    fleet = await Fleet.start({ apis: 1, workers: 1 });
    fleet.sandbox.faults.add({ operation: 'createInstance', kind: 'succeed-then-hang', times: 1 });
    const made = await fleet.api.create(request);
    await until('Novita has made the instance', async () => living().length === 1);
    await fleet.killWorkers();
    expect((await fleet.api.request('DELETE', `/api/v1/instances/${made.id}`)).status).toBe(202);
    await fleet.addWorker();
    await reaches(made.id, 'terminated');
    expect(living()).toHaveLength(0);
  });

  it('again and again, at any moment', async () => {
    fleet = await Fleet.start({ apis: 1, workers: 1 });
    const made = await Promise.all(Array.from({ length: 5 }, (_, i) => fleet.api.create({ ...request, name: `again-${i}` })));
    for (let round = 0; round < 4; round++) {
      const calls = fleet.sandbox.world.calls('createInstance') + fleet.sandbox.world.calls('getInstance');
      await until('the worker has talked to Novita', async () => fleet.sandbox.world.calls('createInstance') + fleet.sandbox.world.calls('getInstance') > calls + round);
      await fleet.killWorkers();
      await fleet.addWorker();
    }
    for (const instance of made) await reaches(instance.id, 'ready');
    expect(living()).toHaveLength(5);
  });
});
