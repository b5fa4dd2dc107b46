import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AuditEntry,
  CommandJournal,
  CorruptRecordError,
  type InstanceRecord,
  InstanceStore,
  type JournalCommand,
  memoryStore,
  NewerRecordError,
  redisStore,
  StoreUnavailableError,
  targetOf,
  withoutSecrets,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import type { NovitaInstanceId } from '@app/novita-client';
import { loadSection, ProcessSettings, timestampFromMs, UlidGenerator } from '@app/platform';
import { RedisSettings } from '@app/redis';
import { aNewInstance, FakeClock, type InstanceOverrides, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { applyCommand } from '../src/commands/command-rules.js';
import { JournalReplay } from '../src/degraded/journal-replay.js';
import { FakeQueue } from './fakes/fake-queue.js';
import { POLICY } from './fakes/world.js';

beforeAll(() => Logger.overrideLogger(false));

const START = Date.UTC(2026, 0, 1);
const at = (seconds: number) => timestampFromMs(START + seconds * 1_000);
const NEVER = new AbortController().signal;

let server: RedisFixture;
let redis: Redis;
let folder: string;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const ADAPTERS = {
  memory: (clock: FakeClock): InstanceStore => memoryStore(clock),
  Redis: (clock: FakeClock): InstanceStore => redisStore(redis, clock, { keyPrefix: 'replay-test' }),
};

describe.each(['memory', 'Redis'] as const)('a replay into %s', (adapter) => {
  let clock: FakeClock;
  let store: InstanceStore;
  let journal: CommandJournal;
  let queue: FakeQueue;

  beforeEach(async () => {
    await redis.flushall();
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-replay-'));
    clock = new FakeClock(START);
    store = ADAPTERS[adapter](clock);
    queue = new FakeQueue();
    const files = loadSection(ProcessSettings, { DATA_DIR: folder });
    journal = new CommandJournal(clock, new UlidGenerator(), files, loadSection(RedisSettings));
  });
  afterEach(async () => {
    await journal.onApplicationShutdown();
    await rm(folder, { recursive: true, force: true });
  });

  const replayOf = (target: InstanceStore = store): JournalReplay =>
    new JournalReplay(journal, target.records, target.idle, target.audit, new ReconcileRequests(queue), {
      policy: POLICY,
      maxRequestsPerSecond: 10,
    });

  async function running(overrides: InstanceOverrides = {}): Promise<InstanceRecord> {
    const desired = { state: 'running', at: at(0), by: 'user:test' } as const;
    const result = await store.records.insert(aNewInstance({ status: 'ready', desired, ...overrides }));
    return result.outcome === 'inserted' ? result.stored.record : Promise.reject(new Error('it exists'));
  }

  const recordOf = async ({ id }: Pick<InstanceRecord, 'id'>): Promise<InstanceRecord> => {
    const stored = await store.records.get(id);
    if (stored === null) throw new Error('it is gone');
    return stored.record;
  };

  function ending(kind: 'stop' | 'delete', record: InstanceRecord, seconds: number): JournalCommand {
    const next = applyCommand(record, kind, 'user:ops', START + seconds * 1_000, POLICY);
    return { kind, at: at(seconds), by: 'user:ops', target: targetOf(record), record: withoutSecrets(next) };
  }

  function lease(record: InstanceRecord, seconds: number, until: number, reason = 'training'): JournalCommand {
    const given = { until: at(until), by: 'user:ops', reason };
    const line: AuditEntry = { at: at(seconds), kind: 'lease', by: 'user:ops', to: at(until), reason };
    return { kind: 'lease', at: at(seconds), by: 'user:ops', target: targetOf(record), lease: given, line };
  }

  function leaseEnd(record: InstanceRecord, seconds: number, until: number, reason = 'training'): JournalCommand {
    const line: AuditEntry = {
      at: at(seconds),
      kind: 'lease',
      by: 'user:ops',
      from: at(until),
      reason: 'ended early',
    };
    return { ...lease(record, seconds, until, reason), kind: 'lease-end', line } as JournalCommand;
  }

  const decisions = async ({ id }: InstanceRecord): Promise<readonly AuditEntry[]> =>
    (await store.audit.entries(id, 50)).filter(({ kind }) => kind === 'decision');

  it('desires what was asked for from its true time on, wakes the workers, and says so in the audit log', async () => {
    const [toStop, toDelete] = [await running(), await running()];
    await journal.append([ending('stop', toStop, 5), ending('delete', toDelete, 6)]);
    clock.advance(60_000);
    await replayOf().run(NEVER);
    expect(await recordOf(toStop)).toMatchObject({
      status: 'stopping',
      desired: { state: 'stopped', at: at(5), by: 'user:ops' },
    });
    expect(await recordOf(toDelete)).toMatchObject({ status: 'deleting', desired: { state: 'deleted', at: at(6) } });
    expect(queue.urgent).toEqual([{ instanceId: toStop.id }, { instanceId: toDelete.id }]);
    expect(await decisions(toStop)).toEqual([
      { at: at(5), kind: 'decision', by: 'user:ops', reason: 'stop was asked for while Redis was away: carried out' },
    ]);
    expect(journal.size).toBe(0);
  });

  it('leaves what somebody has started since, and what is stopped already', async () => {
    const started = await running({ desired: { state: 'running', at: at(9), by: 'user:b' } });
    const stopped = await running({
      status: 'stopped',
      desired: { state: 'stopped', at: at(7), by: 'auto-stop' },
      confirmedAt: at(7),
    });
    await journal.append([ending('stop', { ...started, desired: { ...started.desired, at: at(0) } }, 5)]);
    await journal.append([ending('stop', { ...stopped, desired: { ...started.desired, at: at(0) } }, 5)]);
    await replayOf().run(NEVER);
    expect((await recordOf(started)).revision).toBe(1);
    expect((await recordOf(stopped)).revision).toBe(1);
    expect((await decisions(started))[0]?.reason).toContain('something newer is desired');
    expect((await decisions(stopped))[0]?.reason).toContain('it is desired already');
    expect(journal.size).toBe(0);
  });

  it('leaves what was observed to be started again, and confirms what was observed to stand still', async () => {
    const [again, stopped] = [await running({ confirmedAt: at(1) }), await running({ confirmedAt: at(1) })];
    await journal.append([ending('stop', again, 5), ending('stop', stopped, 6)]);
    const seen = { novitaInstanceId: 'n1' as NovitaInstanceId, lastStartedAt: at(0) };
    for (const { id, target } of journal.entries()) {
      const what = target.instanceId === again.id ? { startedAgainAt: at(7) } : { stoppedAt: at(8) };
      await journal.observe(id, { ...seen, ...what });
    }
    await replayOf().run(NEVER);
    expect(await recordOf(again)).toEqual(again);
    expect((await decisions(again))[0]?.reason).toContain(`it was started again at ${at(7)}`);
    expect(await recordOf(stopped)).toMatchObject({
      status: 'stopped',
      confirmedAt: at(8),
      desired: { state: 'stopped', at: at(6) },
    });
    expect(queue.urgent).toEqual([{ instanceId: again.id }, { instanceId: stopped.id }]);
    expect(journal.size).toBe(0);
  });

  it('finds a record under another id, and keeps a stop for which there is none', async () => {
    const here = await running({ novitaInstanceId: 'n-1' as never });
    const gone = await running();
    await store.records.remove(gone.id, 1);
    const elsewhere = { ...here, id: gone.id, marker: '' };
    await journal.append([ending('stop', elsewhere, 5), ending('delete', { ...gone, marker: '' }, 6)]);
    await journal.append([
      { kind: 'last-used', at: at(7), usedAt: at(7), by: 'user:ops', target: { ...targetOf(gone), marker: '' } },
    ]);
    const replay = replayOf();
    await replay.run(NEVER);
    expect((await recordOf(here)).desired.state).toBe('stopped');
    expect(journal.entries().map(({ kind }) => kind)).toEqual(['delete']);
    expect(replay.isLost(journal.entries()[0]?.id ?? '')).toBe(true);
  });

  it('keeps a stop whose record cannot be read, as one without a record, and carries out the others', async () => {
    const [bad, good] = [await running(), await running()];
    await journal.append([ending('stop', bad, 5), ending('stop', good, 6)]);
    const get = store.records.get.bind(store.records);
    vi.spyOn(store.records, 'get').mockImplementation((id) =>
      id === bad.id ? Promise.reject(new CorruptRecordError(bad.id, 'not JSON')) : get(id),
    );
    const replay = replayOf();
    await replay.run(NEVER);
    expect((await recordOf(good)).desired.state).toBe('stopped');
    const [kept, ...others] = journal.entries();
    expect([kept?.target.instanceId, others.length]).toEqual([bad.id, 0]);
    expect(replay.isLost(kept?.id ?? '')).toBe(true);
    expect(replay.troubleOf(kept?.id ?? '')).toBe('damaged');
  });

  it('leaves a stop to the later release that wrote the record, until the record can be read', async () => {
    const record = await running();
    await journal.append([ending('stop', record, 5)]);
    const read = vi.spyOn(store.records, 'get').mockRejectedValue(new NewerRecordError(record.id, 99));
    const replay = replayOf();
    await replay.run(NEVER);
    const [kept] = journal.entries();
    expect(kept?.target.instanceId).toBe(record.id);
    expect(replay.isLost(kept?.id ?? '')).toBe(false);
    expect(replay.troubleOf(kept?.id ?? '')).toBe('newer');
    read.mockRestore();
    await replay.run(NEVER);
    expect((await recordOf(record)).desired.state).toBe('stopped');
    expect([journal.size, replay.troubleOf(kept?.id ?? '')]).toEqual([0, null]);
  });

  it.each([
    ['damaged', (id: string) => new CorruptRecordError(id, 'not JSON')],
    ['of a later release', (id: string) => new NewerRecordError(id, 99)],
  ])('counts a use although the record is %s', async (_, errorOf) => {
    const record = await running();
    await journal.append([
      { kind: 'last-used', at: at(10), usedAt: at(10), by: 'user:gateway', target: targetOf(record) },
    ]);
    const read = vi.spyOn(store.records, 'get').mockRejectedValue(errorOf(record.id));
    await replayOf().run(NEVER);
    read.mockRestore();
    expect((await store.records.get(record.id))?.lastUsedAt).toBe(at(10));
    expect(journal.size).toBe(0);
  });

  it('moves last-used forward only', async () => {
    const [one, two] = [await running(), await running()];
    await store.idle.touch(two.id, at(20));
    const use = (record: InstanceRecord): JournalCommand => ({
      kind: 'last-used',
      at: at(10),
      usedAt: at(10),
      by: 'user:gateway',
      target: targetOf(record),
    });
    await journal.append([use(one), use(two)]);
    await replayOf().run(NEVER);
    expect((await store.records.get(one.id))?.lastUsedAt).toBe(at(10));
    expect((await store.records.get(two.id))?.lastUsedAt).toBe(at(20));
    expect(await store.idle.lastUsedBy(one.id)).toBe('user:gateway');
  });

  it('gives and ends leases, and leaves one that was given later', async () => {
    const [given, ended, later] = [await running(), await running(), await running()];
    await journal.append([lease(given, 5, 900), lease(ended, 5, 900), leaseEnd(ended, 6, 900), lease(later, 5, 900)]);
    const newer = { until: at(500), by: 'user:b', reason: 'newer' };
    const line: AuditEntry = { at: at(8), kind: 'lease', by: 'user:b', to: at(500), reason: 'newer' };
    await store.records.write({ ...later, autoStop: { lease: newer } }, { kind: 'command' }, { entry: line });
    await replayOf().run(NEVER);
    expect((await recordOf(given)).autoStop.lease).toMatchObject({ until: at(900), reason: 'training' });
    expect((await recordOf(ended)).autoStop).toEqual({});
    expect((await store.records.get(ended.id))?.lastUsedAt).toBe(at(6));
    expect((await recordOf(later)).autoStop.lease).toEqual(newer);
  });

  it('comes to the same when it is cut off at any call and run again', async () => {
    const commands = async (): Promise<{ records: InstanceRecord[]; commands: JournalCommand[] }> => {
      const [a, b, c] = [await running(), await running(), await running()];
      const use: JournalCommand = { kind: 'last-used', at: at(4), usedAt: at(4), by: 'user:x', target: targetOf(c) };
      return {
        records: [a, b, c],
        commands: [ending('stop', a, 5), ending('delete', b, 6), use, lease(c, 7, 900), leaseEnd(c, 8, 900)],
      };
    };
    let cuts = 0;
    for (let cutAt = 0, isCut = true; isCut && cutAt < 60; cutAt++) {
      const made = await commands();
      await journal.append(made.commands);
      isCut = false;
      let calls = 0;
      const cutting = <Port extends object>(port: Port): Port =>
        new Proxy(port, {
          get: (target, name) => {
            const member: unknown = Reflect.get(target, name);
            if (typeof member !== 'function') return member;
            return async (...args: unknown[]): Promise<unknown> => {
              if (isCut) throw new StoreUnavailableError('away');
              const call = calls++;
              // In turns before and after it takes effect.
              if (call === cutAt && cutAt % 2 === 0) isCut = true;
              if (isCut) throw new StoreUnavailableError('away');
              const answer: unknown = await Reflect.apply(member, target, args);
              if (call === cutAt) isCut = true;
              if (isCut) throw new StoreUnavailableError('away');
              return answer;
            };
          },
        });
      await replayOf({
        ...store,
        records: cutting(store.records),
        idle: cutting(store.idle),
        audit: cutting(store.audit),
      })
        .run(NEVER)
        .catch((error: unknown) => expect(error).toBeInstanceOf(StoreUnavailableError));
      await replayOf().run(NEVER);
      const [a, b, c] = await Promise.all(made.records.map(recordOf));
      expect([a?.desired, a?.revision]).toEqual([{ state: 'stopped', at: at(5), by: 'user:ops' }, 2]);
      expect([b?.desired, b?.revision]).toEqual([{ state: 'deleted', at: at(6), by: 'user:ops' }, 2]);
      expect([c?.autoStop, c?.revision]).toEqual([{}, 3]);
      expect((await store.records.get(made.records[2]?.id ?? ('' as never)))?.lastUsedAt).toBe(at(8));
      for (const record of made.records.slice(0, 2)) expect(await decisions(record)).toHaveLength(1);
      expect(journal.size).toBe(0);
      if (isCut) cuts += 1;
    }
    expect(cuts).toBeGreaterThan(5);
  });
});
