import {
  DEADLINE_KINDS,
  INSTANCE_STATUSES,
  type InstanceQuery,
  type InstanceRecord,
  type InstanceStatus,
  type InstanceStore,
  instanceIdFromUlid,
  type NovitaInstanceId,
  type WriteBasis,
} from '@app/instance-store';
import type { LockHold, LockKeeper } from '@app/platform';
import { anInstance } from '@app/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { wholeFeed } from './feed.conformance.js';
import { FleetModel, outcomeOf } from './fleet-model.js';
import { at, COMMAND, type MakeStore, scannedIds, takeLock } from './harness.js';
import { allPages } from './list.conformance.js';

// Small worlds, so that ties, takeovers and empty sets are common. The last two names sort differently by UTF-16.
const NAMES = ['a', 'ab', 'abc', 'b-1', 'b', 'B', 'é', '\uE000y', '\u{1F600}x'];
const REGIONS = [null, 'R1', 'R2', 'R1:by-name'];
const MARKERS = ['', '-nftt1', '-nftt2', '-nftt3', '-nftt4'];
const NOVITA_IDS = [null, 'n1', 'n2', 'n3', 'n4'] as (NovitaInstanceId | null)[];
const STATUSES: InstanceStatus[] = ['creating', 'created', 'starting', 'ready', 'stopped', 'terminated'];

const seconds = fc.integer({ min: 0, max: 4 });
const slot = fc.integer({ min: 0, max: 9 });
const picture = fc.constantFrom('', 'p1', 'p2');
/** Whether a write is made under the lock, and whether that was lost before. */
const lock = fc.constantFrom('none', 'none', 'held', 'held', 'lost');

const shape = fc.record({
  name: fc.constantFrom(...NAMES),
  region: fc.constantFrom(...REGIONS),
  marker: fc.constantFrom(...MARKERS),
  novitaInstanceId: fc.constantFrom(...NOVITA_IDS),
  status: fc.constantFrom(...STATUSES),
  origin: fc.constantFrom('managed', 'adopted', 'discovered', 'discovered'),
  isIgnored: fc.boolean(),
  created: seconds,
  desired: seconds,
  deadlines: fc.uniqueArray(fc.tuple(fc.constantFrom(...DEADLINE_KINDS), seconds), { selector: ([kind]) => kind }),
});

const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('insert' as const), slot, shape }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      slot,
      shape,
      observedAt: fc.option(seconds),
      isStale: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      lock,
      picture: fc.option(picture),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('remove' as const), slot, isStale: fc.boolean(), lock }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('touch' as const), slot, byNovitaId: fc.boolean(), seconds }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('insertMany' as const),
      batch: fc.array(fc.record({ slot, shape, picture }), { minLength: 1, maxLength: 5 }),
      lock,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('notePictures' as const),
      batch: fc.array(fc.record({ slot, isStale: fc.boolean(), picture }), { minLength: 1, maxLength: 4 }),
      lock,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lock' as const), isTakenAgain: fc.boolean() }) },
);

const page = {
  limit: fc.constantFrom(1, 2, 3, 50),
  sort: fc.constantFrom('createdAt', '-createdAt', 'name', '-name'),
} as const;

const groupQuery = fc.record({ ...page, group: fc.constantFrom('orphan', 'ignored-orphan') });

const filterQuery = fc
  .record(
    {
      ...page,
      statuses: fc.subarray(STATUSES),
      region: fc.constantFrom('R1', 'R2', 'R1:by-name', 'R3'),
      namePrefix: fc.constantFrom('', 'a', 'ab', 'b', 'B', '\u{1F600}', 'nothing'),
    },
    { requiredKeys: ['limit', 'sort'] },
  )
  .map((made) => made as InstanceQuery);

const query: fc.Arbitrary<InstanceQuery> = fc.oneof(
  { weight: 1, arbitrary: groupQuery },
  { weight: 3, arbitrary: filterQuery },
);

