import assert from 'node:assert/strict';
import type { InstanceView } from './api-client.js';
import { Fleet } from './fleet.js';
import { type SyncBody, SyncClient, type SyncData } from './sync-client.js';
import { until } from './until.js';

/** Of ours; with the discovered ones some five pages of three. */
export const OURS = 10;

/** One API, one worker and ten instances of ours that are ready, with a provider that can be made to err. */
export class SyncGround {
  readonly sync: SyncClient;

  private constructor(
    readonly fleet: Fleet,
    /** Ids at Novita. They stay the same whatever becomes of the records. */
    readonly ours: string[],
  ) {
    this.sync = new SyncClient(fleet.api);
  }

  static async prepare(): Promise<SyncGround> {
    const fleet = await Fleet.start({
      apis: 1,
      workers: 1,
      env: {
        NOVITA_PAGE_SIZE: '3',
        NOVITA_TIMEOUT: '1500ms',
        NOVITA_MAX_REQUESTS_PER_SECOND: '1000',
        SYNC_ENABLE_AUTOMATIC_SYNC: 'false',
        SYNC_MISSING_GRACE: '0',
      },
      sandbox: { instances: 2 },
    });
    const ground = new SyncGround(fleet, []);
    try {
      await ground.sync.becomes('completed');
      const made = await Promise.all(Array.from({ length: OURS }, (_, i) => ground.create(`ours-${i}`)));
      ground.ours.push(...made.map(({ novitaInstanceId }) => novitaInstanceId ?? ''));
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return ground;
  }

  /** A sync of nothing but the instances, which could be read. */
  async run(body: SyncBody = {}): Promise<SyncData> {
    return this.sync.run({ resources: ['instances'], ...body });
  }

  /** Novita is well again, and everything of ours with it, what a test has stopped too. */
  async heal(): Promise<void> {
    this.fleet.sandbox.faults.clear();
    await this.run({ forceSync: true });
    await Promise.all(
      this.ours.map(async (id) => {
        const { desired } = await this.fleet.api.get(id);
        if (desired === 'stopped') await this.fleet.api.request('POST', `/api/v1/instances/${id}/start`);
        await this.isReady(id);
      }),
    );
    const { held, status } = await this.sync.status();
    if (status !== 'completed' || held !== undefined) throw new Error(`not well: ${status}, ${JSON.stringify(held)}`);
  }

  async create(name: string): Promise<InstanceView> {
    const { id } = await this.fleet.api.create({ name, productName: 'RTX 4090', image: 'nginx' });
    return this.isReady(id);
  }

  async isReady(id: string): Promise<InstanceView> {
    return until(`${id} is ready`, async () => {
      const view = await this.fleet.api.get(id);
      return view.status === 'ready' && view;
    });
  }

  async isKnown(id: string): Promise<boolean> {
    const { status } = await this.fleet.api.request('GET', `/api/v1/instances/${id}`);
    if (status !== 200 && status !== 404) throw new Error(`${id} is answered with ${status}`);
    return status === 200;
  }

  async expectAll(ids: readonly string[], status: string): Promise<void> {
    const statuses = await Promise.all(ids.map(async (id) => (await this.fleet.api.get(id)).status));
    assert.deepEqual([...new Set(statuses)], [status]);
  }

  /** A sync that takes nothing away, and leaves everything of ours as it was. */
  async expectNothingGoes(body: SyncBody = {}): Promise<SyncData> {
    const data = await this.run(body);
    assert.deepEqual([data.instancesRemoved, data.markedTerminated], [0, 0]);
    await this.expectAll(this.ours, 'ready');
    return data;
  }

  /** Two more instances that somebody made elsewhere and that are on record; the second is the first in lists. */
  async twoMore(): Promise<readonly [string, string]> {
    const [older, newer] = this.fleet.sandbox.world.seed(2);
    if (older === undefined || newer === undefined) throw new Error('the sandbox made no instances');
    await this.run();
    if (!(await this.isKnown(older.id))) throw new Error('the sync has not found it');
    return [older.id, newer.id];
  }

  hide(ids: readonly string[], from: 'everywhere' | 'lists' = 'everywhere'): void {
    this.fleet.sandbox.faults.add({ kind: 'vanish', ids, from });
  }

  /** A worker with other settings in place of the present one, its start-up sync over. */
  async anotherWorker(env: Readonly<Record<string, string>>): Promise<void> {
    const { fleet } = this;
    await Promise.all(fleet.workers.splice(0).map((worker) => worker.end('SIGTERM')));
    const worker = await fleet.addWorker(env);
    await worker.says(/Sync (completed|skipped)/);
    await this.sync.becomes('completed');
  }
}
