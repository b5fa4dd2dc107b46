import { buildMarker, INSTANCE_STATUSES, type InstanceRecord, nameAtProvider } from '@app/instance-store';
import { type NovitaInstanceId, phaseOf } from '@app/novita-client';
import { timestampFromMs } from '@app/platform';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ListingFault } from '../../test/fakes/listing-novita.js';
import { FLEET_ID, PASS_POLICY, PassWorld } from '../../test/fakes/pass-world.js';
import type { SyncOptions } from '../model/sync-run.js';

/*
 * A provider that lies in its listings, and people and processes that go on meanwhile. A number names one of the
 * instances that exist, whichever it is.
 */

const WORDS = ['running', 'exited', 'starting', 'stopping', 'pulling', 'removing', 'migrating', 'freezing'] as const;

type Event =
  | { readonly kind: 'made-here'; readonly learnsItsId: boolean; readonly afterMs: number }
  | { readonly kind: 'made-elsewhere' }
  /** Ours, and the record is lost. */
  | { readonly kind: 'forgotten'; readonly which: number }
  | { readonly kind: 'turns'; readonly which: number; readonly word: (typeof WORDS)[number] }
  | { readonly kind: 'vanishes'; readonly which: number }
  /** A person or the life cycle writes the record. */
  | {
      readonly kind: 'desired';
      readonly which: number;
      readonly state: 'running' | 'stopped' | 'deleted';
      readonly status: InstanceRecord['status'];
    }
  | { readonly kind: 'time'; readonly ms: number };

interface Run {
  readonly options: Partial<SyncOptions>;
  readonly faults: readonly (ListingFault & { readonly lacksEvery?: number })[];
  /** GETs of every so many fail. */
  readonly unreachable: number;
  readonly before: readonly Event[];
  /** One before each page and each GET. */
  readonly during: readonly Event[];
}

const which = fc.nat({ max: 30 });
const live = INSTANCE_STATUSES.filter((status) => status !== 'terminated');
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    kind: fc.constant('made-here' as const),
    learnsItsId: fc.boolean(),
    afterMs: fc.constantFrom(0, 1_000, 90_000),
  }),
  fc.record({ kind: fc.constant('made-elsewhere' as const) }),
  fc.record({ kind: fc.constant('forgotten' as const), which }),
  fc.record({ kind: fc.constant('turns' as const), which, word: fc.constantFrom(...WORDS) }),
  fc.record({ kind: fc.constant('vanishes' as const), which }),
  fc.record({
    kind: fc.constant('desired' as const),
    which,
    state: fc.constantFrom('running' as const, 'stopped' as const, 'deleted' as const),
    status: fc.constantFrom(...live),
  }),
  fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(1, 1_000, 30_000, 90_000) }),
);
const fault: fc.Arbitrary<ListingFault & { lacksEvery?: number }> = fc.oneof(
  fc.constant({}),
  fc.record({ lagMs: fc.constantFrom(500, 5_000, 120_000) }),
  fc.constant({ empty: true }),
  fc.record({ lacksEvery: fc.integer({ min: 1, max: 5 }) }),
  fc.constant({ duplicates: true }),
  fc.constant({ unclean: true }),
  fc.record({ failsAtPage: fc.nat({ max: 3 }) }),
);
const run: fc.Arbitrary<Run> = fc.record({
  options: fc.record(
    { forceSync: fc.boolean(), handleObsoleteInstances: fc.boolean(), dryRun: fc.boolean() },
    { requiredKeys: [] },
  ),
  faults: fc.array(fault, { minLength: 1, maxLength: 3 }),
  unreachable: fc.constantFrom(0, 0, 2, 5),
  before: fc.array(event, { maxLength: 8 }),
  during: fc.array(event, { maxLength: 8 }),
});

class Model {
  readonly world: PassWorld;

  constructor(removeObsolete: boolean) {
    this.world = new PassWorld({ ...PASS_POLICY, obsolete: { ...PASS_POLICY.obsolete, removeObsolete } });
  }

