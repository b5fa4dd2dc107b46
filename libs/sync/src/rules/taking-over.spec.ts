import { buildMarker, type InstanceRecord, nameAtProvider } from '@app/instance-store';
import { phaseOf } from '@app/novita-client';
import { anInstance, SequentialIds } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { aListedInstance, listedAt, novitaId } from '../../test/fakes/a-listed-instance.js';
import { at, msAt } from '../../test/fakes/a-run.js';
import { adopted, adoptedToStop } from './adopt-record.js';
import { discoveredRecord } from './discovered-record.js';
import { orphanClass } from './orphan-class.js';
import { revived } from './revived-record.js';

const MARKER = buildMarker('f1a2', '01KDVD00000000000ABCDEFGHJ');
const ids = new SequentialIds();
const NOW = msAt(1_005);

describe('discoveredRecord', () => {
  it('tells what the provider tells', () => {
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
    const sight = listedAt(1_000, { prices: { usdPerHour: ({ productId }) => (productId === 'p' ? 0.7 : null) } });
    const record = discoveredRecord(item, ids.ulid(), sight);
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
    const longest = nameAtProvider('x'.repeat(238), MARKER);
    expect(discoveredRecord(aListedInstance({ name: longest }), ids.ulid(), listedAt(0)).name).toBe(longest);
    expect(discoveredRecord(aListedInstance({ name: 'y'.repeat(999) }), ids.ulid(), listedAt(0)).name).toHaveLength(
      255,
    );
  });
});

describe('adopted', () => {
  const found = (status: string) =>
    discoveredRecord(aListedInstance({ status, name: nameAtProvider('train', MARKER) }), ids.ulid(), listedAt(1_000));
  const marked = { name: 'train', marker: MARKER };

  it.each([
    ['running', 'running', 'running'],
    ['pulling', 'starting', 'running'],
    ['exited', 'stopped', 'stopped'],
    ['removing', 'deleting', 'deleted'],
  ])('what is %s is %s and wished %s', (word, status, state) => {
    const record = adopted({ ...found(word), ignored: { by: 'user:a', at: at(1) } }, { by: 'sync', now: NOW, marked });
    expect(record).toMatchObject({
      origin: 'adopted',
      name: 'train',
      marker: MARKER,
      status,
      desired: { state, at: at(1_005), by: 'sync' },
      // What it was seen to do is what is wished: what it does otherwise from now on, a person has done.
      confirmedAt: word === 'running' || word === 'exited' ? at(1_000) : null,
      ignored: null,
    });
    // Without a time by which it must be ready: it is never stopped for being slow.
    expect(record.deadlines).toEqual({ nextReconcileAt: at(1_005) });
    expect(record.attempts).toMatchObject({ creates: word === 'pulling' ? 1 : 0, commands: 0, openCreate: null });
  });

  it('has no marker when its own is taken', () => {
    const record = adopted(found('running'), { by: 'user:a', now: NOW, marked: null });
    expect([record.name, record.marker]).toEqual([nameAtProvider('train', MARKER), '']);
  });

  it.each([
    ['running', 'stopping', 'stopped'],
    ['exited', 'stopped', 'stopped'],
    ['removing', 'deleting', 'deleted'],
  ])('to be stopped, what is %s is %s and wished %s', (word, status, state) => {
    const record = adoptedToStop(found(word), { by: 'user:a', now: NOW, marked });
    expect(record).toMatchObject({ status, desired: { state, at: at(1_005), by: 'user:a' }, attempts: { creates: 0 } });
    expect(record.confirmedAt).toBeNull();
    expect(record.timestamps.stopping).toBe(state === 'stopped' ? at(1_005) : undefined);
  });
});

describe('revived', () => {
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
  const sight = listedAt(1_000, { source: 'get' });

  it('keeps a deletion that somebody wished, so that it is deleted again', () => {
    const record = revived(ended('user:a'), aListedInstance(), sight, NOW);
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
      const record = revived(ended(by), aListedInstance({ status: word }), sight, NOW);
      expect(record).toMatchObject({ status, desired: { state, at: at(1_005), by: 'sync' }, lastError: null });
      expect(record.confirmedAt).toBe(at(1_000));
      expect(phaseOf(word)).not.toBe('gone');
    }
  });

  it('takes another instance of its marker for its own', () => {
    expect(revived(ended('sync'), aListedInstance({ id: novitaId(2) }), sight, NOW).novitaInstanceId).toBe(novitaId(2));
  });
});

describe('orphanClass', () => {
  it.each([
    ['train', 'unknown'],
    [nameAtProvider('train', MARKER), 'ours-lost'],
    [nameAtProvider('train', MARKER.replace('f1a2', 'x9y8')), 'foreign'],
  ])('%s is %s', (name, kind) => {
    expect(orphanClass(name, 'f1a2')).toBe(kind);
  });
});
