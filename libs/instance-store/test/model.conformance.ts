import {
  type ChangeFeed,
  DEADLINE_KINDS,
  INSTANCE_STATUSES,
  type InstanceStore,
  type StoredInstance,
} from '@app/instance-store';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { wholeFeed } from './feed.conformance.js';
import { FleetModel, modelRules, PATIENCE_MS, storedOf } from './fleet-model.js';
import { at, type MakeStore, scannedIds } from './harness.js';
import { idOf, LockHistory, MARKERS, NAMES, NOVITA_IDS, operation, run } from './model-operations.js';
import { allPages } from './scan.conformance.js';

type Same = <Value>(read: Promise<Value>, expected: Value) => void;

function compareRecords({ records }: InstanceStore, model: FleetModel, same: Same): void {
  const held = model.records();
  for (let index = 0; index < 10; index++) same(records.get(idOf(index)), model.stored(idOf(index)));
  const ids = NOVITA_IDS.filter((id) => id !== null);
  for (const id of ids) {
    same(records.get(id), storedOf(held.find(({ record }) => record.novitaInstanceId === id) ?? null));
  }
  for (const marker of MARKERS.slice(1)) {
    same(records.findByMarker(marker), storedOf(held.find(({ record }) => record.marker === marker) ?? null));
  }
  for (const name of NAMES) {
    const all = model.list('name').filter(({ record }) => record.name === name);
    same(records.findByName(name, 50), all);
    same(records.findByName(name, 1), all.slice(0, 1));
  }
  const stored = held.map(({ record, lastUsedAt }) => ({ record, lastUsedAt }));
  same(
    records.getManyByNovitaId(ids),
    ids.flatMap((id) => stored.find(({ record }) => record.novitaInstanceId === id) ?? []),
  );
  same(
    records.getManyByMarker(MARKERS),
    MARKERS.flatMap((marker) => stored.find(({ record }) => marker !== '' && record.marker === marker) ?? []),
  );
}

function compareDeadlines({ deadlines }: InstanceStore, model: FleetModel, same: Same): void {
  for (const kind of DEADLINE_KINDS) {
    for (const second of [0, 2, 4, 5]) same(deadlines.due(kind, at(second), 50), model.due(kind, at(second)));
    const due = model.due(kind, at(6));
    same(deadlines.due(kind, at(6), 50), due);
    same(deadlines.due(kind, at(6), 2), due.slice(0, 2));
    same(deadlines.due(kind, at(6), 2, 1), due.slice(1, 3));
    same(deadlines.dueCount(kind, at(4)), model.due(kind, at(4)).length);
  }
  for (const second of [0, 4, 6]) {
    const due = DEADLINE_KINDS.filter((kind) => model.due(kind, at(second)).length > 0);
    same(deadlines.kindsDue(at(second)), new Set(due));
  }
}

function compareDigests(store: InstanceStore, model: FleetModel, same: Same): void {
  const ids = NOVITA_IDS.filter((id) => id !== null);
  const digests = model.digests();
  same(
    store.digests.of(ids),
    ids.map((id) => digests.get(id) ?? null),
  );
  same(store.digests.count(), digests.size);
  same(scannedIds(store), [...digests.keys()].toSorted());
}

function compareLists(store: InstanceStore, model: FleetModel, same: Same): void {
  const list = model.list('createdAt');
  const isWanted = ({ record }: StoredInstance): boolean => WANTED.some((status) => status === record.status);
  for (const limit of [1, 3, 50]) same(flat(allPages(store, limit)), list);
  same(flat(allPages(store, 3, WANTED)), list.filter(isWanted));
  for (const { record, auditLog } of model.records()) same(store.audit.entries(record.id, 200), auditLog);
}

const WANTED = ['ready', 'stopped'] as const;
const flat = async (pages: Promise<StoredInstance[][]>): Promise<StoredInstance[]> => (await pages).flat();

async function compareCounts(store: InstanceStore, model: FleetModel): Promise<void> {
  const counts = await store.records.counts();
  expect(counts.total).toBe(model.held.size);
  for (const status of INSTANCE_STATUSES) {
    expect(counts.byStatus[status]).toBe(model.records().filter(({ record }) => record.status === status).length);
  }
  expect(counts.discovered).toBe(model.records().filter(({ record }) => record.origin === 'discovered').length);
}

async function compareFeed(feed: ChangeFeed, model: FleetModel): Promise<void> {
  const changes = await wholeFeed(feed, 20);
  expect(changes.map(({ type, instanceId, revision, record }) => ({ type, instanceId, revision, record }))).toEqual(
    model.feed,
  );
}

/** Reads change nothing, so all of them are under way at once. */
async function compare(store: InstanceStore, feed: ChangeFeed, model: FleetModel): Promise<void> {
  const comparisons = [compareCounts(store, model), compareFeed(feed, model)];
  const same: Same = (read, expected) => {
    comparisons.push(read.then((actual) => expect(actual).toEqual(expected)));
  };
  compareRecords(store, model, same);
  compareDeadlines(store, model, same);
  compareDigests(store, model, same);
  compareLists(store, model, same);
  await Promise.all(comparisons);
}

/** @param numRuns how many sequences of operations are tried */
export function modelConformance(makeStore: MakeStore, numRuns = 80): void {
  it('agrees with the model after any operations', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 40, size: 'max' }), async (operations) => {
        const rules = modelRules();
        const { store, feed, locks } = makeStore({ rules, confirmPatienceMs: PATIENCE_MS });
        const model = new FleetModel(rules);
        const history = new LockHistory(locks, model);
        await history.change(true);
        for (const step of operations) {
          const [actual, expected] = await run(store, model, history, step);
          expect({ step, actual }).toEqual({ step, actual: expected });
        }
        await compare(store, feed, model);
      }),
      { numRuns },
    );
  });
}
