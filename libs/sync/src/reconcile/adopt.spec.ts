import { buildMarker, type InstanceRecord, nameAtProvider } from '@app/instance-store';
import { phaseOf } from '@app/novita-client';
import { anInstance, SequentialIds } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { at, msAt } from '../../test/fakes/a-run.js';
import { aListedInstance, listedAt, novitaId } from '../../test/fakes/listing-novita.js';
import { adopted, adoptedToStop, discoveredRecord, placeListed, restored } from './adopt.js';

const OURS = buildMarker('f1a2', '01KDVD00000000000ABCDEFGHJ');
const THEIRS = buildMarker('x9y8', '01KDVD00000000000ABCDEFGHJ');
const ids = new SequentialIds();
const NOW = msAt(1_005);
const NOTHING = { byId: null, byMarker: null };
const context = { fleetId: 'f1a2', observedAt: at(1_000), graceMs: 60_000, now: msAt(1_005) };

const plain = aListedInstance();
const marked = aListedInstance({ name: nameAtProvider('train', OURS) });
const ended = (seconds: number) =>
  anInstance({ status: 'terminated', novitaInstanceId: novitaId(1), timestamps: { terminated: at(seconds) } });

describe('placeListed', () => {
  it('takes a marker of the older form for ours only where a record has it', () => {
    const older = aListedInstance({ name: 'train-nff1abcdefghjk' });
    expect(placeListed(older, { byId: null, byMarker: null }, context)).toMatchObject({ kind: 'import' });
    const waiting = anInstance({ marker: '-nff1abcdefghjk', deadlines: { nextReconcileAt: at(1_060) } });
    expect(placeListed(older, { byId: null, byMarker: waiting }, context)).toMatchObject({ kind: 'wake' });
  });

  it('imports what was made elsewhere, and by another fleet', () => {
    expect(placeListed(plain, NOTHING, context).kind).toBe('import');
    const foreign = aListedInstance({ name: nameAtProvider('train', THEIRS) });
    expect(placeListed(foreign, NOTHING, context).kind).toBe('import');
  });

  it('adopts what carries our marker and has no record', () => {
    const placement = placeListed(marked, NOTHING, context);
    expect(placement).toEqual({ kind: 'adopt-new', marked: { name: 'train', marker: OURS, fleetId: 'f1a2' } });
  });

  it('wakes the record whose create made it, once', () => {
    const waiting = anInstance({ marker: OURS, deadlines: { nextReconcileAt: at(1_060) } });
    expect(placeListed(marked, { byId: null, byMarker: waiting }, context)).toEqual({ kind: 'wake', record: waiting });
    const due = anInstance({ marker: OURS, deadlines: { nextReconcileAt: at(1_000) } });
    expect(placeListed(marked, { byId: null, byMarker: due }, context).kind).toBe('ignore');
  });

  it('shows another one with the marker of a record that keeps its own', () => {
    const holder = anInstance({ marker: OURS, novitaInstanceId: novitaId(2) });
    expect(placeListed(marked, { byId: null, byMarker: holder }, context).kind).toBe('import');
  });

  it('makes no orphan of an instance that a migration has made, or has replaced', () => {
    const migration = {
      state: 'requested',
      reclaimSeenAt: at(900),
      since: at(900),
      attempts: 1,
      requestedAt: at(990),
      jobId: null,
      endedJobId: null,
      nextAttemptAt: null,
      arrivedAt: null,
      replaced: null,
    } as const;
    const open = anInstance({
      marker: OURS,
      novitaInstanceId: novitaId(2),
      migration,
      deadlines: { nextReconcileAt: at(1_060) },
    });
    expect(placeListed(marked, { byId: null, byMarker: open }, context)).toEqual({ kind: 'wake', record: open });
    const moved = anInstance({
      marker: OURS,
      novitaInstanceId: novitaId(2),
      migration: { ...migration, state: 'starting', replaced: marked.id },
    });
    expect(placeListed(marked, { byId: null, byMarker: moved }, context).kind).toBe('ignore');
  });

  it.each([
    ['long before the listing', 900, 'restore'],
    ['exactly the grace before it', 940, 'restore'],
    ['within the grace', 941, 'ignore'],
    ['after it began', 1_001, 'ignore'],
  ])('of one found gone %s', (_, seconds, kind) => {
    expect(placeListed(plain, { byId: ended(seconds), byMarker: null }, context).kind).toBe(kind);
    const byMarker = { ...ended(seconds), marker: OURS };
    expect(placeListed(marked, { byId: null, byMarker }, context).kind).toBe(kind);
  });

  it('leaves what has a record by now, and what the provider calls removed', () => {
    expect(placeListed(plain, { byId: anInstance(), byMarker: null }, context).kind).toBe('ignore');
    for (const known of [NOTHING, { byId: ended(0), byMarker: null }]) {
      expect(placeListed({ ...marked, status: 'removed' }, known, context).kind).toBe('ignore');
    }
  });
});

