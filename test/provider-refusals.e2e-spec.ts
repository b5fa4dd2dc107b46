import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InstanceView } from './support/api-client.js';
import { Fleet } from './support/fleet.js';
import { until } from './support/until.js';

/** Novita says no: each refusal is told as its own problem, and a later call goes on from where it was left. */
describe('refusals of the provider', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await Fleet.start({ apis: 1, workers: 1 });
  });
  afterAll(async () => {
    await fleet?.stop();
  });

  async function sees(id: string, what: string, holds: (view: InstanceView) => boolean): Promise<InstanceView> {
    return until(`${id}: ${what}`, async () => {
      const view = await fleet.api.get(id);
      return holds(view) && view;
    });
  }

  it.each([
    { fault: 'out-of-stock', status: 400, reason: 'INSUFFICIENT_RESOURCE', code: 'resource-constraints' },
    { fault: 'out of balance', status: 400, reason: 'BALANCE_NOT_ENOUGH', code: 'insufficient-balance' },
    { fault: 'a wrong key', status: 401, reason: 'UNAUTHORIZED', code: 'provider-unauthorized' },
  ])('$fault fails the create by its name, and a later start goes on', async ({ status, reason, code }) => {
    const fault = fleet.sandbox.faults.add({
      operation: 'createInstance',
      kind: 'error',
      status,
      reason,
      message: `no: ${reason}`,
    });
    const made = await fleet.api.create({ name: 'refused', productName: 'RTX 4090', image: 'nginx' });
    const refused = await sees(made.id, `tells ${code}`, (view) => view.lastError?.code === code);
    expect(refused.lastError?.suggestion).toEqual(expect.any(String));
    expect(refused.novitaInstanceId).toBeUndefined();

    fleet.sandbox.faults.clear(fault);
    const start = await fleet.api.request('POST', `/api/v1/instances/${made.id}/start`);
    expect([200, 202]).toContain(start.status);
    const ready = await sees(made.id, 'is ready', (view) => view.status === 'ready');
    expect(ready.lastError).toBeUndefined();
  });

  it('a rate limit is waited out', async () => {
    fleet.sandbox.faults.add({
      operation: 'createInstance',
      kind: 'error',
      status: 429,
      reason: 'RATE_LIMIT_EXCEEDED',
      message: 'slow down',
      retryAfterSeconds: 1,
      times: 2,
    });
    const made = await fleet.api.create({ name: 'patient', productName: 'RTX 4090', image: 'nginx' });
    const ready = await sees(made.id, 'is ready', (view) => view.status === 'ready');
    expect(ready.lastError).toBeUndefined();
  });

  it('an instance that Novita fails to start is failed, says why, and can be deleted', async () => {
    fleet.sandbox.faults.add({ kind: 'fail-start', message: 'image cannot be pulled', nameContains: 'unlucky' });
    const made = await fleet.api.create({ name: 'unlucky', productName: 'RTX 4090', image: 'no/such:image' });
    const failed = await sees(made.id, 'is failed', (view) => view.status === 'failed');
    expect(failed.lastError).toMatchObject({ code: 'startup-failed' });
    expect(failed.lastError?.message).toContain('image cannot be pulled');
    expect((await fleet.api.request('DELETE', `/api/v1/instances/${made.id}`)).status).toBe(202);
    await sees(made.id, 'is terminated', (view) => view.status === 'terminated');
  });

  it('a stop that is refused stays stopping, is retried, and is never shown as stopped', async () => {
    const made = await fleet.api.create({ name: 'stubborn', productName: 'RTX 4090', image: 'nginx' });
    await sees(made.id, 'is ready', (view) => view.status === 'ready');
    const before = fleet.sandbox.world.calls('stopInstance');
    const fault = fleet.sandbox.faults.add({
      operation: 'stopInstance',
      kind: 'error',
      status: 500,
      reason: 'UNKNOWN',
      message: 'no',
    });
    await fleet.api.request('POST', `/api/v1/instances/${made.id}/stop`);
    await until('the stop was tried twice', async () => {
      expect((await fleet.api.get(made.id)).status).toBe('stopping');
      return fleet.sandbox.world.calls('stopInstance') >= before + 2;
    });
    fleet.sandbox.faults.clear(fault);
    await sees(made.id, 'is stopped', (view) => view.status === 'stopped');
  });
});
