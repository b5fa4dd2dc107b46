import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InstanceView } from './support/api-client.js';
import { Fleet } from './support/fleet.js';
import { until } from './support/until.js';

const BASE = '/api/v1/instances/migration';
/** By what happens to each; all are spot instances that Novita reclaims at the same time. */
const MIGRATED = ['plain', 'second', 'lost', 'scarce', 'moved'] as const;
const OTHERS = ['hung', 'killed', 'given-up', 'bought', 'by-user', 'by-console', 'ended', 'idle'] as const;
const STOPPED = ['by-user', 'by-console', 'ended', 'idle'] as const;

interface Verdicts {
  readonly data: {
    readonly eligible: number;
    readonly verdicts: readonly { readonly name: string; readonly verdict: string; readonly outcome: string }[];
  };
}

/** One API and one worker; Novita leaves migrated instances down, as it may. */
describe('the migration of reclaimed spot instances', () => {
  let fleet: Fleet;
  const made = new Map<string, InstanceView>();
  const shown = (name: string): Promise<InstanceView> => fleet.api.get(made.get(name)?.id ?? '');
  const novitaId = (name: string): string => made.get(name)?.novitaInstanceId ?? '';
  /** Requests to migrate an instance, however they were answered. */
  const requests = (name: string): number =>
    fleet.sandbox.world
      .callLog()
      .filter(({ operation, instanceId }) => operation === 'migrateInstance' && instanceId === novitaId(name)).length;
  const jobs = (name: string): number =>
    fleet.sandbox.world.migrationJobs().filter(({ instanceId }) => instanceId === novitaId(name)).length;

  async function reaches(name: string, isThere: (view: InstanceView) => boolean): Promise<InstanceView> {
    return until(`${name} is there`, async () => {
      const view = await shown(name);
      return isThere(view) && view;
    });
  }
  const isMigrated = (view: InstanceView): boolean =>
    view.status === 'ready' && (view['migration'] as { readonly state?: string } | undefined)?.state === 'done';
  const post = <Body>(path: string, body?: unknown) => fleet.api.request<Body>('POST', `${BASE}/${path}`, body);

  beforeAll(async () => {
    fleet = await Fleet.start({
      apis: 1,
      workers: 1,
      env: {
        // A call that hangs does so until its worker is killed.
        NOVITA_TIMEOUT: '15s',
        CREATE_RETRY_GRACE: '16s',
        MIGRATION_INTERVAL_MINUTES: '1h',
        MIGRATION_TIMEOUT: '10s',
        SYNC_ENABLE_AUTOMATIC_SYNC: 'false',
        AUTO_STOP_INTERVAL: '1s',
        AUTO_STOP_THRESHOLD: '1h',
      },
      sandbox: { migrationEndsIn: 'exited' },
    });
    const { sandbox, api } = fleet;
    sandbox.world.restock();
    const spot = { productName: 'RTX 4090', image: 'nginx', region: 'any', billingMode: 'spot' };
    await Promise.all(
      [...MIGRATED, ...OTHERS].map(async (name) => {
        const autoStop = name === 'idle' ? { autoStop: { thresholdMinutes: 0.02 } } : {};
        made.set(name, await api.create({ ...spot, ...autoStop, name }));
        made.set(name, await reaches(name, (view) => view['readyAt'] !== undefined));
      }),
    );
    const operation = 'migrateInstance';
    sandbox.faults.add({ operation, kind: 'succeed-then-500', nameContains: 'lost', times: 1 });
    sandbox.faults.add({ operation, kind: 'out-of-stock', nameContains: 'scarce', times: 2 });
    sandbox.faults.add({ operation, kind: 'migrate-elsewhere', nameContains: 'moved', times: 1 });
    sandbox.faults.add({ kind: 'stuck', status: 'migrating', nameContains: 'hung' });
    await api.request('POST', `/api/v1/instances/${made.get('by-user')?.id}/stop`);
    sandbox.world.stopFromConsole(novitaId('by-console'));
    await Promise.all(['by-user', 'idle'].map((name) => reaches(name, ({ status }) => status === 'stopped')));
    // It ends by itself: down without a reclaim.
    sandbox.world.setStatus(novitaId('ended'), 'exited');
    for (const name of MIGRATED) sandbox.faults.add({ kind: 'spot-reclaim', instanceId: novitaId(name) });
    await until('Novita has reclaimed them', async () =>
      MIGRATED.every((name) => sandbox.world.instance(novitaId(name))?.spotStatus === 'terminated'),
    );
  });
  afterAll(async () => {
    await fleet?.stop();
  });

  it('is foreseen by a dry run, which writes nothing', async () => {
    const before = await Promise.all(MIGRATED.map(shown));
    const { status, body } = await post<Verdicts>('scheduler/trigger', { dryRun: true });
    expect(status).toBe(200);
    expect(body.data.eligible).toBe(MIGRATED.length);
    const verdicts = body.data.verdicts.map(({ name, verdict, outcome }) => `${name} ${verdict} ${outcome}`);
    expect(new Set(verdicts)).toEqual(new Set(MIGRATED.map((name) => `${name} migrate nothing-done`)));
    expect(await Promise.all(MIGRATED.map(shown))).toEqual(before);
    expect(fleet.sandbox.world.calls('migrateInstance')).toBe(0);
  });

  it('ends in a ready instance with one migration each, also when the answer is lost, stock is short, or the id changes', async () => {
    expect((await post('scheduler/trigger')).status).toBe(202);
    const views = await Promise.all(MIGRATED.map((name) => reaches(name, isMigrated)));
    for (const view of views) {
      expect(view.desired).toBe('running');
      expect(view['migratedAt']).toBe(view['readyAt']);
      expect(view.lastError).toBeUndefined();
    }
    expect(MIGRATED.map((name) => [name, jobs(name)])).toEqual(MIGRATED.map((name) => [name, 1]));
    expect(requests('scarce')).toBe(3);
    const moved = await shown('moved');
    expect(moved.novitaInstanceId).not.toBe(novitaId('moved'));
    await until('the instance that was replaced is deleted', async () => {
      const old = fleet.sandbox.world.instance(novitaId('moved'));
      return old === undefined || ['toRemove', 'removing', 'removed'].includes(old.status);
    });
    const events = await fleet.api.request<{ readonly entries: readonly { readonly kind: string }[] }>(
      'GET',
      `/api/v1/instances/${made.get('plain')?.id}/events`,
    );
    expect(JSON.stringify(events.body)).toContain('Novita has reclaimed the spot instance');
  });

  it('leaves those alone that a person or auto-stop stopped, here or at the console, or that ended by themselves', async () => {
    await until('they are known as stopped', async () => {
      await fleet.api.request('POST', '/api/v1/instances/sync', {});
      const views = await Promise.all(STOPPED.map(shown));
      return views.every(({ status, desired }) => status === 'stopped' && desired === 'stopped');
    });
    expect(STOPPED.map((name) => [name, requests(name)])).toEqual(STOPPED.map((name) => [name, 0]));
    expect((await shown('idle'))['desiredBy']).toBe('auto-stop');
  });

  it('that hangs ends by its deadline, and goes on when a person has it tried again', async () => {
    fleet.sandbox.faults.add({ kind: 'spot-reclaim', instanceId: novitaId('hung') });
    await until('a read shows it', async () => {
      await fleet.api.request('GET', '/api/v1/instances/comprehensive');
      return (await shown('hung')).status !== 'ready';
    });
    const failed = await reaches('hung', ({ status }) => status === 'failed');
    expect(failed.lastError?.code).toBe('migration-timeout');
    expect(failed['migration']).toMatchObject({ state: 'failed', nextAttemptAt: expect.any(String) as string });
    for (const { id, fault } of fleet.sandbox.faults.list()) if (fault.kind === 'stuck') fleet.sandbox.faults.clear(id);
    const { status, body } = await post<{ readonly data: { readonly instances: readonly unknown[] } }>('check-failed');
    expect(status).toBe(200);
    expect(body.data.instances).toMatchObject([{ name: 'hung', action: 'retried' }]);
    await reaches('hung', isMigrated);
    expect(requests('hung')).toBe(1);
  });

  it('goes on where a worker was killed in the middle of its request', async () => {
    fleet.sandbox.faults.add({
      operation: 'migrateInstance',
      kind: 'succeed-then-hang',
      nameContains: 'killed',
      times: 1,
    });
    fleet.sandbox.faults.add({ kind: 'spot-reclaim', instanceId: novitaId('killed') });
    await until('the request is under way', async () => {
      await fleet.api.request('GET', '/api/v1/instances/comprehensive');
      return requests('killed') === 1;
    });
    await fleet.killWorkers();
    expect(await shown('killed')).toMatchObject({ status: 'migrating', migration: { state: 'requested' } });
    // What Novita was asked for cannot be taken back: a person who would stop it now is told so, and nothing is lost by it.
    const refused = await fleet.api.request<{ readonly code: string }>(
      'POST',
      `/api/v1/instances/${made.get('killed')?.id}/stop`,
    );
    expect([refused.status, refused.body.code]).toEqual([409, 'instance-busy']);
    // With the policy of the next test, which concerns nothing that has a machine.
    await fleet.addWorker({ MIGRATION_FALLBACK: 'same-or-better' });
    await reaches('killed', isMigrated);
    expect([requests('killed'), jobs('killed')]).toEqual([1, 1]);
    const status = await fleet.api.request<{ readonly data: { readonly inFlight: number } }>(
      'GET',
      `${BASE}/scheduler/status`,
    );
    expect(status.body.data.inFlight).toBe(0);
  });

  describe('for which Novita has no machine', () => {
    /** The product that all of them have, the cheapest. */
    const PRODUCT = '4090.12c48g.hk';
    /** Reclaimed, and seen by a read as soon as one shows it. */
    async function reclaim(name: string): Promise<void> {
      fleet.sandbox.faults.add({ operation: 'migrateInstance', kind: 'out-of-stock', nameContains: name });
      fleet.sandbox.faults.add({ kind: 'spot-reclaim', instanceId: novitaId(name) });
      await until(`a read shows that ${name} was reclaimed`, async () => {
        await fleet.api.request('GET', '/api/v1/instances/comprehensive');
        return (await shown(name)).status !== 'ready';
      });
    }

    it('is bought once of another product where the policy is same-or-better, though a worker is killed in the middle', async () => {
      const { sandbox } = fleet;
      const copies = () => sandbox.world.instances().filter(({ name }) => name.startsWith('bought-nf'));
      sandbox.faults.add({ operation: 'createInstance', kind: 'succeed-then-hang', nameContains: 'bought', times: 1 });
      // Listings do not show the new one yet: the worker that is killed has not found it by its marker.
      sandbox.faults.add({ kind: 'late', listsMs: 6_000 });
      // Less than none: what is reclaimed goes back into the stock.
      sandbox.world.restock(PRODUCT, -100);
      // The catalogue that the workers know is read anew, so that the first offer is taken.
      await fleet.api.request('POST', '/api/v1/instances/sync', { resources: ['gpu-products'] });
      await reclaim('bought');
      await until('another one is bought', () => Promise.resolve(copies().length === 2));
      // On a slow machine the listings may show it by now, so that it is confirmed already.
      expect(await shown('bought')).toMatchObject({ migration: { boughtInstead: { agreedPricePerHour: 0.18 } } });
      await fleet.killWorkers();
      // Another policy since then takes nothing back that was bought.
      await fleet.addWorker({ MIGRATION_FALLBACK: 'off' });
      const ready = await reaches('bought', isMigrated);
      expect(ready.novitaInstanceId).not.toBe(novitaId('bought'));
      expect(ready['pricePerHour']).toBe(0.21);
      expect(ready['migration']).toMatchObject({
        boughtInstead: { pricePerHour: 0.21, agreedPricePerHour: 0.18, isConfirmed: true },
      });
      await until('the one that was replaced is deleted', () =>
        Promise.resolve(
          copies().every(({ id, status }) => id === ready.novitaInstanceId || status.startsWith('remov')),
        ),
      );
      // Those that are gone are shown for a minute.
      expect(copies()).toHaveLength(2);
      const creates = sandbox.world.callLog().filter(({ operation }) => operation === 'createInstance').length;
      expect(creates).toBe(made.size + 1);
    });

    it('is given up at once where the policy is off', async () => {
      await reclaim('given-up');
      const failed = await reaches('given-up', ({ status }) => status === 'failed');
      expect(failed.lastError?.code).toBe('resource-constraints');
      expect([failed.desired, requests('given-up')]).toEqual(['stopped', 1]);
    });
  });
});
