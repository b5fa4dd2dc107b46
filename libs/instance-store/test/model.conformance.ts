import { type ChangeFeed, DEADLINE_KINDS, INSTANCE_STATUSES, type InstanceStore } from '@app/instance-store';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { wholeFeed } from './feed.conformance.js';
import { FleetModel, modelRules, PATIENCE_MS, storedOf } from './fleet-model.js';
import { at, type MakeStore, scannedIds } from './harness.js';
import { idOf, LockHistory, MARKERS, NAMES, NOVITA_IDS, operation, run } from './model-operations.js';
import { allPages } from './scan.conformance.js';

async function compareDigests(store: InstanceStore, model: FleetModel): Promise<void> {
  const ids = NOVITA_IDS.filter((id) => id !== null);
  const digests = model.digests();
  expect(await store.digests.of(ids)).toEqual(ids.map((id) => digests.get(id) ?? null));
  expect(await store.digests.count()).toBe(digests.size);
  expect(await scannedIds(store)).toEqual([...digests.keys()].toSorted());
}

async function compareReadsOfMany(store: InstanceStore, model: FleetModel): Promise<void> {
  const ids = NOVITA_IDS.filter((id) => id !== null);
  const records = model.records().map(({ record, lastUsedAt }) => ({ record, lastUsedAt }));
  expect(await store.records.getManyByNovitaId(ids)).toEqual(
    ids.flatMap((id) => records.find(({ record }) => record.novitaInstanceId === id) ?? []),
  );
  expect(await store.records.getManyByMarker(MARKERS)).toEqual(
    MARKERS.flatMap((marker) => records.find(({ record }) => marker !== '' && record.marker === marker) ?? []),
  );
}

async function compare(store: InstanceStore, feed: ChangeFeed, model: FleetModel): Promise<void> {
  for (let index = 0; index < 10; index++)
    expect(await store.records.get(idOf(index))).toEqual(model.stored(idOf(index)));
  for (const novitaId of NOVITA_IDS) {
    if (novitaId === null) continue;
    const holder = model.records().find(({ record }) => record.novitaInstanceId === novitaId) ?? null;
    expect(await store.records.get(novitaId)).toEqual(storedOf(holder));
  }
  for (const marker of MARKERS.slice(1)) {
    const holder = model.records().find(({ record }) => record.marker === marker) ?? null;
    expect(await store.records.findByMarker(marker)).toEqual(storedOf(holder));
  }
  for (const name of NAMES) {
    const all = model.list('name').filter(({ record }) => record.name === name);
    expect(await store.records.findByName(name, 50)).toEqual(all);
    expect(await store.records.findByName(name, 1)).toEqual(all.slice(0, 1));
  }
  for (const kind of DEADLINE_KINDS) {
    for (const second of [0, 2, 4, 5, 6]) {
      expect(await store.deadlines.due(kind, at(second), 50)).toEqual(model.due(kind, at(second)));
      expect(await store.deadlines.due(kind, at(second), 2)).toEqual(model.due(kind, at(second)).slice(0, 2));
      expect(await store.deadlines.due(kind, at(second), 2, 1)).toEqual(model.due(kind, at(second)).slice(1, 3));
      expect(await store.deadlines.dueCount(kind, at(second))).toBe(model.due(kind, at(second)).length);
    }
  }
  for (const second of [0, 4, 6]) {
    const due = DEADLINE_KINDS.filter((kind) => model.due(kind, at(second)).length > 0);
    expect(await store.deadlines.kindsDue(at(second))).toEqual(new Set(due));
  }
  const counts = await store.records.counts();
  expect(counts.total).toBe(model.held.size);
  for (const status of INSTANCE_STATUSES) {
    expect(counts.byStatus[status]).toBe(model.records().filter(({ record }) => record.status === status).length);
  }
  expect(counts.discovered).toBe(model.records().filter(({ record }) => record.origin === 'discovered').length);
  await compareDigests(store, model);
  for (const { record, auditLog } of model.records())
    expect(await store.audit.entries(record.id, 200)).toEqual(auditLog);
  await compareReadsOfMany(store, model);
  for (const limit of [1, 3, 50]) expect((await allPages(store, limit)).flat()).toEqual(model.list('createdAt'));
  const wanted = ['ready', 'stopped'] as const;
  expect((await allPages(store, 3, wanted)).flat()).toEqual(
    model.list('createdAt').filter(({ record }) => wanted.some((status) => status === record.status)),
  );
  const changes = await wholeFeed(feed, 20);
  expect(changes.map(({ type, instanceId, revision, record }) => ({ type, instanceId, revision, record }))).toEqual(
    model.feed,
  );
}

export function modelConformance(makeStore: MakeStore): void {
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
      { numRuns: 80 },
    );
  });
}
