import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CommandJournal,
  DegradedMode,
  type EndingEntry,
  type InstanceRecord,
  nameAtProvider,
  StoreAvailability,
  targetOf,
  withoutSecrets,
} from '@app/instance-store';
import { HealthIndicatorRegistry, loadSettings, MetricsRegistry, timestampFromMs, UlidGenerator } from '@app/platform';
import { anInstance, FakeClock, type InstanceOverrides } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { applyCommand } from '../src/commands/command-rules.js';
import { EndingLoop } from '../src/degraded/ending-loop.js';
import { MarkerListing } from '../src/reconcile/provider-observer.js';
import { FakeNovita } from './fakes/fake-novita.js';
import { KnownFleet } from './fakes/known-fleet.js';
import { partialApi } from './fakes/partial-api.js';
import { POLICY } from './fakes/world.js';

beforeAll(() => Logger.overrideLogger(false));

/** Short pauses, on a clock that runs a hundred times as fast as the real one. */
const QUICK = { ...POLICY, pollIntervalMs: 2_000, backOff: { firstMs: 500, maxMs: 4_000 } };
const TICK_MS = 10;
const SPEED = 100;

let folder: string;
let clock: FakeClock;
let ticking: NodeJS.Timeout;
let novita: FakeNovita;
let fleet: KnownFleet;
let availability: StoreAvailability;
let journal: CommandJournal;
let loop: EndingLoop;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novita-fleet-ending-'));
  clock = new FakeClock();
  ticking = setInterval(() => clock.advance(TICK_MS * SPEED), TICK_MS);
  novita = new FakeNovita(clock);
  fleet = new KnownFleet();
  availability = new StoreAvailability(clock);
  const settings = loadSettings({ NODE_ENV: 'test', DATA_DIR: folder });
  journal = new CommandJournal(clock, new UlidGenerator(), settings);
  loop = newLoop();
  availability.refused();
});

afterEach(async () => {
  await loop.stop();
  clearInterval(ticking);
  await journal.onApplicationShutdown();
  await rm(folder, { recursive: true, force: true });
});

function newLoop(): EndingLoop {
  const settings = loadSettings({ NODE_ENV: 'test', DATA_DIR: folder });
  const [registry, health] = [new MetricsRegistry(null), new HealthIndicatorRegistry()];
  const degraded = new DegradedMode(journal, fleet, availability, clock, registry, health, settings);
  const options = { policy: QUICK, maxRequestsPerSecond: 10 };
  const api = partialApi(novita.api);
  return new EndingLoop(api, fleet, degraded, journal, availability, clock, options, new MarkerListing(api));
}

/** Ready here, and running at Novita. */
function running(overrides: InstanceOverrides = {}): InstanceRecord {
  const draft = anInstance({ status: 'ready', novitaStatus: 'running', source: 'get', ...overrides });
  const novitaInstanceId = novita.add(nameAtProvider(draft.name, draft.marker), 'running');
  const record = { ...draft, novitaInstanceId };
  fleet.records.set(record.id, record);
  return record;
}

async function journaled(kind: 'stop' | 'delete', record: InstanceRecord): Promise<readonly EndingEntry[]> {
  const next = applyCommand(record, kind, 'user:ops', clock.now(), QUICK);
  const { at, by } = next.desired;
  await journal.append([{ kind, at, by, target: targetOf(record), record: withoutSecrets(next) }]);
  return journal.entries().filter((entry): entry is EndingEntry => entry.kind === 'stop' || entry.kind === 'delete');
}

const wordOf = (record: InstanceRecord): string =>
  record.novitaInstanceId === null ? 'none' : novita.wordOf(record.novitaInstanceId);
const statusOf = ({ id }: InstanceRecord): string | undefined => fleet.known(id)?.status;
const count = (call: string): number => novita.calls.filter((each) => each === call).length;

describe('ending without a store', () => {
  it('stops and deletes what the journal says, looks before it acts, and calls nothing stopped that was not seen', async () => {
    const [toStop, toDelete] = [running(), running()];
    await journaled('stop', toStop);
    loop.carryOut(await journaled('delete', toDelete));
    expect([statusOf(toStop), statusOf(toDelete)]).toEqual(['stopping', 'deleting']);
    await vi.waitFor(() => expect([statusOf(toStop), statusOf(toDelete)]).toEqual(['stopped', 'terminated']), 10_000);
    expect(wordOf(toStop)).toBe('exited');
    expect(novita.calls.slice(0, 2)).toEqual(['get', 'get']);
    expect([count('stop'), count('delete')]).toEqual([1, 1]);
    for (const { id } of journal.entries()) expect(loop.isConfirmed(id)).toBe(true);
  });

  it('goes on while Novita refuses', async () => {
    const record = running();
    let refusals = 3;
    novita.providerErrorOf = (call) => (call === 'stop' && refusals-- > 0 ? 'lost-before' : null);
    loop.carryOut(await journaled('stop', record));
    await vi.waitFor(() => expect(statusOf(record)).toBe('stopped'), 15_000);
    expect(count('stop')).toBe(4);
  });

  it('does no harm in two processes at once', async () => {
    const record = running();
    const other = newLoop();
    const entries = await journaled('stop', record);
    loop.carryOut(entries);
    other.carryOut(entries);
    await vi.waitFor(() => {
      for (const each of [loop, other]) expect(each.isConfirmed(entries[0]?.id ?? '')).toBe(true);
    }, 10_000);
    await other.stop();
    expect(wordOf(record)).toBe('exited');
  });

  it('takes a delete that comes after the stop', async () => {
    const record = running();
    loop.carryOut(await journaled('stop', record));
    loop.carryOut(await journaled('delete', fleet.known(record.id) ?? record));
    await vi.waitFor(() => expect(statusOf(record)).toBe('terminated'), 10_000);
  });

  it('finds by its marker what Novita had not told the id of', async () => {
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
    await vi.waitFor(() => expect(novita.wordOf(shownLater)).toBe('exited'), 15_000);
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
    await vi.waitFor(() => expect(wordOf(record)).toBe('exited'), 10_000);
  });
});
