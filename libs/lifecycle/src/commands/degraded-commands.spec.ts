import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CommandJournal,
  DegradedMode,
  type InstanceId,
  type MemoryStore,
  memoryStore,
  StoreAvailability,
  StoreUnavailableError,
  WriteOutcomeUnknownError,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { loadSection, MetricsRegistry, Problem, ProcessSettings, timestampFromMs, UlidGenerator } from '@app/platform';
import { RedisSettings } from '@app/redis';
import { anInstance, FakeClock, type InstanceOverrides } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeQueue } from '../../test/fakes/fake-queue.js';
import { KnownFleet } from '../../test/fakes/known-fleet.js';
import { POLICY } from '../../test/fakes/world.js';
import { RunCommands } from './run-commands.js';
import { StopAll } from './stop-all.js';

beforeAll(() => Logger.overrideLogger(false));

const CALLER = { keyName: 'ops' };

describe('commands while the store is away', () => {
  let folder: string;
  let clock: FakeClock;
  let store: MemoryStore;
  let fleet: KnownFleet;
  let availability: StoreAvailability;
  let journal: CommandJournal;
  let runs: RunCommands;
  let all: StopAll;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-commands-'));
    clock = new FakeClock(Date.UTC(2026, 5, 1));
    store = memoryStore(clock);
    fleet = new KnownFleet();
    availability = new StoreAvailability(clock);
    const redis = loadSection(RedisSettings);
    journal = new CommandJournal(clock, new UlidGenerator(), loadSection(ProcessSettings, { DATA_DIR: folder }), redis);
    const registry = new MetricsRegistry(null);
    const degraded = new DegradedMode(journal, fleet, availability, registry, redis);
    const [requests, options] = [new ReconcileRequests(new FakeQueue()), { policy: POLICY, maxRequestsPerSecond: 10 }];
    runs = new RunCommands(store.records, store.idle, requests, clock, options, degraded);
    all = new StopAll(store.records, requests, clock, options, degraded);
  });
  afterEach(async () => {
    await journal.onApplicationShutdown();
    await rm(folder, { recursive: true, force: true });
  });

  function known(overrides: InstanceOverrides = {}) {
    const record = anInstance({ status: 'ready', ...overrides });
    fleet.records.set(record.id, record);
    return record;
  }

  it('are kept, shown under a revision of their own, and not sent to the store', async () => {
    availability.refused();
    const record = known({ revision: 4 });
    const get = vi.spyOn(store.records, 'get');
    const { outcome, stored } = await runs.run('stop', record.id, CALLER, { ifRevision: 4 });
    expect(outcome).toBe('accepted');
    expect(stored).toMatchObject({ behindSince: clock.timestamp(), record: { status: 'stopping', revision: 5 } });
    expect(fleet.known(record.id)).toMatchObject({ desired: { state: 'stopped', by: 'user:ops' } });
    expect(journal.entries()).toMatchObject([
      { kind: 'stop', at: clock.timestamp(), by: 'user:ops', target: { instanceId: record.id, revision: 4 } },
    ]);
    expect(get).not.toHaveBeenCalled();
  });

  it('count once more when they are asked for again: somebody may have started it since the first time', async () => {
    availability.refused();
    const { id } = known();
    await runs.run('stop', id, CALLER);
    const first = clock.timestamp();
    for (const caller of ['b', 'c']) {
      clock.advance(60_000);
      const { outcome, stored } = await runs.run('stop', id, { keyName: caller });
      expect([outcome, stored.record.status]).toEqual(['already', 'stopping']);
    }
    clock.advance(60_000);
    await all.stopAll({ keyName: 'd' }, { dryRun: true });
    const times = () => journal.entries().map(({ at, by }) => [at, by]);
    expect(times()).toEqual([
      [first, 'user:ops'],
      [timestampFromMs(clock.now() - 60_000), 'user:c'],
    ]);
    await all.stopAll({ keyName: 'd' }, { dryRun: false });
    expect(times()).toEqual([
      [first, 'user:ops'],
      [clock.timestamp(), 'user:d'],
    ]);
  });

  it('are kept also for one that is said to stand: somebody may have started it since', async () => {
    availability.refused();
    const at = timestampFromMs(clock.now() - 60_000);
    const desired = { state: 'stopped', at, by: 'user:ops' } as const;
    const record = known({ status: 'stopped', desired, confirmedAt: at });
    const { outcome, stored } = await runs.run('stop', record.id, CALLER);
    expect(outcome).toBe('accepted');
    expect(stored.record).toMatchObject({ status: 'stopping', desired: { at: clock.timestamp() }, confirmedAt: null });
    expect(journal.entries()).toMatchObject([{ kind: 'stop', at: clock.timestamp() }]);
  });

  it.each([
    ['not-adopted', 409, { origin: 'discovered' }],
    ['instance-terminated', 409, { status: 'terminated' }],
    ['instance-busy', 409, { status: 'migrating' }],
    ['revision-mismatch', 412, { revision: 3 }],
  ] as const)('are refused with %s as ever', async (code, status, overrides) => {
    availability.refused();
    const { id, revision } = known(overrides);
    const ifRevision = code === 'revision-mismatch' ? 2 : revision;
    const rejection: unknown = await runs.run('stop', id, CALLER, { ifRevision }).catch((error: unknown) => error);
    expect(rejection).toBeInstanceOf(Problem);
    expect(rejection).toMatchObject({ type: { code, status } });
    expect(journal.size).toBe(0);
  });

  it('do not call absent what is only not known', async () => {
    availability.refused();
    const id = 'ins_00000000000000000000000000' as InstanceId;
    await expect(runs.run('delete', id, CALLER)).rejects.toThrow(StoreUnavailableError);
    await expect(runs.runByName('delete', 'nobody', CALLER)).rejects.toThrow(StoreUnavailableError);
  });

  it('mean one instance by its whole name', async () => {
    availability.refused();
    const [one] = [known({ name: 'llama' }), known({ name: 'llama-2' })];
    const { stored } = await runs.runByName('delete', 'llama', CALLER);
    expect(stored.record).toMatchObject({ id: one.id, status: 'deleting' });
    known({ name: 'llama' });
    await expect(runs.runByName('stop', 'llama', CALLER)).rejects.toMatchObject({ type: { code: 'name-not-unique' } });
  });

  it('are taken when the store goes away at that moment, and what it may have done stays unknown when it must', async () => {
    const record = known();
    const lost = new WriteOutcomeUnknownError(record.id, new StoreUnavailableError('away'));
    vi.spyOn(store.records, 'get').mockRejectedValue(lost);
    expect((await runs.run('stop', record.id, CALLER)).outcome).toBe('accepted');
    expect(availability.isAway).toBe(true);
    const other = new StoreAvailability(clock);
    expect(other.isAway).toBe(false);
    fleet.records.clear();
    for (let i = 0; i < 3; i++) availability.answered();
    await expect(runs.run('stop', record.id, CALLER)).rejects.toBe(lost);
  });

  it('hold a start back until the store knows of a stop', async () => {
    availability.refused();
    const record = known();
    await runs.run('stop', record.id, CALLER);
    for (let i = 0; i < 3; i++) availability.answered();
    await expect(runs.run('start', record.id, CALLER)).rejects.toMatchObject({ type: { code: 'instance-busy' } });
    await journal.remove(journal.entries().map(({ id }) => id));
    await expect(runs.run('start', record.id, CALLER)).rejects.toMatchObject({ type: { code: 'instance-not-found' } });
  });

  it('stop all at once, and leave what is not ours', async () => {
    availability.refused();
    const [one, two] = [known(), known({ status: 'creating' })];
    known({ origin: 'discovered' });
    known({ status: 'stopped', desired: { state: 'stopped', at: timestampFromMs(0), by: 'auto-stop' } });
    const dry = await all.stopAll(CALLER, { dryRun: true });
    expect([dry.stopping.length, journal.size]).toEqual([2, 0]);
    const outcome = await all.stopAll(CALLER, { dryRun: false });
    expect(outcome.stopping.map(({ id }) => id).sort()).toEqual([one.id, two.id].sort());
    expect(outcome.skipped).toHaveLength(1);
    expect(journal.entries().map(({ kind }) => kind)).toEqual(['stop', 'stop']);
  });
});
