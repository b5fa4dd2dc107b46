import { type Sandbox, startSandbox } from '@app/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Body, CheckedClient } from './checked-client.js';

let sandbox: Sandbox;
let client: CheckedClient;

beforeEach(async () => {
  sandbox = await startSandbox({ instances: 5, speed: 0 });
  client = new CheckedClient(sandbox);
});
afterEach(() => sandbox.close());

async function control(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> {
  const response = await fetch(`${sandbox.url}/__sandbox/${path}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

describe('the control API', () => {
  it('adds faults, lists them, and clears one or all', async () => {
    const fault = { kind: 'error', status: 500, reason: 'UNKNOWN', message: 'm', operation: 'getBalance' };
    const added = await control('POST', 'faults', fault);
    expect(added.status).toBe(201);
    expect((await client.call('getBalance')).status).toBe(500);
    expect((await control('GET', 'faults')).body).toEqual({
      faults: [{ id: added.body['id'], fault, strikes: 1 }],
    });
    expect((await control('DELETE', `faults/${String(added.body['id'])}`)).body).toEqual({ ended: 1 });
    expect((await client.call('getBalance')).status).toBe(200);
    await control('POST', 'faults', fault);
    await control('POST', 'faults', fault);
    expect((await control('DELETE', 'faults')).body).toEqual({ ended: 2 });
  });

  it.each<[string, unknown, string]>([
    ['an unknown kind', { kind: 'gremlin' }, 'unknown kind "gremlin"; known: latency, error'],
    ['an unknown operation', { kind: 'hang', operation: 'buyInstance' }, 'unknown operation buyInstance'],
    ['a misspelt field', { kind: 'hang', instanceID: 'x' }, 'hang has no field instanceID'],
    ['a missing field', { kind: 'latency' }, 'ms is required'],
    ['a spot reclaim of an unknown instance', { kind: 'spot-reclaim', instanceId: 'feed' }, 'no instance feed'],
    ['a body that is not JSON', '{', 'the body is not JSON'],
  ])('refuses %s clearly', async (_, fault, message) => {
    const { status, body } = await control('POST', 'faults', fault);
    expect(status).toBe(400);
    expect(body['error']).toContain(message);
  });

  it('shows the true state, also of what lists hide', async () => {
    const [first] = sandbox.world.instances();
    await control('POST', 'faults', { kind: 'vanish', percent: 100 });
    expect((await client.listed()).total).toBe(0);
    expect((await control('GET', 'instances')).body['instances']).toHaveLength(5);
    expect((await control('GET', `instances/${first?.id ?? ''}`)).body).toEqual(first);
    expect((await control('GET', 'instances/feed')).status).toBe(404);
    expect((await control('GET', 'state')).body).toMatchObject({ instances: 5, faults: 1, clock: { speed: 0 } });
  });

  it('counts the calls and remembers them', async () => {
    const id = await client.create();
    await client.status(id);
    await client.call('getBalance', { key: null });
    expect((await control('GET', 'calls')).body).toMatchObject({
      total: 3,
      byOperation: { createInstance: 1, getInstance: 1, getBalance: 1 },
      log: [
        { operation: 'createInstance', instanceId: id, status: 200 },
        { operation: 'getInstance', instanceId: id, status: 200 },
        { operation: 'getBalance', instanceId: null, status: 401 },
      ],
    });
  });

  it('moves instances as a person at the console would', async () => {
    const id = await client.create();
    expect((await control('POST', `instances/${id}/console-stop`)).status).toBe(409);
    await control('POST', `instances/${id}/status`, { status: 'running' });
    expect((await control('POST', `instances/${id}/console-stop`)).body['status']).toBe('toStop');
    await control('POST', 'clock', { advanceMs: 1_000 });
    expect((await control('POST', `instances/${id}/console-start`)).body['status']).toBe('toStart');
    expect((await control('POST', `instances/${id}/status`, { status: 'ready' })).status).toBe(400);
    expect((await control('POST', `instances/${id}/dance`)).status).toBe(404);
    expect((await control('POST', `instances/${id}/vanish`)).status).toBe(200);
    expect((await control('POST', `instances/${id}/vanish`)).status).toBe(404);
  });

  it('seeds, speeds the clock up, refills the stock and starts anew', async () => {
    const before = sandbox.world.instances();
    expect((await control('POST', 'seed', { instances: 7 })).body['ids']).toHaveLength(7);
    expect((await client.listed()).total).toBe(12);
    expect((await control('POST', 'seed', { instances: -1 })).status).toBe(400);
    expect((await control('POST', 'clock', { speed: 60 })).body).toMatchObject({ clock: { speed: 60 } });
    expect((await control('POST', 'clock', { speed: -1 })).status).toBe(400);
    expect((await control('POST', 'restock', { productId: 'h200.sxm.24c260g', gpus: 8 })).status).toBe(200);
    expect((await control('POST', 'restock', { productId: 'nope' })).status).toBe(400);
    await control('POST', 'faults', { kind: 'hang' });
    expect((await control('POST', 'reset')).body).toMatchObject({ instances: 5, faults: 0, calls: 0 });
    const after = sandbox.world.instances();
    expect(after.map(({ id, status }) => [id, status])).toEqual(before.map(({ id, status }) => [id, status]));
  });

  it('knows no other paths', async () => {
    expect((await control('GET', 'nothing')).status).toBe(404);
    expect((await control('DELETE', 'instances')).status).toBe(404);
  });
});