describe('discoveredRecord', () => {
  it('shows what the provider shows', () => {
    const item = aListedInstance({
      name: 'their box',
      clusterName: 'US-CA-06',
      clusterId: '7',
      productId: 'p',
      productName: 'RTX',
      gpuNum: 2,
      rootfsSize: 60,
      imageUrl: 'nginx:1',
      portMappings: [{ port: 80, type: 'http', endpoint: 'https://e' }],
      envs: [{ key: 'A', value: 'b' }],
      volumeMounts: [
        { type: 'network', id: 'ns-1', mountPath: '/data', sizeGb: 10 },
        { type: 'local', id: null, mountPath: '/tmp', sizeGb: 10 },
      ],
      lastStartedAt: at(5),
    });
    const observation = listedAt(1_000, {
      prices: { usdPerHour: ({ productId }) => (productId === 'p' ? 0.7 : null) },
    });
    const record = discoveredRecord(item, ids.ulid(), observation);
    expect(record).toMatchObject({
      novitaInstanceId: item.id,
      name: 'their box',
      marker: '',
      origin: 'discovered',
      status: 'running',
      desired: { state: 'running', at: at(1_000), by: 'console' },
      confirmedAt: at(1_000),
      deadlines: {},
      price: { usdPerHour: 0.7 },
      timestamps: { created: item.createdAt, started: at(5) },
      spec: {
        gpuNum: 2,
        region: 'US-CA-06',
        image: 'nginx:1',
        ports: [{ port: 80, protocol: 'http' }],
        networkStorages: [{ id: 'ns-1', mountPoint: '/data' }],
      },
    });
  });

  it('stores no token that an instance was given, whose record was lost', () => {
    const [model, token] = [
      { key: 'MODEL', value: 'llama' },
      { key: 'NOVITA_FLEET_TOKEN', value: 'nft_secret' },
    ];
    const record = discoveredRecord(aListedInstance({ envs: [model, token] }), ids.ulid(), listedAt(1_000));
    expect(record.spec.envs).toEqual([model]);
  });

  it('makes do with nothing', () => {
    const bare = aListedInstance({ name: ' \n\0', gpuNum: null, billingMode: null, createdAt: null });
    const record = discoveredRecord(bare, ids.ulid(), listedAt(1_000));
    expect(record).toMatchObject({ name: bare.id, spec: { productId: '', gpuNum: 0, image: '' } });
    expect(record.timestamps).toEqual({ created: at(1_000) });
    expect(record.price.usdPerHour).toBeNull();
  });

  it('makes any name fit for one line and keeps the marker of a long one', () => {
    const odd = discoveredRecord(aListedInstance({ name: 'a\nb\0c  d' }), ids.ulid(), listedAt(0));
    expect(odd.name).toBe('a b c d');
    const longest = nameAtProvider('x'.repeat(238), OURS);
    expect(discoveredRecord(aListedInstance({ name: longest }), ids.ulid(), listedAt(0)).name).toBe(longest);
    expect(discoveredRecord(aListedInstance({ name: 'y'.repeat(999) }), ids.ulid(), listedAt(0)).name).toHaveLength(
      255,
    );
  });
});

