import { INSTANCE_STATUSES, type InstanceRecord, isTransitional } from '@app/instance-store';
import { NOVITA_STATUSES, type NovitaInstance, phaseOf } from '@app/novita-client';
import { anInstance, type InstanceOverrides } from '@app/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, msAt } from '../../test/fakes/a-run.js';
import { aListedInstance, listedAt, novitaId } from '../../test/fakes/listing-novita.js';
import { type Merge, mergeListed } from './merge.js';

const NOW = msAt(1_005);
const OBSERVATION = listedAt(1_000);

/** Ours, in its desired state since second 10 and last observed at second 20. */
function ours(overrides: InstanceOverrides = {}): InstanceRecord {
  return anInstance({
    novitaInstanceId: novitaId(1),
    status: 'ready',
    novitaStatus: 'running',
    desired: { state: 'running', at: at(10), by: 'user:a' },
    observedAt: at(20),
    source: 'get',
    confirmedAt: at(20),
    ...overrides,
  });
}

function discovered(item: Partial<NovitaInstance> = {}, overrides: InstanceOverrides = {}): InstanceRecord {
  const { name, status } = aListedInstance(item);
  return anInstance({
    novitaInstanceId: novitaId(1),
    name,
    marker: '',
    origin: 'discovered',
    status: 'running',
    novitaStatus: status,
    desired: { state: 'running', at: at(10), by: 'console' },
    observedAt: at(20),
    source: 'list',
    confirmedAt: at(20),
    price: { usdPerHour: null },
    timestamps: { created: aListedInstance().createdAt ?? at(0) },
    spec: { ports: [] },
    ...overrides,
  });
}

function update(merge: Merge): Extract<Merge, { kind: 'update' }> {
  if (merge.kind !== 'update') throw new Error(`not an update but ${JSON.stringify(merge)}`);
  return merge;
}

describe('mergeListed, of a spot instance', () => {
  it('writes the notice of a reclaim, and wakes the life cycle when the machine is gone, with what it saw', () => {
    const notified = aListedInstance({ billingMode: 'spot', spotStatus: 'notified', spotReclaimAt: at(1_030) });
    const first = update(mergeListed(ours(), notified, OBSERVATION, NOW));
    expect(first).toMatchObject({ wake: false, next: { spot: { status: 'notified', firstSeenAt: at(1_000) } } });
    const gone = { ...notified, status: 'exited', spotStatus: 'terminated' };
    const second = update(mergeListed(first.next, gone, listedAt(1_060), msAt(1_065)));
    expect(second.wake).toBe(true);
    expect(second.next).toMatchObject({
      status: 'ready',
      spot: { status: 'terminated', reclaimAt: at(1_030), firstSeenAt: at(1_000) },
      deadlines: { nextReconcileAt: at(1_065) },
    });
    expect(mergeListed(first.next, notified, listedAt(1_060), NOW)).toEqual({ kind: 'unchanged' });
  });
});

