import { buildMarker, type InstanceRecord, nameAtProvider } from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Problem } from '@app/platform';
import { FleetId } from '@app/redis';
import type { InstanceOverrides } from '@app/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { novitaId } from '../../test/fakes/listing-novita.js';
import { FLEET_ID, PassWorld } from '../../test/fakes/pass-world.js';
import { type Orphan, orphanClass, StoredOrphanCommands } from './orphan-commands.js';

const OURS = buildMarker(FLEET_ID, '01KDVD00000000000ABCDEFGHJ');
const THEIRS = buildMarker('x9y8', '01KDVD00000000000ABCDEFGHJ');
const CALLER = { keyName: 'ann' };
const ID = novitaId(7);

let world: PassWorld;
let orphans: StoredOrphanCommands;

beforeEach(() => {
  world = new PassWorld();
  orphans = new StoredOrphanCommands(
    world.store.records,
    world.store.idle,
    new ReconcileRequests(world.queue),
    world.clock,
    new FleetId(FLEET_ID),
  );
});

function found(overrides: InstanceOverrides = {}): Promise<InstanceRecord> {
  return world.recordOf({
    novitaInstanceId: ID,
    origin: 'discovered',
    marker: '',
    name: 'theirs',
    status: 'running',
    novitaStatus: 'running',
    desired: { state: 'running', at: world.anHourAgo, by: 'console' },
    ...overrides,
  });
}

/** As the API lists them. */
async function listed(isIgnored = false): Promise<readonly Orphan[]> {
  const { instances } = await world.store.records.scan(null, 200);
  return orphans.describe(
    instances.filter(({ record }) => record.origin === 'discovered' && (record.ignored !== null) === isIgnored),
  );
}

async function codeOf(answer: Promise<unknown>): Promise<string | undefined> {
  const error = await answer.catch((thrown: unknown) => thrown);
  return error instanceof Problem ? error.type.code : undefined;
}

describe('describe', () => {
  it('shows the discovered ones with their class, and who holds the marker', async () => {
    await world.ready();
    const keeper = await world.ready({ marker: OURS });
    await found();
    await found({ novitaInstanceId: novitaId(8), name: nameAtProvider('a', THEIRS) });
    await found({ novitaInstanceId: novitaId(9), name: nameAtProvider('b', OURS) });
    const described = await listed();
    expect(described).toHaveLength(3);
    const classified = described.map(({ stored, class: kind, markerHeldBy }) => [
      stored.record.name,
      kind,
      markerHeldBy,
    ]);
    expect(new Set(classified.map(String))).toEqual(
      new Set(
        [
          ['theirs', 'unknown', null],
          [nameAtProvider('a', THEIRS), 'foreign', null],
          [nameAtProvider('b', OURS), 'ours-lost', keeper.id],
        ].map(String),
      ),
    );
  });
});

describe('adopt', () => {
  it('makes its activity the desired state, wakes the life cycle and begins the idle time', async () => {
    const record = await found();
    const stored = await orphans.adopt(ID, CALLER);
    const now = world.clock.timestamp();
    expect(stored.record).toMatchObject({
      id: record.id,
      origin: 'adopted',
      name: 'theirs',
      marker: '',
      desired: { state: 'running', at: now, by: 'user:ann' },
      deadlines: { nextReconcileAt: now },
    });
    expect(stored.lastUsedAt).toBe(now);
    expect(world.called).toEqual([record.id]);
    expect(await listed()).toHaveLength(0);
  });

  it('takes the marker of its name, unless another record has it', async () => {
    const name = nameAtProvider('train', OURS);
    await found({ name });
    expect((await orphans.adopt(ID, CALLER)).record).toMatchObject({ name: 'train', marker: OURS });
    await found({ novitaInstanceId: novitaId(8), name });
    expect((await orphans.adopt(novitaId(8), CALLER)).record).toMatchObject({ name, marker: '' });
  });

  it('does without the marker when somebody takes it at that moment', async () => {
    const name = nameAtProvider('train', OURS);
    await found({ name });
    world.store.records.findByMarker = async () => {
      await world.ready({ marker: OURS });
      return null;
    };
    expect((await orphans.adopt(ID, CALLER)).record).toMatchObject({ origin: 'adopted', name, marker: '' });
  });

  it('is done without a queue', async () => {
    await found();
    world.queue.available = false;
    expect((await orphans.adopt(ID, CALLER)).record.origin).toBe('adopted');
  });

  it('refuses what is no orphan', async () => {
    await world.ready({ novitaInstanceId: ID });
    for (const command of ['adopt', 'stop', 'ignore'] as const) {
      expect(await codeOf(orphans[command](ID, CALLER))).toBe('already-managed');
      expect(await codeOf(orphans[command](novitaId(99), CALLER))).toBe('orphan-not-found');
    }
    expect(await codeOf(orphans.unignore(ID))).toBe('already-managed');
    expect(await codeOf(orphans.unignore(novitaId(99)))).toBe('orphan-not-found');
  });
});

describe('stop', () => {
  it('adopts it and has it stopped', async () => {
    const record = await found();
    const stored = await orphans.stop(ID, CALLER);
    const now = world.clock.timestamp();
    expect(stored.record).toMatchObject({
      origin: 'adopted',
      status: 'stopping',
      desired: { state: 'stopped', at: now, by: 'user:ann' },
      timestamps: { stopping: now },
      deadlines: { nextReconcileAt: now },
    });
    expect([stored.lastUsedAt, world.called]).toEqual([null, [record.id]]);
  });
});

describe('ignore', () => {
  it('sets it aside, once, until it is adopted', async () => {
    await found();
    const first = await orphans.ignore(ID, CALLER);
    expect(first.record.ignored).toEqual({ by: 'user:ann', at: world.clock.timestamp() });
    expect(await listed()).toHaveLength(0);
    expect((await listed(true))[0]?.stored.record.id).toBe(first.record.id);
    world.clock.advance(1_000);
    expect((await orphans.ignore(ID, { keyName: 'bob' })).record).toEqual(first.record);
    expect((await orphans.adopt(ID, CALLER)).record.ignored).toBeNull();
    expect(await listed(true)).toHaveLength(0);
  });

  it('stays so over a sync', async () => {
    world.novita.put({ id: ID, name: 'theirs' });
    await world.run();
    await orphans.ignore(ID, CALLER);
    world.novita.set(ID, { status: 'exited' });
    world.clock.advance(1_000);
    await world.run();
    const ignored = await listed(true);
    expect(ignored.map(({ stored }) => stored.record.status)).toEqual(['stopped']);
  });
});

describe('unignore', () => {
  it('lists it again, however often it is called', async () => {
    await found();
    await orphans.ignore(ID, CALLER);
    expect(await listed()).toHaveLength(0);
    for (let call = 0; call < 2; call++) expect((await orphans.unignore(ID)).record.ignored).toBeNull();
    expect(await listed()).toHaveLength(1);
    expect(await listed(true)).toHaveLength(0);
  });
});

describe('orphanClass', () => {
  it.each([
    ['train', 'unknown'],
    [nameAtProvider('train', OURS), 'ours-lost'],
    [nameAtProvider('train', THEIRS), 'foreign'],
  ])('%s is %s', (name, kind) => {
    expect(orphanClass(name, FLEET_ID)).toBe(kind);
  });
});
