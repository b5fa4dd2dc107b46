import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryCatalogueMirror } from '@app/catalogue-mirror';
import {
  CommandJournal,
  CorruptRecordError,
  DegradedMode,
  type EndingEntry,
  type InstanceRecord,
  isEnding,
  memoryStore,
  NewerRecordError,
  nameAtProvider,
  parseJournal,
  StoreAvailability,
  targetOf,
  withoutSecrets,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { loadSection, MetricsRegistry, ProcessSettings, timestampFromMs, UlidGenerator } from '@app/platform';
import { type RedisConnections, RedisSettings } from '@app/redis';
import { anInstance, FakeClock, type InstanceOverrides, SandboxNovita } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CatalogueCache } from '../src/catalogue/catalogue-cache.js';
import { applyCommand } from '../src/commands/command-rules.js';
import { EndingCalls } from '../src/degraded/ending-calls.js';
import { EndingEntries } from '../src/degraded/ending-entries.js';
import { EndingLoop } from '../src/degraded/ending-loop.js';
import { JournalReplay } from '../src/degraded/journal-replay.js';
import { JournalRunner } from '../src/degraded/journal-runner.js';
import { MarkerListing } from '../src/reconcile/provider-observer.js';
import { FakeQueue } from './fakes/fake-queue.js';
import { KnownFleet } from './fakes/known-fleet.js';
import { LOST_BEFORE, POLICY } from './fakes/world.js';

beforeAll(() => Logger.overrideLogger(false));

/** Short pauses, on a clock that runs a hundred times as fast as the real one. */
const QUICK = { ...POLICY, pollIntervalMs: 2_000, backOff: { firstMs: 500, maxMs: 4_000 } };
const TICK_MS = 10;
const SPEED = 100;

let folder: string;
let clock: FakeClock;
let ticking: NodeJS.Timeout;
let novita: SandboxNovita;
let fleet: KnownFleet;
let availability: StoreAvailability;
let journal: CommandJournal;
let loop: EndingLoop;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novita-fleet-ending-'));
  clock = new FakeClock();
  ticking = setInterval(() => clock.advance(TICK_MS * SPEED), TICK_MS);
  novita = new SandboxNovita(clock);
  novita.faults.add({ kind: 'late', listsMs: 20_000 });
  fleet = new KnownFleet();
  availability = new StoreAvailability(clock);
  const files = loadSection(ProcessSettings, { DATA_DIR: folder });
  journal = new CommandJournal(clock, new UlidGenerator(), files, loadSection(RedisSettings));
  loop = newLoop();
  availability.refused();
});

afterEach(async () => {
  await loop.stop();
  clearInterval(ticking);
  await journal.onApplicationShutdown();
  await rm(folder, { recursive: true, force: true });
});

function newLoop(policy = QUICK, Calls = EndingCalls): EndingLoop {
  const registry = new MetricsRegistry(null);
  const degraded = new DegradedMode(journal, fleet, availability, registry, loadSection(RedisSettings));
  const options = { policy, maxRequestsPerSecond: 10 };
  const { client } = novita;
  const entries = new EndingEntries(journal, fleet, options);
  const calls = new Calls(
    client,
    fleet,
    clock,
    options,
    new MarkerListing(client),
    new CatalogueCache(client, new MemoryCatalogueMirror(() => undefined), clock),
  );
  return new EndingLoop(entries, calls, degraded, availability, clock, options);
}

/** Ready here, and running at Novita. */
function running(overrides: InstanceOverrides = {}): InstanceRecord {
  const draft = anInstance({ status: 'ready', novitaStatus: 'running', source: 'get', ...overrides });
  const novitaInstanceId = novita.add(nameAtProvider(draft.name, draft.marker), 'running');
  const record = { ...draft, novitaInstanceId };
  fleet.records.set(record.id, record);
  return record;
}

/** By somebody, at Novita. */
function startAgain({ novitaInstanceId }: InstanceRecord): void {
  if (novitaInstanceId !== null) novita.world.setStatus(novitaInstanceId, 'running');
}

const entriesOf = (text: string): readonly EndingEntry[] => parseJournal(text).entries.filter(isEnding);

async function journaled(kind: 'stop' | 'delete', record: InstanceRecord): Promise<readonly EndingEntry[]> {
  const next = applyCommand(record, kind, 'user:ops', clock.now(), QUICK);
  const { at, by } = next.desired;
  await journal.append([{ kind, at, by, target: targetOf(record), record: withoutSecrets(next) }]);
  return journal.entries().filter((entry): entry is EndingEntry => entry.kind === 'stop' || entry.kind === 'delete');
}