describe('mergeListed, of ours', () => {
  it('finds nothing to do when the record says it already', () => {
    expect(mergeListed(ours(), aListedInstance(), OBSERVATION, NOW)).toEqual({ kind: 'unchanged' });
  });

  it.each([
    ['ready', 'running', false],
    ['ready', 'exited', true],
    ['ready', 'stopping', true],
    ['ready', 'restarting', true],
    ['ready', 'migrating', true],
    ['ready', 'removed', true],
    ['ready', 'freezing', false],
    ['ready', 'aWordOfTomorrow', false],
    ['stopped', 'exited', false],
    ['stopped', 'running', true],
    ['stopped', 'pulling', true],
    ['stopped', 'removing', true],
    ['failed', 'exited', false],
    ['failed', 'running', true],
  ] as const)('%s and listed as %s: wakes the life cycle: %s', (status, word, wake) => {
    const record = ours({ status, novitaStatus: 'creating' });
    const merge = update(mergeListed(record, aListedInstance({ status: word }), OBSERVATION, NOW));
    expect(merge).toMatchObject({ wake, complete: true });
    expect(merge.next).toMatchObject({ novitaStatus: word, observedAt: at(1_000), source: 'list' });
    expect(merge.next.deadlines.nextReconcileAt).toBe(wake ? at(1_005) : undefined);
    expect([merge.next.status, merge.next.desired]).toEqual([status, record.desired]);
  });

  it('wakes for a misfit although the word is known, unless the life cycle is to look at it already', () => {
    const item = aListedInstance({ status: 'exited' });
    const misfit = ours({ novitaStatus: 'exited', deadlines: { nextReconcileAt: at(2_000) } });
    expect(update(mergeListed(misfit, item, OBSERVATION, NOW)).next.deadlines.nextReconcileAt).toBe(at(1_005));
    const due = ours({ novitaStatus: 'exited', deadlines: { nextReconcileAt: at(900) } });
    expect(mergeListed(due, item, OBSERVATION, NOW).kind).toBe('leave');
    const changed = ours({ novitaStatus: 'running', deadlines: { nextReconcileAt: at(900) } });
    const merge = update(mergeListed(changed, item, OBSERVATION, NOW));
    expect([merge.wake, merge.next.deadlines.nextReconcileAt]).toEqual([true, at(900)]);
  });

  it('leaves what is on its way to the life cycle', () => {
    for (const status of INSTANCE_STATUSES.filter(isTransitional)) {
      const polled = ours({ status, deadlines: { nextReconcileAt: at(2_000) } });
      expect(mergeListed(polled, aListedInstance({ status: 'exited' }), OBSERVATION, NOW).kind).toBe('leave');
      const forgotten = ours({ status });
      const merge = update(mergeListed(forgotten, aListedInstance({ status: 'exited' }), OBSERVATION, NOW));
      expect(merge).toMatchObject({ wake: true, complete: false });
      expect(merge.next).toEqual({ ...forgotten, deadlines: { nextReconcileAt: at(1_005) } });
    }
  });

  it('says that one is missing no more, also of one on its way', () => {
    const settled = update(mergeListed(ours({ missingSince: at(500) }), aListedInstance(), OBSERVATION, NOW));
    expect(settled.next.missingSince).toBeNull();
    const polled = ours({ status: 'starting', missingSince: at(500), deadlines: { nextReconcileAt: at(2_000) } });
    const merge = update(mergeListed(polled, aListedInstance({ status: 'exited' }), OBSERVATION, NOW));
    expect(merge).toMatchObject({ wake: false, complete: false, next: { ...polled, missingSince: null } });
  });

  it('keeps what a listing is silent of', () => {
    const connection = {
      ssh: { command: 'ssh', password: 'p' },
      jupyter: 'https://j',
      webTerminal: { address: 'https://t', username: null, password: null },
      portMappings: [
        { port: 8080, type: 'http', endpoint: 'https://e' },
        { port: 22, type: 'tcp', endpoint: 'h:1' },
      ],
    } as const;
    const item = aListedInstance({
      portMappings: [
        { port: 8080, type: 'http', endpoint: null },
        { port: 22, type: 'tcp', endpoint: 'h:2' },
      ],
    });
    const merge = update(mergeListed(ours({ connection }), item, OBSERVATION, NOW));
    const [http] = connection.portMappings;
    const tcp = { port: 22, type: 'tcp', endpoint: 'h:2' };
    expect(merge.next.connection).toEqual({ ...connection, portMappings: [http, tcp] });

    const fromGet = update(mergeListed(ours({ connection }), item, listedAt(1_000, { source: 'get' }), NOW));
    expect(fromGet.next.connection).toMatchObject({ ssh: null, jupyter: null, webTerminal: null });
    expect(fromGet.next.source).toBe('get');
  });

  it('learns a price and a place that it did not know, and keeps those it knows', () => {
    const observation = listedAt(1_000, { prices: { usdPerHour: ({ gpuNum }) => 0.5 * gpuNum } });
    const item = aListedInstance({ gpuNum: 2, clusterName: 'US', clusterId: 'us-1' });
    const ignorant = ours({ price: { usdPerHour: null }, spec: { region: null, clusterId: null } });
    const merge = update(mergeListed(ignorant, item, observation, NOW));
    expect(merge.next.price).toEqual({ usdPerHour: 1 });
    expect(merge.next.spec).toMatchObject({ region: 'US', clusterId: 'us-1' });
    expect(mergeListed(ours(), item, observation, NOW)).toEqual({ kind: 'unchanged' });
  });

  it('changes nothing that is newer than the observation', () => {
    const item = aListedInstance({ status: 'exited' });
    const desiredSince = ours({ desired: { state: 'stopped', at: at(1_001), by: 'user:a' } });
    expect(mergeListed(desiredSince, item, OBSERVATION, NOW).kind).toBe('leave');
    expect(mergeListed(ours({ observedAt: at(1_001) }), item, OBSERVATION, NOW).kind).toBe('leave');
    expect(mergeListed(ours({ observedAt: at(1_000) }), item, OBSERVATION, NOW).kind).toBe('update');
    expect(mergeListed(ours({ status: 'terminated' }), item, OBSERVATION, NOW).kind).toBe('leave');
  });
});

