import {
  type Actor,
  type AuditEntry,
  type InstanceAutoStop,
  type InstanceRecord,
  type InstanceStatus,
  type InstanceStore,
  instanceIdFromUlid,
  type NovitaInstanceId,
  RECORD_DEADLINE_KINDS,
  type WriteBasis,
} from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import type { LockHold, LockKeeper } from '@app/redis';
import { anInstance } from '@app/testing';
import * as fc from 'fast-check';
import { type FleetModel, outcomeOf } from './fleet-model.js';
import { at, COMMAND, takeLock } from './harness.js';

// Small worlds, so that ties, takeovers and empty sets are common. The last two names sort differently by UTF-16.
export const NAMES = ['a', 'ab', 'abc', 'b-1', 'b', 'B', 'é', '\uE000y', '\u{1F600}x'];
const REGIONS = [null, 'R1', 'R2', 'R1:by-name'];
export const MARKERS = ['', '-nftt1', '-nftt2', '-nftt3', '-nftt4'];
export const NOVITA_IDS = [null, 'n1', 'n2', 'n3', 'n4'] as (NovitaInstanceId | null)[];
const STATUSES: InstanceStatus[] = ['creating', 'created', 'starting', 'ready', 'stopped', 'terminated'];

const seconds = fc.integer({ min: 0, max: 4 });
const slot = fc.integer({ min: 0, max: 9 });
const digest = fc.constantFrom('', 'p1', 'p2');
/** Whether a write is made under the lock, and whether that was lost before. */
const lock = fc.constantFrom('none', 'none', 'held', 'held', 'lost');

const seldom = fc.integer({ min: 0, max: 9 }).map((n) => n === 0);
/** The latest use that a claim or a warning rests on: as it stands, or an odd one. */
const knownUse: fc.Arbitrary<'as it stands' | number | null> = fc.oneof(
  fc.constant('as it stands' as const),
  fc.constant('as it stands' as const),
  fc.option(seconds),
);

const shape = fc.record({
  name: fc.constantFrom(...NAMES),
  region: fc.constantFrom(...REGIONS),
  marker: fc.constantFrom(...MARKERS),
  novitaInstanceId: fc.constantFrom(...NOVITA_IDS),
  status: fc.constantFrom(...STATUSES, 'migrating', 'ready', 'ready', 'ready'),
  origin: fc.constantFrom('managed', 'adopted', 'discovered', 'discovered'),
  isIgnored: fc.boolean(),
  created: seconds,
  desired: seconds,
  desiredState: fc.constantFrom('running', 'running', 'stopped', 'deleted'),
  by: fc.constantFrom<Actor[]>('user:test', 'user:test', 'auto-stop', 'spend-limit'),
  isConfirmed: fc.boolean(),
  ready: fc.option(seconds),
  autoStop: fc.constantFrom<InstanceAutoStop[]>(
    {},
    {},
    { enabled: false },
    { thresholdMinutes: 1 / 60 },
    { lease: { until: at(3), by: 'user:test', reason: '' } },
  ),
  maxLifetimeMinutes: fc.constantFrom(null, null, null, 1 / 60, 3 / 60),
  templateId: fc.constantFrom(null, null, 'never', 'patient'),
  deadlines: fc.uniqueArray(fc.tuple(fc.constantFrom(...RECORD_DEADLINE_KINDS), seconds), {
    selector: ([kind]) => kind,
  }),
});