type Shape = typeof shape extends fc.Arbitrary<infer Made> ? Made : never;
type Operation = typeof operation extends fc.Arbitrary<infer Made> ? Made : never;

function idOf(index: number) {
  return instanceIdFromUlid(String(index).padStart(26, '0'));
}

function recordOf(index: number, made: Shape): InstanceRecord {
  return anInstance({
    id: idOf(index),
    name: made.name,
    marker: made.marker,
    novitaInstanceId: made.novitaInstanceId,
    status: made.status,
    origin: made.origin,
    ignored: made.isIgnored ? { by: 'user:test', at: at(0) } : null,
    spec: { region: made.region },
    timestamps: { created: at(made.created) },
    desired: { state: 'running', at: at(made.desired), by: 'user:test' },
    deadlines: Object.fromEntries(made.deadlines.map(([kind, second]) => [kind, at(second)])),
  });
}

/** The lock of one run: who holds it now, and an acquisition that is over. */
class LockHistory {
  private lost: LockHold = { name: 'sync', fence: 0, token: '0-never' };

  constructor(
    private readonly locks: LockKeeper,
    private readonly model: FleetModel,
  ) {}

  /** What a write carries that is to be made so. */
  under(wanted: 'none' | 'held' | 'lost'): { readonly hold?: LockHold } {
    return wanted === 'none' ? {} : { hold: this.hold(wanted) };
  }

  hold(wanted: 'none' | 'held' | 'lost'): LockHold {
    return (wanted === 'lost' ? null : this.model.hold) ?? this.lost;
  }

  async change(isTakenAgain: boolean): Promise<void> {
    if (this.model.hold !== null) {
      await this.locks.release(this.model.hold);
      this.lost = this.model.hold;
    }
    this.model.hold = isTakenAgain ? await takeLock(this.locks) : null;
  }
}

/** Does one thing to both, and answers what each said. */
async function run(
  store: InstanceStore,
  model: FleetModel,
  history: LockHistory,
  step: Operation,
): Promise<[unknown, unknown]> {
  if (step.kind === 'lock') return [await history.change(step.isTakenAgain), undefined];
  if (step.kind === 'insertMany') {
    const imports = step.batch.map((one) => ({ record: recordOf(one.slot, one.shape), picture: one.picture }));
    const hold = history.hold(step.lock);
    return [await outcomeOf(store.insertMany(imports, { hold })), model.insertMany(imports, hold)];
  }
  if (step.kind === 'notePictures') {
    const hold = history.hold(step.lock);
    const notes = step.batch.map((one) => {
      const revision = model.held.get(idOf(one.slot))?.record.revision ?? 1;
      return { id: idOf(one.slot), revision: one.isStale ? revision - 1 : revision, picture: one.picture };
    });
    const noted = store.notePictures(notes, { hold }).then(() => 'noted');
    return [await outcomeOf(noted), model.notePictures(notes, hold)];
  }
  const id = idOf(step.slot);
  const held = model.held.get(id);
  const revision = held?.record.revision ?? 1;
  if (step.kind === 'insert') {
    const record = recordOf(step.slot, step.shape);
    return [(await store.insert(record)).outcome, model.insert(record)];
  }
  if (step.kind === 'write') {
    const next = { ...recordOf(step.slot, step.shape), revision: step.isStale ? revision - 1 : revision };
    const basis: WriteBasis =
      step.observedAt === null ? COMMAND : { kind: 'observation', observedAt: at(step.observedAt) };
    const options = { ...history.under(step.lock), ...(step.picture === null ? {} : { picture: step.picture }) };
    const written = store.write(next, basis, options).then(({ outcome }) => outcome);
    return [await outcomeOf(written), model.write(next, basis, options)];
  }
  if (step.kind === 'remove') {
    const named = step.isStale ? revision + 1 : revision;
    const under = history.under(step.lock);
    return [await outcomeOf(store.remove(id, named, under)), model.remove(id, named, under.hold)];
  }
  const either = (step.byNovitaId ? held?.record.novitaInstanceId : null) ?? id;
  return [await store.touch(either, at(step.seconds)), model.touch(either, at(step.seconds))];
}

