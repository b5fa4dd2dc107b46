import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InstanceView } from './support/api-client.js';
import { Fleet } from './support/fleet.js';
import { until } from './support/until.js';

const REQUEST = { productName: 'RTX 4090', image: 'nginx' };

/**
 * A worker that is killed in the middle of its calls to Novita, and another that takes over: exactly one instance at
 * Novita for each record, and a true record, whatever the calls had done.
 */
describe('a worker killed with SIGKILL', () => {
  let fleet: Fleet;
  const made = new Map<string, InstanceView>();
  /** The instances that bill, by the names of their records. */
  const living = (name: string) =>
    fleet.sandbox.world.instances().filter((one) => one.status !== 'removed' && one.name.startsWith(`${name}-nf`));
  const shown = (name: string): Promise<InstanceView> => fleet.api.get(made.get(name)?.id ?? '');

  async function create(name: string): Promise<void> {
    made.set(name, await fleet.api.create({ ...REQUEST, name }));
  }

  async function reaches(name: string, status: string): Promise<InstanceView> {
    return until(`${name} is ${status}`, async () => {
      const view = await shown(name);
      return view.status === status && view;
    });
  }

  beforeAll(async () => {
    // A call that hangs does so until its worker is killed.
    const env = { NOVITA_TIMEOUT: '15s', CREATE_RETRY_GRACE: '16s' };
    fleet = await Fleet.start({ apis: 1, workers: 1, env });
    const { faults, world } = fleet.sandbox;
    faults.add({ operation: 'createInstance', kind: 'succeed-then-hang', nameContains: 'unanswered', times: 1 });
    faults.add({ operation: 'createInstance', kind: 'succeed-then-hang', nameContains: 'unwanted', times: 1 });
    faults.add({ operation: 'createInstance', kind: 'succeed-then-500', nameContains: 'refused', times: 1 });
    faults.add({ operation: 'createInstance', kind: 'hang', nameContains: 'unsent', times: 1 });
    faults.add({ operation: 'stopInstance', kind: 'succeed-then-hang', times: 1 });
    await create('stopping');
    await reaches('stopping', 'ready');
    await fleet.api.request('POST', `/api/v1/instances/${made.get('stopping')?.id}/stop`);
    await Promise.all(['unanswered', 'unwanted', 'unsent'].map(create));
    await until('the calls are under way', async () => {
      const areMade = living('unanswered').length === 1 && living('unwanted').length === 1;
      return areMade && world.calls('createInstance') === 4 && world.calls('stopInstance') === 1;
    });
    await create('refused');
    await until('Novita has made the instance that it answers with 500', async () => living('refused').length === 1);
    await fleet.killWorkers();
  });
  afterAll(async () => {
    await fleet?.stop();
  });

  it('leaves records that claim nothing of what it was about to learn', async () => {
    for (const name of ['unanswered', 'refused', 'unsent', 'unwanted'])
      expect([name, (await shown(name)).novitaInstanceId]).toEqual([name, undefined]);
    await until('Novita has stopped the other', async () => living('stopping')[0]?.status === 'exited');
    expect((await shown('stopping')).status).toBe('stopping');
    const remove = await fleet.api.request('DELETE', `/api/v1/instances/${made.get('unwanted')?.id}`);
    expect(remove.status).toBe(202);
    await fleet.addWorker();
  });

  it.each([
    ['that Novita carried out and did not answer', 'unanswered'],
    ['that Novita carried out and answered with 500', 'refused'],
  ])('during a create %s', async (_, name) => {
    const ready = await reaches(name, 'ready');
    expect(living(name).map(({ id }) => id)).toEqual([ready.novitaInstanceId]);
  });

  it('before the create reached Novita', async () => {
    const ready = await reaches('unsent', 'ready');
    expect(living('unsent').map(({ id }) => id)).toEqual([ready.novitaInstanceId]);
  });

  it('in the middle of a stop', async () => {
    const stopped = await reaches('stopping', 'stopped');
    expect(stopped.novitaStatus).toBe('exited');
    expect(living('stopping')).toHaveLength(1);
  });

  it('and a delete asked for while the create is in doubt leaves nothing behind', async () => {
    await reaches('unwanted', 'terminated');
    expect(living('unwanted')).toHaveLength(0);
  });

  it('asks for each instance once, and for the one whose create never arrived once more', () => {
    expect(fleet.sandbox.world.calls('createInstance')).toBe(6);
  });

  it('twice, while five instances are on their way', async () => {
    const { world } = fleet.sandbox;
    const names = Array.from({ length: 5 }, (_, i) => `again-${i}`);
    const spoken = (): number => world.calls('createInstance') + world.calls('getInstance');
    let before = spoken();
    await Promise.all(names.map(create));
    for (let round = 0; round < 2; round++) {
      await until('the worker has talked to Novita', async () => spoken() > before);
      await fleet.killWorkers();
      before = spoken();
      await fleet.addWorker({ NOVITA_TIMEOUT: '1s', CREATE_RETRY_GRACE: '2s' });
    }
    for (const name of names) {
      await reaches(name, 'ready');
      expect(living(name)).toHaveLength(1);
    }
  });
});