describe('adopted', () => {
  const found = (status: string) =>
    discoveredRecord(aListedInstance({ status, name: nameAtProvider('train', OURS) }), ids.ulid(), listedAt(1_000));
  const marked = { name: 'train', marker: OURS };

  it.each([
    ['running', 'running', 'running'],
    ['pulling', 'starting', 'running'],
    ['exited', 'stopped', 'stopped'],
    ['removing', 'deleting', 'deleted'],
  ])('what is %s is %s and desired %s', (word, status, state) => {
    const record = adopted({ ...found(word), ignored: { by: 'user:a', at: at(1) } }, { by: 'sync', now: NOW, marked });
    expect(record).toMatchObject({
      origin: 'adopted',
      name: 'train',
      marker: OURS,
      status,
      desired: { state, at: at(1_005), by: 'sync' },
      // The observed activity is the desired state; a person has done whatever differs from it from now on.
      confirmedAt: word === 'running' || word === 'exited' ? at(1_000) : null,
      ignored: null,
    });
    // Without a time by which it must be ready: it is never stopped for being slow.
    expect(record.deadlines).toEqual({ nextReconcileAt: at(1_005) });
    expect(record.attempts).toMatchObject({ creates: word === 'pulling' ? 1 : 0, commands: 0, openCreate: null });
  });

  it('has no marker when its own is taken', () => {
    const record = adopted(found('running'), { by: 'user:a', now: NOW, marked: null });
    expect([record.name, record.marker]).toEqual([nameAtProvider('train', OURS), '']);
  });

  it.each([
    ['running', 'stopping', 'stopped'],
    ['exited', 'stopped', 'stopped'],
    ['removing', 'deleting', 'deleted'],
  ])('to be stopped, what is %s is %s and desired %s', (word, status, state) => {
    const record = adoptedToStop(found(word), { by: 'user:a', now: NOW, marked });
    expect(record).toMatchObject({ status, desired: { state, at: at(1_005), by: 'user:a' }, attempts: { creates: 0 } });
    expect(record.confirmedAt).toBeNull();
    expect(record.timestamps.stopping).toBe(state === 'stopped' ? at(1_005) : undefined);
  });
});

describe('restored', () => {
  const ended = (by: InstanceRecord['desired']['by']): InstanceRecord =>
    anInstance({
      status: 'terminated',
      novitaInstanceId: novitaId(1),
      desired: { state: 'deleted', at: at(100), by },
      confirmedAt: at(100),
      timestamps: { terminated: at(100) },
      deadlines: { purgeAt: at(900_000) },
      lastError: { code: 'vanished-at-provider', message: 'x', at: at(100), retryable: false, suggestion: 'x' },
    });
  const observation = listedAt(1_000, { source: 'get' });

  it('keeps a deletion that somebody wanted, so that it is deleted again', () => {
    const record = restored(ended('user:a'), aListedInstance(), observation, NOW);
    expect(record).toMatchObject({ status: 'deleting', desired: { state: 'deleted', at: at(100), by: 'user:a' } });
    expect(record.deadlines).toEqual({ nextReconcileAt: at(1_005) });
    expect(record.timestamps).not.toHaveProperty('terminated');
    expect(record.confirmedAt).toBeNull();
  });

  it.each(['sync', 'lifecycle'] as const)('deletes nothing that had merely vanished, as %s had noted', (by) => {
    for (const [word, status, state] of [
      ['running', 'running', 'running'],
      ['exited', 'stopped', 'stopped'],
    ] as const) {
      const record = restored(ended(by), aListedInstance({ status: word }), observation, NOW);
      expect(record).toMatchObject({ status, desired: { state, at: at(1_005), by: 'sync' }, lastError: null });
      expect(record.confirmedAt).toBe(at(1_000));
      expect(phaseOf(word)).not.toBe('gone');
    }
  });

  it('takes another instance of its marker for its own', () => {
    expect(restored(ended('sync'), aListedInstance({ id: novitaId(2) }), observation, NOW).novitaInstanceId).toBe(
      novitaId(2),
    );
  });
});