const statusAtNovita = (record: InstanceRecord): string =>
  record.novitaInstanceId === null ? 'none' : novita.statusOf(record.novitaInstanceId);
const statusOf = ({ id }: InstanceRecord): string | undefined => fleet.known(id)?.status;
const count = (call: 'list' | 'stop' | 'delete'): number => novita.sent(`${call}Instance${call === 'list' ? 's' : ''}`);

describe('ending without a store', () => {
  it('stops and deletes what the journal says, looks before it acts, and calls nothing stopped that was not seen', async () => {
    const [toStop, toDelete] = [running(), running()];
    await journaled('stop', toStop);
    loop.carryOut(await journaled('delete', toDelete));
    expect([statusOf(toStop), statusOf(toDelete)]).toEqual(['stopping', 'deleting']);
    await vi.waitFor(() => expect([statusOf(toStop), statusOf(toDelete)]).toEqual(['stopped', 'terminated']), 10_000);
    expect(statusAtNovita(toStop)).toBe('exited');
    expect(novita.log.slice(0, 2).map(({ operation }) => operation)).toEqual(['getInstance', 'getInstance']);
    expect([count('stop'), count('delete')]).toEqual([1, 1]);
    for (const { id } of journal.entries()) expect(loop.isSettled(id)).toBe(true);
  });

  it('goes on while Novita refuses', async () => {
    const record = running();
    let rejections = 3;
    novita.faultOf = (call) => (call === 'stopInstance' && rejections-- > 0 ? LOST_BEFORE : null);
    loop.carryOut(await journaled('stop', record));
    await vi.waitFor(() => expect(statusOf(record)).toBe('stopped'), 15_000);
    expect(count('stop')).toBe(4);
  });

  it('takes no further step for what is left to somebody else, until it is to be carried out again', async () => {
    const record = running();
    let isRefused = true;
    novita.faultOf = (call) => (call === 'stopInstance' && isRefused ? LOST_BEFORE : null);
    const entries = await journaled('stop', record);
    loop.carryOut(entries);
    await vi.waitFor(() => expect(count('stop')).toBe(1), 10_000);
    // Comes back once nothing more is done.
    await loop.leave(entries);
    expect([loop.isSettled(entries[0]?.id ?? ''), journal.has(entries[0]?.id ?? '')]).toEqual([false, true]);
    isRefused = false;
    loop.carryOut(entries);
    await vi.waitFor(() => expect(statusOf(record)).toBe('stopped'), 10_000);
  });

  it('leaves running what somebody has started again while Novita refused the stop, and takes a stop that is asked for after that', async () => {
    const record = running();
    startAgain(record);
    let isRefused = true;
    novita.faultOf = (call) => (call === 'stopInstance' && isRefused ? LOST_BEFORE : null);
    const [first] = await journaled('stop', record);
    loop.carryOut(journal.entries().filter(isEnding));
    await vi.waitFor(() => expect(count('stop')).toBeGreaterThan(0), 10_000);
    startAgain(record);
    await vi.waitFor(() => expect(loop.isSettled(first?.id ?? '')).toBe(true), 10_000);
    await vi.waitFor(() => expect(statusOf(record)).toBe('running'), 5_000);
    expect(fleet.known(record.id)?.desired).toMatchObject({ state: 'running', by: 'console' });
    isRefused = false;
    const stops = count('stop');
    loop.carryOut(journal.entries().filter(isEnding));
    expect([count('stop'), statusAtNovita(record)]).toEqual([stops, 'running']);

    loop.carryOut(await journaled('stop', fleet.known(record.id) ?? record));
    await vi.waitFor(() => expect(statusAtNovita(record)).toBe('exited'), 10_000);
    expect(count('stop')).toBe(stops + 1);
  });

  it('counts a stop that was asked for again before the start was observed', async () => {
    const record = running();
    startAgain(record);
    let isRefused = true;
    novita.faultOf = (call) => (call === 'stopInstance' && isRefused ? LOST_BEFORE : null);
    const [first] = await journaled('stop', record);
    loop.carryOut(journal.entries().filter(isEnding));
    await vi.waitFor(() => expect(count('stop')).toBeGreaterThan(0), 10_000);
    startAgain(record);
    if (first === undefined) throw new Error('nothing was kept');
    clock.advance(1);
    await journal.append([{ ...first, at: clock.timestamp(), isRepeat: true }]);
    loop.carryOut(journal.entries().filter(isEnding));
    isRefused = false;
    await vi.waitFor(() => expect(statusAtNovita(record)).toBe('exited'), 10_000);
    await vi.waitFor(() => {
      for (const { id } of journal.entries()) expect(loop.isSettled(id)).toBe(true);
    }, 5_000);
  });

  it('knows of what was observed before this process, by the journal', async () => {
    const [refused, stopped] = [running(), running()];
    for (const each of [refused, stopped]) startAgain(each);
    novita.faultOf = () => null;
    await journaled('stop', stopped);
    loop.carryOut(journal.entries().filter(isEnding));
    await vi.waitFor(() => expect(statusOf(stopped)).toBe('stopped'), 10_000);
    novita.faultOf = (call) => (call === 'stopInstance' ? LOST_BEFORE : null);
    const stops = count('stop');
    loop.carryOut(await journaled('stop', refused));
    await vi.waitFor(() => expect(count('stop')).toBeGreaterThan(stops), 10_000);
    await loop.stop();
    const [name = ''] = (await readdir(folder)).filter((file) => file.startsWith('journal.'));
    const left = entriesOf(await readFile(join(folder, name), 'utf8'));
    expect(left.map(({ observed }) => observed?.lastStartedAt)).toHaveLength(2);

    fleet.records.clear();
    novita.faultOf = () => null;
    if (stopped.novitaInstanceId !== null) novita.world.setStatus(stopped.novitaInstanceId, 'running');
    for (const each of [refused, stopped]) startAgain(each);
    const before = count('stop');
    loop = newLoop();
    loop.carryOut(left);
    await vi.waitFor(() => {
      for (const { id } of left) expect(loop.isSettled(id)).toBe(true);
    }, 10_000);
    expect([count('stop'), statusAtNovita(refused), statusAtNovita(stopped)]).toEqual([before, 'running', 'running']);
  });

  it('stops what was on its way up when the stop was asked for, whatever its time of start says then', async () => {
    const record = running({ status: 'starting', novitaStatus: 'exited' });
    if (record.novitaInstanceId !== null) novita.world.setStatus(record.novitaInstanceId, 'starting');
    loop.carryOut(await journaled('stop', record));
    await vi.waitFor(() => expect(count('stop')).toBeGreaterThan(0), 10_000);
    if (record.novitaInstanceId !== null) novita.world.setStatus(record.novitaInstanceId, 'running');
    startAgain(record);
    await vi.waitFor(() => expect(statusAtNovita(record)).toBe('exited'), 15_000);
  });

  it('leaves running what was to be stopped when the store went away, and was started again since', async () => {
    const desired = { state: 'stopped', at: timestampFromMs(clock.now()), by: 'auto-stop' } as const;
    const record = running({ status: 'stopping', desired });
    startAgain(record);
    novita.faultOf = (call) => (call === 'stopInstance' ? LOST_BEFORE : null);
    await loop.carryOutKnown();
    await vi.waitFor(() => expect(count('stop')).toBeGreaterThan(0), 10_000);
    startAgain(record);
    await vi.waitFor(() => expect(statusOf(record)).toBe('running'), 10_000);
    const stops = count('stop');
    novita.faultOf = () => null;
    await loop.carryOutKnown();
    expect([count('stop'), statusAtNovita(record)]).toEqual([stops, 'running']);
  });

  it('does no harm in two processes at once', async () => {
    const record = running();
    const other = newLoop();
    const entries = await journaled('stop', record);
    loop.carryOut(entries);
    other.carryOut(entries);
    await vi.waitFor(() => {
      for (const each of [loop, other]) expect(each.isSettled(entries[0]?.id ?? '')).toBe(true);
    }, 10_000);
    await other.stop();
    expect(statusAtNovita(record)).toBe('exited');
  });

  it('pauses longer and longer after errors that are no answer of Novita, and goes on', async () => {
    const at: number[] = [];
    const MOST = 5;
    class Failing extends EndingCalls {
      override observe(...given: Parameters<EndingCalls['observe']>): ReturnType<EndingCalls['observe']> {
        at.push(performance.now());
        return at.length <= MOST ? Promise.reject(new TypeError('a defect')) : super.observe(...given);
      }
    }
    const failing = newLoop({ ...QUICK, backOff: { firstMs: 60, maxMs: 240 } }, Failing);
    const record = running();
    failing.carryOut(await journaled('stop', record));
    await vi.waitFor(() => expect(statusOf(record)).toBe('stopped'), 10_000);
    await failing.stop();
    const pauses = at.slice(1, MOST + 1).map((time, index) => time - (at[index] ?? 0));
    // Timers may fire a little early.
    for (const [index, least] of [60, 120, 240, 240, 240].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(least - 5);
    }
  });

  it('takes a delete that comes after the stop', async () => {
    const record = running();
    loop.carryOut(await journaled('stop', record));
    loop.carryOut(await journaled('delete', fleet.known(record.id) ?? record));
    await vi.waitFor(() => expect(statusOf(record)).toBe('terminated'), 10_000);
  });

  it('finds by its marker what Novita has not given the id of', async () => {
    const at = clock.timestamp();
    const draft = anInstance({
      status: 'creating',
      attempts: {
        creates: 1,
        commands: 0,
        lastCommandAt: null,
        faults: 0,
        openCreate: { startedAt: at, productId: 'p' },
      },
    });
    fleet.records.set(draft.id, draft);
    loop.carryOut(await journaled('stop', draft));
    await vi.waitFor(() => expect(count('list')).toBeGreaterThan(0), 5_000);
    const shownLater = novita.add(nameAtProvider(draft.name, draft.marker), 'running');
    await vi.waitFor(() => expect(novita.statusOf(shownLater)).toBe('exited'), 15_000);
    await vi.waitFor(() => expect(statusOf(draft)).toBe('stopped'), 5_000);
  });

  it('carries on with what was to be ended when the store went away', async () => {
    const desired = { state: 'stopped', at: timestampFromMs(clock.now()), by: 'auto-stop' } as const;
    const record = running({ status: 'stopping', desired });
    await loop.carryOutKnown();
    await vi.waitFor(() => expect(statusOf(record)).toBe('stopped'), 10_000);
  });

  it('ends what an earlier process was asked for, although this one knows no record', async () => {
    const record = running();
    const entries = await journaled('stop', record);
    fleet.records.clear();
    loop.carryOut(entries);
    await vi.waitFor(() => expect(statusAtNovita(record)).toBe('exited'), 10_000);
  });
});