  private pick(index: number): NovitaInstanceId | undefined {
    const ids = [...this.world.novita.instances.keys()];
    return ids[index % Math.max(1, ids.length)];
  }

  async happen(happening: Event): Promise<void> {
    const { world } = this;
    const { novita, clock, store } = world;
    switch (happening.kind) {
      case 'made-here': {
        const marker = buildMarker(FLEET_ID, world.ids.ulid());
        const now = clock.timestamp();
        const openCreate = { startedAt: now, productId: 'p' };
        const record = await world.recordOf({
          marker,
          name: 'made-here',
          status: 'creating',
          timestamps: { created: now },
          desired: { state: 'running', at: now, by: 'user:a' },
          attempts: { creates: 1, commands: 0, lastCommandAt: null, faults: 0, openCreate },
          deadlines: { nextReconcileAt: timestampFromMs(clock.now() + 30_000) },
        });
        const id = novita.put({ name: nameAtProvider('made-here', marker), status: 'creating', createdAt: now });
        clock.advance(happening.afterMs);
        if (!happening.learnsItsId) return;
        const attempts = { ...record.attempts, openCreate: null };
        const learned = { ...record, novitaInstanceId: id, status: 'ready' as const, attempts };
        await store.records.write(learned, { kind: 'command' });
        return;
      }
      case 'made-elsewhere':
        novita.put({ name: 'made-elsewhere', createdAt: clock.timestamp() });
        return;
      case 'time':
        clock.advance(happening.ms);
        return;
      case 'turns': {
        const id = this.pick(happening.which);
        if (id !== undefined) novita.set(id, { status: happening.word });
        return;
      }
      case 'vanishes': {
        const id = this.pick(happening.which);
        if (id !== undefined) novita.vanish(id);
        return;
      }
      case 'forgotten': {
        const record = await this.recordOf(this.pick(happening.which));
        if (record !== null) await store.records.remove(record.id, record.revision);
        return;
      }
      case 'desired': {
        const record = await this.recordOf(this.pick(happening.which));
        if (record === null || record.origin === 'discovered' || record.status === 'terminated') return;
        const at = clock.timestamp();
        const { state, status } = happening;
        const changed = { ...record, status, desired: { state, at, by: 'user:a' as const } };
        await store.records.write({ ...changed, deadlines: { nextReconcileAt: at } }, { kind: 'command' });
      }
    }
  }

  /** Runs it, with events in between; a listing that fails is a run that fails. */
  async sync({ options, faults, unreachable, before, during }: Run): Promise<void> {
    const { novita, clock } = this.world;
    for (const each of before) await this.happen(each);
    novita.faults = faults.map(({ lacksEvery, ...plain }) =>
      lacksEvery === undefined ? plain : { ...plain, lacks: new Set(every([...novita.instances.keys()], lacksEvery)) },
    );
    novita.unreachable.clear();
    if (unreachable > 0) {
      for (const id of every([...novita.instances.keys()], unreachable)) novita.unreachable.add(id);
    }
    const waiting = [...during];
    const meanwhile = async () => {
      clock.advance(1);
      const next = waiting.shift();
      if (next !== undefined) await this.happen(next);
    };
    novita.onPage = meanwhile;
    novita.onGet = meanwhile;
    await this.world.run(options).catch((error: unknown) => {
      if (!(error instanceof Error) || error.message !== 'boom') throw error;
    });
    novita.onPage = () => undefined;
    novita.onGet = () => undefined;
  }

  /** Live records with a provider's id, by that id. */
  async liveRecords(): Promise<ReadonlyMap<NovitaInstanceId, InstanceRecord>> {
    const records = await this.world.all();
    return new Map(
      records.flatMap((record) =>
        record.novitaInstanceId !== null && record.status !== 'terminated' ? [[record.novitaInstanceId, record]] : [],
      ),
    );
  }

  private async recordOf(id: NovitaInstanceId | undefined): Promise<InstanceRecord | null> {
    return id === undefined ? null : ((await this.world.byNovitaId(id))?.record ?? null);
  }
}

