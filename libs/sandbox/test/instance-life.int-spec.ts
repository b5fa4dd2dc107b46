import { REALISTIC, type Sandbox, startSandbox } from '@app/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Body, CheckedClient } from './checked-client.js';

let sandbox: Sandbox;
let client: CheckedClient;

beforeEach(async () => {
  sandbox = await startSandbox({ speed: 0, timing: REALISTIC });
  client = new CheckedClient(sandbox);
});
afterEach(() => sandbox.close());

const command = (operation: string, instanceId: string): Promise<Body> =>
  client.ok(operation, { body: { instanceId } });
/** The states that two reads a second show. */
const watch = async (id: string, until: string): Promise<unknown[]> => {
  const states: unknown[] = [];
  for (let read = 0; read < 200 && states.at(-1) !== until; read++) {
    const status = await client.status(id);
    if (status !== states.at(-1)) states.push(status);
    sandbox.world.advance(500);
  }
  return states;
};
const running = async (changes: Body = {}): Promise<string> => {
  const id = await client.create(changes);
  sandbox.world.advance(20_000);
  return id;
};

describe('the life of an instance', () => {
  it('goes through every state in order', async () => {
    const id = await client.create();
    expect(await watch(id, 'running')).toEqual(['toCreate', 'creating', 'pulling', 'running']);
    expect(await command('stopInstance', id)).toEqual({ instanceId: id, state: 'toStop' });
    expect(await watch(id, 'exited')).toEqual(['toStop', 'stopping', 'exited']);
    expect(await command('startInstance', id)).toEqual({ instanceId: id, state: 'toStart' });
    expect(await watch(id, 'running')).toEqual(['toStart', 'starting', 'running']);
    await command('restartInstance', id);
    expect(await watch(id, 'running')).toEqual(['toRestart', 'restarting', 'running']);
    await command('deleteInstance', id);
    expect(await watch(id, 'removed')).toEqual(['toRemove', 'removing', 'removed']);
  });

  it('shows a removed instance for a while, then it is not found', async () => {
    const id = await running();
    await command('deleteInstance', id);
    sandbox.world.advance(6_000);
    expect((await client.listed()).ids).toEqual([id]);
    sandbox.world.advance(REALISTIC.removedVisibleMs);
    expect(await client.refusal('getInstance', { query: { instanceId: id } })).toBe(
      '400 RESOURCE_NOT_FOUND instance not found',
    );
    expect(await client.listed()).toEqual({ ids: [], total: 0 });
  });

  it.each(['stopInstance', 'startInstance', 'restartInstance', 'migrateInstance'])(
    'refuses %s while the image is pulled',
    async (operation) => {
      const id = await client.create();
      sandbox.world.advance(5_000);
      expect(await client.status(id)).toBe('pulling');
      expect(await client.refusal(operation, { body: { instanceId: id } })).toBe(
        '400 DEPENDENT_RESOURCE_STATE invalid state change',
      );
      expect(await client.status(id)).toBe('pulling');
    },
  );

  it('can be deleted while it is being created, and asked twice it changes nothing', async () => {
    const id = await client.create();
    sandbox.world.advance(5_000);
    await command('deleteInstance', id);
    sandbox.world.advance(2_000);
    await command('deleteInstance', id);
    expect(await watch(id, 'removed')).toEqual(['removing', 'removed']);
  });

  it('keeps its times, and the ports of a second start are closed again at first', async () => {
    const id = await running();
    const first = sandbox.world.instance(id);
    expect(first).toMatchObject({ portsOpen: true, lastStoppedAt: 0 });
    await command('stopInstance', id);
    sandbox.world.advance(10_000);
    expect(sandbox.world.instance(id)?.lastStoppedAt).toBeGreaterThan(0);
    await command('startInstance', id);
    sandbox.world.advance(6_000);
    expect(sandbox.world.instance(id)).toMatchObject({ status: 'running', portsOpen: false });
    sandbox.world.advance(3_000);
    expect(sandbox.world.instance(id)?.portsOpen).toBe(true);
  });

  it('shows how to connect only while it runs', async () => {
    const id = await running();
    const get = (): Promise<Body> => client.ok('getInstance', { query: { instanceId: id } });
    expect((await get())['connectComponentSSH']).toMatchObject({
      isRunning: true,
      sshCommand: expect.stringMatching(/^ssh -p /),
    });
    await command('stopInstance', id);
    sandbox.world.advance(10_000);
    const stopped = await get();
    expect(stopped['connectComponentSSH']).toEqual({ isRunning: false, sshCommand: '', password: '' });
    expect(stopped['portMappings']).toEqual([
      { port: 8080, endpoint: '', type: 'http' },
      { port: 22, endpoint: '', type: 'tcp' },
    ]);
  });

  it('is reset by an upgrade, keeping its product', async () => {
    const id = await running();
    await client.ok('upgradeInstance', {
      body: {
        instanceId: id,
        imageUrl: 'new:2',
        envs: [{ key: 'A', value: '1' }],
        command: 'go',
        entrypoint: '',
        save: false,
        networkVolume: { volumeMounts: [] },
      },
    });
    expect(await watch(id, 'running')).toEqual(['toReset', 'resetting', 'pulling', 'running']);
    expect(sandbox.world.instance(id)).toMatchObject({
      productId: '4090.16c62g.us',
      spec: { imageUrl: 'new:2', command: 'go', envs: [{ key: 'A', value: '1' }] },
    });
  });

  it('is edited while it runs, without a restart', async () => {
    const id = await running();
    await client.ok('editInstance', {
      body: { instanceId: id, ports: [{ port: 9000, type: 'http' }], expandRootDisk: 40 },
    });
    expect(sandbox.world.instance(id)).toMatchObject({
      status: 'running',
      spec: { rootfsSize: 100, ports: [{ port: 9000, type: 'http' }] },
    });
    const tooMuch = { instanceId: id, expandRootDisk: 5_000 };
    expect(await client.refusal('editInstance', { body: tooMuch })).toContain('VALIDATOR_PARAM');
    const reserved = { instanceId: id, ports: [{ port: 2223, type: 'tcp' }] };
    expect(await client.refusal('editInstance', { body: reserved })).toContain('VALIDATOR_PARAM');
  });

  it('migrates with a job, to another cluster of its product', async () => {
    const id = await running();
    await command('stopInstance', id);
    sandbox.world.advance(10_000);
    await command('migrateInstance', id);
    const jobs = async (): Promise<unknown> =>
      (await client.ok('listJobs', { query: { type: 'instanceMigrate' } }))['jobs'];
    expect(await jobs()).toMatchObject([{ instanceId: id, type: 'instanceMigrate', state: { state: 'running' } }]);
    expect((await client.ok('getInstance', { query: { instanceId: id } }))['jobs']).toHaveLength(1);
    expect(await watch(id, 'running')).toEqual(['migrating', 'running']);
    expect(await jobs()).toMatchObject([{ state: { state: 'success' } }]);
    expect(sandbox.world.instance(id)?.clusterId).not.toBe('1');
  });

  it('is back where it was when its migration is broken off', async () => {
    const id = await running();
    await command('stopInstance', id);
    sandbox.world.advance(10_000);
    await command('migrateInstance', id);
    const { jobs } = await client.ok('listJobs');
    await client.ok('breakJob', { body: { jobId: (jobs as readonly Body[])[0]?.['Id'] } });
    expect(await client.status(id)).toBe('exited');
    expect((await client.ok('listJobs', { query: { state: 'break' } }))['total']).toBe(1);
  });

  it('goes where the console puts it', async () => {
    const id = await running();
    sandbox.world.stopFromConsole(id);
    expect(await watch(id, 'exited')).toEqual(['toStop', 'stopping', 'exited']);
    expect(() => sandbox.world.stopFromConsole(id)).toThrow('invalid state change');
    sandbox.world.startFromConsole(id);
    expect(await watch(id, 'running')).toEqual(['toStart', 'starting', 'running']);
    sandbox.world.setStatus(id, 'freezing');
    sandbox.world.advance(1_000_000);
    expect(await client.status(id)).toBe('freezing');
    sandbox.world.vanish(id);
    expect(await client.refusal('getInstance', { query: { instanceId: id } })).toContain('RESOURCE_NOT_FOUND');
    expect(() => sandbox.world.vanish(id)).toThrow(`no instance ${id}`);
  });
});