describe('the rounds over a journal', () => {
  const newer = (record: InstanceRecord): Error => new NewerRecordError(record.id, 99);
  const damaged = (record: InstanceRecord): Error => new CorruptRecordError(record.id, 'not JSON');

  async function runOver(record: InstanceRecord, error: Error): Promise<JournalRunner> {
    await journaled('stop', record);
    availability = new StoreAvailability(clock);
    loop = newLoop();
    const store = memoryStore(clock);
    vi.spyOn(store.records, 'get').mockRejectedValue(error);
    const requests = new ReconcileRequests(new FakeQueue());
    const options = { policy: QUICK, maxRequestsPerSecond: 10 };
    const replay = new JournalReplay(journal, store.records, store.idle, store.audit, requests, options);
    const settings = loadSection(RedisSettings, {});
    const degraded = new DegradedMode(journal, fleet, availability, new MetricsRegistry(null), settings);
    // Only asked whether there is one.
    const connections = {} as RedisConnections;
    const runner = new JournalRunner(journal, replay, loop, availability, degraded, connections);
    runner.onModuleInit();
    await runner.onApplicationBootstrap();
    return runner;
  }

  it('leave a stop to the later release that wrote the record, also when Redis goes away again', async () => {
    const record = running();
    const runner = await runOver(record, newer(record));
    const begun = vi.spyOn(loop, 'carryOut');
    const round = vi.spyOn(loop, 'carryOutKnown');
    availability.refused();
    await vi.waitFor(() => expect(round).toHaveBeenCalled(), 10_000);
    await runner.beforeApplicationShutdown();
    expect(begun.mock.calls).toEqual([[[]]]);
    expect([journal.size, count('stop')]).toEqual([1, 0]);
  });

  it('end an instance whose record is damaged, and do not call it missing', async () => {
    const warnings = vi.spyOn(Logger.prototype, 'warn');
    const record = running();
    const runner = await runOver(record, damaged(record));
    await vi.waitFor(() => expect(journal.size).toBe(0), 20_000);
    await runner.beforeApplicationShutdown();
    expect(statusAtNovita(record)).toBe('exited');
    const said = warnings.mock.calls
      .map(([text]) => String(text))
      .filter((text) => text.includes('carried out at Novita'));
    warnings.mockRestore();
    expect(said).toEqual(['carried out at Novita; the record of the instance in Redis is damaged']);
  });
});