function every<Item>(items: readonly Item[], n: number): Item[] {
  return items.filter((_, place) => place % n === 0);
}

/** Nobody but the sync ends records in these. */
function withoutForgetting(runs: readonly Run[]): readonly Run[] {
  const kept = (events: readonly Event[]) => events.filter(({ kind }) => kind !== 'forgotten');
  return runs.map((each) => ({ ...each, during: kept(each.during) }));
}

const runs = fc.array(run, { minLength: 1, maxLength: 4 });

it('ends no record whose instance is there, whatever the listings say and whatever happens meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(runs, fc.boolean(), async (sequence, removeObsolete) => {
      const model = new Model(removeObsolete);
      for (const each of withoutForgetting(sequence)) {
        for (const happening of each.before) await model.happen(happening);
        const before = await model.liveRecords();
        await model.sync({ ...each, before: [] });
        const after = await model.liveRecords();
        for (const [id, record] of before) {
          if (!model.world.novita.instances.has(id)) continue;
          expect([record.id, after.get(id)?.id]).toEqual([record.id, record.id]);
        }
      }
    }),
    { numRuns: 300 },
  );
});

it('changes no desired state of ours and claims no stop', async () => {
  await fc.assert(
    fc.asyncProperty(runs, async (sequence) => {
      const model = new Model(false);
      for (const each of withoutForgetting(sequence)) {
        for (const happening of each.before) await model.happen(happening);
        const before = await model.liveRecords();
        await model.sync({ ...each, before: [], during: [] });
        for (const [id, record] of await model.liveRecords()) {
          const earlier = before.get(id);
          if (earlier === undefined || record.origin === 'discovered') continue;
          expect([record.desired, record.status]).toEqual([earlier.desired, earlier.status]);
        }
      }
    }),
    { numRuns: 150 },
  );
});

it('writes nothing in a dry run', async () => {
  await fc.assert(
    fc.asyncProperty(runs, run, async (sequence, last) => {
      const model = new Model(false);
      for (const each of sequence) await model.sync(each);
      for (const happening of last.before) await model.happen(happening);
      const before = await model.world.all();
      const called = model.world.called.length;
      await model.sync({ ...last, before: [], during: [], options: { ...last.options, dryRun: true } });
      expect(await model.world.all()).toEqual(before);
      expect(model.world.called).toHaveLength(called);
    }),
    { numRuns: 100 },
  );
});

it('agrees with the provider after clean listings, whatever came before', async () => {
  const clean: Run = { options: {}, faults: [{}], unreachable: 0, before: [], during: [] };
  await fc.assert(
    fc.asyncProperty(runs, fc.boolean(), async (sequence, removeObsolete) => {
      const model = new Model(removeObsolete);
      const { world } = model;
      for (const each of sequence) await model.sync(each);
      world.clock.advance(200_000);
      // One to find out, one to agree with what the guard holds, one for what was restored or imported in between.
      for (let n = 0; n < 3; n++) await model.sync(clean);

      const records = await model.liveRecords();
      const waiting = new Set(
        (await world.all()).flatMap((each) => (each.novitaInstanceId === null ? each.marker : [])),
      );
      for (const [id, { name, status }] of world.novita.instances) {
        if (phaseOf(status) === 'gone') continue;
        // What waits for its instance is for the life cycle to join.
        const marked = [...waiting].some((marker) => marker !== '' && name.endsWith(marker));
        expect([id, records.has(id) || marked]).toEqual([id, true]);
      }
      for (const [id, record] of records) {
        const leftToLifecycle = record.attempts.openCreate !== null || record.status === 'migrating';
        if (leftToLifecycle && record.origin !== 'discovered') continue;
        expect([record.id, world.novita.instances.has(id)]).toEqual([record.id, true]);
      }

      const settled = await world.all();
      world.clock.advance(1_000);
      await model.sync(clean);
      expect(await world.all()).toEqual(settled);
    }),
    { numRuns: 300 },
  );
});