export const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('insert' as const), slot, shape }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      slot,
      shape,
      observedAt: fc.option(seconds),
      isStale: seldom,
      lock,
      digest: fc.option(digest),
      reason: fc.constantFrom(undefined, 'why', '"\\ 数'),
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
      batch: fc.array(fc.record({ slot, shape, digest }), { minLength: 1, maxLength: 5 }),
      lock,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('noteDigests' as const),
      batch: fc.array(fc.record({ slot, isStale: fc.boolean(), digest }), { minLength: 1, maxLength: 4 }),
      lock,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('claim' as const), slot, shape, knownUse, isStale: seldom }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('warn' as const),
      slot,
      since: seconds,
      lasting: seconds,
      knownUse,
      isStale: seldom,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('restore' as const),
      batch: fc.uniqueArray(
        fc.record({ slot, shape, revision: fc.integer({ min: 1, max: 4 }), lastUsed: fc.option(seconds) }),
        { minLength: 1, maxLength: 3, selector: (one) => one.slot },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('postpone' as const), slots: fc.array(slot, { maxLength: 3 }), seconds }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('reindex' as const), slots: fc.array(slot, { maxLength: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('rules' as const),
      enabled: fc.constantFrom(true, true, false),
      thresholdSeconds: fc.constantFrom(1, 2, 3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('enter' as const), slots: fc.array(slot, { maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lock' as const), isTakenAgain: fc.boolean() }) },
);

type Shape = typeof shape extends fc.Arbitrary<infer Made> ? Made : never;
type Operation = typeof operation extends fc.Arbitrary<infer Made> ? Made : never;

export function idOf(index: number) {
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
    autoStop: made.autoStop,
    maxLifetimeMinutes: made.maxLifetimeMinutes,
    spec: { region: made.region, templateId: made.templateId },
    timestamps: { created: at(made.created), ...(made.ready === null ? {} : { ready: at(made.ready) }) },
    desired: { state: made.desiredState, at: at(made.desired), by: made.by },
    confirmedAt: made.isConfirmed ? at(made.desired) : null,
    deadlines: Object.fromEntries(made.deadlines.map(([kind, second]) => [kind, at(second)])),
  });
}

/** The lock of one run: who holds it now, and an acquisition that is over. */
export class LockHistory {
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
export async function run(
  store: InstanceStore,
  model: FleetModel,
  history: LockHistory,
  step: Operation,
): Promise<[unknown, unknown]> {
  if (step.kind === 'lock') return [await history.change(step.isTakenAgain), undefined];
  if (step.kind === 'insertMany') {
    const imports = step.batch.map((one) => ({ record: recordOf(one.slot, one.shape), digest: one.digest }));
    const hold = history.hold(step.lock);
    return [await outcomeOf(store.records.insertMany(imports, { hold })), model.insertMany(imports, hold)];
  }
  if (step.kind === 'restore') {
    const stored = step.batch.map((one) => ({
      record: { ...recordOf(one.slot, one.shape), revision: one.revision },
      lastUsedAt: one.lastUsed === null ? null : at(one.lastUsed),
    }));
    return [await store.records.restore(stored), model.restore(stored)];
  }
  if (step.kind === 'noteDigests') {
    const hold = history.hold(step.lock);
    const notes = step.batch.map((one) => {
      const revision = model.held.get(idOf(one.slot))?.record.revision ?? 1;
      return { id: idOf(one.slot), revision: one.isStale ? revision - 1 : revision, digest: one.digest };
    });
    const noted = store.digests.note(notes, { hold }).then(() => 'noted');
    return [await outcomeOf(noted), model.noteDigests(notes, hold)];
  }
  if (step.kind === 'rules') {
    model.rules.enabled = step.enabled;
    model.rules.thresholdMs = step.thresholdSeconds * 1_000;
    return [undefined, undefined];
  }
  if (step.kind === 'reindex' || step.kind === 'postpone' || step.kind === 'enter') {
    return [await runOnMany(store, model, step), undefined];
  }
  const id = idOf(step.slot);
  const held = model.held.get(id);
  const revision = held?.record.revision ?? 1;
  if (step.kind === 'insert') {
    const record = recordOf(step.slot, step.shape);
    return [(await store.records.insert(record)).outcome, model.insert(record)];
  }
  if (step.kind === 'write') {
    const next = { ...recordOf(step.slot, step.shape), revision: step.isStale ? revision - 1 : revision };
    const basis: WriteBasis =
      step.observedAt === null ? COMMAND : { kind: 'observation', observedAt: at(step.observedAt) };
    const options = {
      ...history.under(step.lock),
      ...(step.digest === null ? {} : { digest: step.digest }),
      ...(step.reason === undefined ? {} : { reason: step.reason }),
    };
    const written = store.records.write(next, basis, options).then(({ outcome }) => outcome);
    return [await outcomeOf(written), model.write(next, basis, options)];
  }
  if (step.kind === 'remove') {
    const named = step.isStale ? revision + 1 : revision;
    const under = history.under(step.lock);
    return [await outcomeOf(store.records.remove(id, named, under)), model.remove(id, named, under.hold)];
  }
  if (step.kind === 'claim' || step.kind === 'warn') {
    const known = step.knownUse === 'as it stands' ? (held?.lastUsedAt ?? null) : atOrNull(step.knownUse);
    const named = step.isStale ? revision - 1 : revision;
    if (step.kind === 'claim') {
      const next = { ...recordOf(step.slot, step.shape), revision: named };
      const claimed = store.idle.claim(next, { lastUsedAt: known, reason: 'idle' }).then(({ outcome }) => outcome);
      return [await outcomeOf(claimed), model.claim(next, known)];
    }
    const [idleSince, stopAt] = [at(step.since), at(step.since + step.lasting)];
    const warning = { id, revision: named, lastUsedAt: known, idleSince, stopAt, reason: 'idle' };
    return [await store.idle.warn(warning), model.warn(warning)];
  }
  const either = (step.byNovitaId ? held?.record.novitaInstanceId : null) ?? id;
  return [await store.idle.touch(either, at(step.seconds)), model.touch(either, at(step.seconds))];
}

/** The same for both, on several records; it answers nothing. */
async function runOnMany(
  store: InstanceStore,
  model: FleetModel,
  step: Extract<Operation, { kind: 'reindex' | 'postpone' | 'enter' }>,
): Promise<void> {
  const ids = step.slots.map(idOf);
  switch (step.kind) {
    case 'reindex':
      await store.idle.reindex(ids);
      return model.reindex(ids);
    case 'postpone':
      await store.idle.postpone(ids, at(step.seconds));
      return model.postpone(ids, at(step.seconds));
    case 'enter': {
      // Two equal lines in a row are one.
      const entries = ids.map((id, i) => ({ id, entry: entryOf(`${model.entered++} ${i}`) }));
      await store.audit.append(entries);
      return model.enter(entries);
    }
  }
}

function entryOf(reason: string): AuditEntry {
  return { at: at(0), kind: 'decision', by: 'auto-stop', reason };
}

function atOrNull(second: number | null): Timestamp | null {
  return second === null ? null : at(second);
}