describe('mergeListed, of discovered ones', () => {
  it.each([
    ['running', 'running', 'running'],
    ['pulling', 'starting', 'running'],
    ['toCreate', 'starting', 'running'],
    ['restarting', 'restarting', 'running'],
    ['migrating', 'migrating', 'running'],
    ['stopping', 'stopping', 'stopped'],
    ['exited', 'stopped', 'stopped'],
    ['removing', 'deleting', 'deleted'],
  ] as const)('%s at the provider is %s, as if %s were desired', (word, status, desired) => {
    const record = discovered({ status: 'aWordOfYesterday' });
    const merge = update(mergeListed(record, aListedInstance({ status: word }), OBSERVATION, NOW));
    expect(merge).toMatchObject({ wake: false, complete: true });
    expect(merge.next).toMatchObject({ status, novitaStatus: word, observedAt: at(1_000), confirmedAt: at(1_000) });
    const expected = desired === 'running' ? record.desired : { state: desired, at: at(1_000), by: 'console' };
    expect(merge.next.desired).toEqual(expected);
    expect(merge.next.deadlines).toEqual({});
  });

  it('keeps its status under a word that says nothing', () => {
    const stopped = discovered({}, { status: 'stopped', desired: { state: 'stopped', at: at(10), by: 'console' } });
    const merge = update(mergeListed(stopped, aListedInstance({ status: 'freezing' }), OBSERVATION, NOW));
    expect(merge.next).toMatchObject({ status: 'stopped', desired: { state: 'stopped' }, novitaStatus: 'freezing' });
  });

  it('takes over what has changed, and then finds nothing to do', () => {
    const item = aListedInstance({
      name: 'renamed',
      imageUrl: 'nginx:2',
      usdPerHour: 0.7,
      lastStartedAt: at(100),
      lastStoppedAt: at(50),
      ssh: { command: 'ssh', password: null },
    });
    const merge = update(mergeListed(discovered(), item, OBSERVATION, NOW));
    expect(merge.next).toMatchObject({ name: 'renamed', price: { usdPerHour: 0.7 }, spec: { image: 'nginx:2' } });
    expect(merge.next.timestamps).toEqual({ created: item.createdAt, started: at(100) });
    expect(mergeListed(merge.next, item, listedAt(2_000), NOW)).toEqual({ kind: 'unchanged' });
  });

  it('does not believe a listing alone that says "removed"', () => {
    expect(mergeListed(discovered(), aListedInstance({ status: 'removed' }), OBSERVATION, NOW)).toEqual({
      kind: 'gone',
    });
  });
});

describe('mergeListed, whatever comes', () => {
  const time = fc.integer({ min: 0, max: 2_000 }).map(at);
  const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
  const records = fc
    .record({
      origin: fc.constantFrom('managed' as const, 'adopted' as const, 'discovered' as const),
      status: fc.constantFrom(...INSTANCE_STATUSES),
      novitaStatus: maybe(fc.constantFrom(...NOVITA_STATUSES)),
      desired: fc.record({
        state: fc.constantFrom('running' as const, 'stopped' as const, 'deleted' as const),
        at: time,
        by: fc.constantFrom('user:a' as const, 'console' as const, 'sync' as const),
      }),
      observedAt: maybe(time),
      missingSince: maybe(time),
      deadlines: fc.record({ nextReconcileAt: time, startupBy: time }, { requiredKeys: [] }),
    })
    .map((overrides) => anInstance({ novitaInstanceId: novitaId(1), ...overrides }));
  const items = fc
    .record({
      status: fc.constantFrom(...NOVITA_STATUSES, 'aWordOfTomorrow'),
      lastStartedAt: maybe(time),
      lastStoppedAt: maybe(time),
    })
    .map((overrides) => aListedInstance(overrides));
  const seconds = fc.integer({ min: 0, max: 2_000 });

  it('ends no record, and touches neither desired state nor status of ours', () => {
    fc.assert(
      fc.property(records, items, seconds, fc.constantFrom('list', 'get'), (record, item, second, source) => {
        const merge = mergeListed(record, item, listedAt(second, { source }), msAt(second));
        if (merge.kind !== 'update') return;
        expect(merge.next.status).not.toBe('terminated');
        expect(merge.next.timestamps).not.toHaveProperty('terminated');
        expect(merge.next.id).toBe(record.id);
        expect(merge.next.revision).toBe(record.revision);
        if (record.origin === 'discovered') {
          expect(merge.wake).toBe(false);
          expect(phaseOf(item.status)).not.toBe('gone');
        } else {
          expect([merge.next.status, merge.next.desired]).toEqual([record.status, record.desired]);
        }
        expect(record.desired.at <= at(second)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is done after one update: the same observation then changes nothing', () => {
    fc.assert(
      fc.property(records, items, seconds, (record, item, second) => {
        const merge = mergeListed(record, item, listedAt(second), msAt(second));
        if (merge.kind !== 'update') return;
        expect(mergeListed(merge.next, item, listedAt(second), msAt(second)).kind).not.toBe('update');
      }),
      { numRuns: 500 },
    );
  });
});