async function comparePictures(store: InstanceStore, model: FleetModel): Promise<void> {
  const ids = NOVITA_IDS.filter((id) => id !== null);
  const pictures = model.pictures();
  expect(await store.pictures(ids)).toEqual(ids.map((id) => pictures.get(id) ?? null));
  expect(await store.pictureCount()).toBe(pictures.size);
  expect(await scannedIds(store)).toEqual([...pictures.keys()].toSorted());
}

async function compareReadsOfMany(store: InstanceStore, model: FleetModel): Promise<void> {
  const ids = NOVITA_IDS.filter((id) => id !== null);
  const records = model.records();
  expect(await store.getManyByNovitaId(ids)).toEqual(
    ids.flatMap((id) => records.find(({ record }) => record.novitaInstanceId === id) ?? []),
  );
  expect(await store.getManyByMarker(MARKERS)).toEqual(
    MARKERS.flatMap((marker) => records.find(({ record }) => marker !== '' && record.marker === marker) ?? []),
  );
}

async function compare(store: InstanceStore, model: FleetModel, queries: readonly InstanceQuery[]): Promise<void> {
  for (let index = 0; index < 10; index++)
    expect(await store.get(idOf(index))).toEqual(model.held.get(idOf(index)) ?? null);
  for (const novitaId of NOVITA_IDS) {
    if (novitaId === null) continue;
    const holder = model.records().find(({ record }) => record.novitaInstanceId === novitaId) ?? null;
    expect(await store.get(novitaId)).toEqual(holder);
  }
  for (const marker of MARKERS.slice(1)) {
    const holder = model.records().find(({ record }) => record.marker === marker) ?? null;
    expect(await store.findByMarker(marker)).toEqual(holder);
  }
  for (const name of NAMES) {
    const all = model.list({ limit: 1, sort: 'name' }).filter(({ record }) => record.name === name);
    expect(await store.findByName(name, 50)).toEqual(all);
    expect(await store.findByName(name, 1)).toEqual(all.slice(0, 1));
  }
  for (const kind of DEADLINE_KINDS) {
    for (const second of [0, 2, 4]) {
      expect(await store.due(kind, at(second), 50)).toEqual(model.due(kind, at(second)));
      expect(await store.due(kind, at(second), 2)).toEqual(model.due(kind, at(second)).slice(0, 2));
    }
  }
  const counts = await store.counts();
  expect(counts.total).toBe(model.held.size);
  for (const status of INSTANCE_STATUSES) {
    expect(counts.byStatus[status]).toBe(model.records().filter(({ record }) => record.status === status).length);
  }
  expect(counts.discovered).toBe(model.records().filter(({ record }) => record.origin === 'discovered').length);
  await comparePictures(store, model);
  await compareReadsOfMany(store, model);
  for (const wanted of queries) {
    const expected = model.list(wanted);
    const pages = await allPages(store, wanted);
    expect({ wanted, records: pages.flat() }).toEqual({ wanted, records: expected.map(({ record }) => record) });
    const { total } = await store.list(wanted);
    expect({ wanted, total }).toEqual({ wanted, total: expected.length });
  }
  const feed = await wholeFeed(store, 20);
  expect(feed.map(({ type, instanceId, revision, record }) => ({ type, instanceId, revision, record }))).toEqual(
    model.feed,
  );
}

export function modelConformance(makeStore: MakeStore): void {
  it('agrees with the model after any operations', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { minLength: 5, maxLength: 40, size: 'max' }),
        fc.array(query, { minLength: 3, maxLength: 8 }),
        async (operations, queries) => {
          const { store, locks } = makeStore();
          const model = new FleetModel();
          const history = new LockHistory(locks, model);
          await history.change(true);
          for (const step of operations) {
            const [actual, expected] = await run(store, model, history, step);
            expect({ step, actual }).toEqual({ step, actual: expected });
          }
          await compare(store, model, queries);
        },
      ),
      { numRuns: 80 },
    );
  });
}