describe('the clock', () => {
  it('goes faster by its factor', async () => {
    const id = await client.create();
    sandbox.world.setSpeed(1_000);
    await expect.poll(() => client.status(id), { timeout: 5_000 }).toBe('running');
  });

  it('shows real time in answers, at any speed', async () => {
    const id = await client.create();
    sandbox.world.advance(3_600_000);
    const started = Number((await client.ok('getInstance', { query: { instanceId: id } }))['lastStartedAt']);
    expect(Math.abs(started - Date.now() / 1_000)).toBeLessThan(5);
  });
});

/** How many times the CPU was measured. */
async function points(instanceId: string, range: Record<string, string | number> = {}): Promise<number> {
  const body = await client.ok('getInstanceMetrics', { query: { instanceId, ...range } });
  return (body['cpuUtilization'] as readonly unknown[]).length;
}

describe('utilisation', () => {
  it('is measured only while the instance runs, and bad ranges fall back to the last minute', async () => {
    const old = sandbox.world.seed(20).find(({ status }) => status === 'running')?.id ?? '';
    const now = Math.floor(Date.now() / 1_000);
    expect(await points(old)).toBe(5);
    expect(await points(old, { startTime: 'soon', interval: '5m' })).toBe(5);
    expect(await points(old, { startTime: now - 300, endTime: now, interval: 60 })).toBe(6);
    expect(await points(await running(), { startTime: now - 7_200, endTime: now - 3_600 })).toBe(0);
  });
});

describe('keys', () => {
  it('must be the one that is set', async () => {
    const strict = await startSandbox({ apiKey: 'right' });
    try {
      const other = new CheckedClient(strict);
      expect((await other.call('getBalance', { key: 'right' })).status).toBe(200);
      expect((await other.call('getBalance', { key: 'wrong' })).status).toBe(401);
      expect((await other.call('createInstance', { key: 'wrong' })).status).toBe(401);
    } finally {
      await strict.close();
    }
  });

  it('do not turn an unknown route into anything but 404', async () => {
    for (const path of ['/gpu-instance/openapi/v1/nothing', '/', '/gpu-instance/openapi/v1/metrics/gpu/instance']) {
      expect((await fetch(sandbox.url + path, { headers: { authorization: 'Bearer k' } })).status).toBe(404);
    }
    const wrongMethod = await fetch(`${sandbox.url}/gpu-instance/openapi/v1/gpu/instance/stop`);
    expect(wrongMethod.status).toBe(405);
  });
});
