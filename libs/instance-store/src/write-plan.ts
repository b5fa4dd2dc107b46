import { msFromTimestamp, type Timestamp } from '@app/platform';
import type { ChangeType } from './change-feed.js';
import { changeOfInsert, changesOfWrite } from './change-type.js';
import { type IdleState, idleDueMs } from './idle/idle-state.js';
import { type DeadlineKind, INDEXED_DEADLINE_KINDS } from './instance.js';
import type { InstanceId } from './instance-id.js';
import type { WriteBasis, WriteOptions } from './instance-store.port.js';
import type { LedgerEntry } from './ledger/ledger-entry.js';
import { accountOf, entriesOfInsert, entriesOfWrite, restoredEntry } from './ledger/write-account.js';
import { createdMember, type IndexEntry, nameMember, picturedId } from './record/index-entry.js';
import type { PreparedRecord } from './record/prepare-record.js';
import type { Meter } from './spend/meter.js';
import { ratesOf } from './spend/rates.js';

/** Tables in which our id is looked up; each name in them belongs to one record. */
export type LookUpTable = 'by-marker' | 'by-novita-id';
/** Sorted lists of members, each of which ends with our id. */
export type MemberList = 'by-created:all' | 'by-name:all';

/** One thing that a write changes beside the document itself. */
export type Mutation =
  | { readonly kind: 'look-up'; readonly table: LookUpTable; readonly name: string; readonly isKept: boolean }
  | { readonly kind: 'member'; readonly list: MemberList; readonly member: string; readonly isKept: boolean }
  /** @param at epoch milliseconds; null takes it out */
  | { readonly kind: 'deadline'; readonly deadline: DeadlineKind; readonly at: number | null }
  /** The idle deadline of a record that may have been used: it follows from the latest use that the store holds. */
  | { readonly kind: 'idle-deadline'; readonly idle: IdleState }
  /** @param picture null takes it out */
  | { readonly kind: 'picture'; readonly novitaId: string; readonly picture: string | null }
  | { readonly kind: 'count'; readonly of: 'counts' | 'rates'; readonly counter: string; readonly by: number }
  /** What the first meter has run up since it was booked is booked, and the second one begins. */
  | { readonly kind: 'meter'; readonly from: Meter; readonly to: Meter }
  /** The oldest first. */
  | { readonly kind: 'audit'; readonly entries: readonly LedgerEntry[] }
  | { readonly kind: 'end-of-audit' }
  | { readonly kind: 'last-use'; readonly at: Timestamp }
  | { readonly kind: 'event'; readonly type: ChangeType; readonly revision: number };

/** All that one write does. */
export interface WritePlan {
  readonly id: InstanceId;
  /** What stands there afterwards; null when it is removed. */
  readonly after: PreparedRecord | null;
  readonly mutations: readonly Mutation[];
}

/** What is done to a record, beside what it says afterwards. */
export type WriteAct =
  | { readonly kind: 'insert' }
  | { readonly kind: 'import'; readonly picture: string }
  | { readonly kind: 'write'; readonly basis: WriteBasis; readonly options: WriteOptions }
  | { readonly kind: 'restore'; readonly lastUsedAt: Timestamp | null }
  | { readonly kind: 'remove'; readonly revision: number };

const NO_METER: Meter = { meter: '', rate: 0 };

/**
 * Lists what a write changes. Pure; the store carries it out only if what it holds still is `before`, so no plan is made
 * from what was true once.
 *
 * @param before what the indexes hold of the record; null when there is none
 * @param after null for a removal
 */
export function planWrite(
  id: InstanceId,
  before: IndexEntry | null,
  after: PreparedRecord | null,
  act: WriteAct,
  at: Timestamp,
): WritePlan {
  const next = after?.entry ?? null;
  return {
    id,
    after,
    mutations: [
      ...lookUps(before, next),
      ...members(id, before, next),
      ...deadlines(before, next),
      ...idleDeadline(before, after, act),
      ...picture(before, next, act),
      ...counts(before, next),
      ...meters(before, next),
      ...audit(before, after, act, at),
      ...events(before, after, act),
    ],
  };
}

/** Whether an observation was made before the present desired state was set, so that it says nothing of it. */
export function isOutdated(basis: WriteBasis, held: IndexEntry): boolean {
  return basis.kind === 'observation' && msFromTimestamp(basis.observedAt) < held.desiredMs;
}

/** The names that a plan gives to its record, which must not belong to another. */
export function claimsOf({ mutations }: WritePlan): { readonly table: LookUpTable; readonly name: string }[] {
  const claims: { readonly table: LookUpTable; readonly name: string }[] = [];
  for (const mutation of mutations) if (mutation.kind === 'look-up' && mutation.isKept) claims.push(mutation);
  return claims;
}

function lookUps(before: IndexEntry | null, next: IndexEntry | null): Mutation[] {
  const mutations: Mutation[] = [];
  for (const [table, field] of [
    ['by-marker', 'marker'],
    ['by-novita-id', 'novitaId'],
  ] as const) {
    const [from, to] = [before?.[field] ?? '', next?.[field] ?? ''];
    if (from === to) continue;
    if (from !== '') mutations.push({ kind: 'look-up', table, name: from, isKept: false });
    if (to !== '') mutations.push({ kind: 'look-up', table, name: to, isKept: true });
  }
  return mutations;
}

function members(id: InstanceId, before: IndexEntry | null, next: IndexEntry | null): Mutation[] {
  const mutations: Mutation[] = [];
  for (const [list, memberOf] of [
    ['by-created:all', createdMember],
    ['by-name:all', nameMember],
  ] as const) {
    const from = before === null ? null : memberOf(before, id);
    const to = next === null ? null : memberOf(next, id);
    if (from === to) continue;
    if (from !== null) mutations.push({ kind: 'member', list, member: from, isKept: false });
    if (to !== null) mutations.push({ kind: 'member', list, member: to, isKept: true });
  }
  return mutations;
}

function deadlines(before: IndexEntry | null, next: IndexEntry | null): Mutation[] {
  return INDEXED_DEADLINE_KINDS.flatMap((deadline): Mutation[] => {
    const [from, to] = [before?.deadlines[deadline], next?.deadlines[deadline]];
    return from === to ? [] : [{ kind: 'deadline', deadline, at: to ?? null }];
  });
}

/** Set or taken out whatever the store seems to hold: it may have been postponed, or lost. */
function idleDeadline(before: IndexEntry | null, after: PreparedRecord | null, act: WriteAct): Mutation[] {
  if (after === null) return [{ kind: 'deadline', deadline: 'autoStopAt', at: null }];
  if (before !== null) return [{ kind: 'idle-deadline', idle: after.idle }];
  const lastUsedAt = act.kind === 'restore' ? act.lastUsedAt : null;
  const due = idleDueMs(after.idle.clock, lastUsedAt, null);
  const mutations: Mutation[] = lastUsedAt === null ? [] : [{ kind: 'last-use', at: lastUsedAt }];
  return due === null ? mutations : [...mutations, { kind: 'deadline', deadline: 'autoStopAt', at: due }];
}

/** Every write without a picture makes it unknown again. */
function picture(before: IndexEntry | null, next: IndexEntry | null, act: WriteAct): Mutation[] {
  const from = before === null ? null : picturedId(before);
  const to = next === null ? null : picturedId(next);
  const mutations: Mutation[] = [];
  if (from !== null && from !== to) mutations.push({ kind: 'picture', novitaId: from, picture: null });
  if (to !== null) mutations.push({ kind: 'picture', novitaId: to, picture: pictureOf(act) });
  return mutations;
}

function pictureOf(act: WriteAct): string {
  switch (act.kind) {
    case 'import':
      return act.picture;
    case 'write':
      return act.options.picture ?? '';
    case 'insert':
    case 'restore':
    case 'remove':
      return '';
  }
}

function counts(before: IndexEntry | null, next: IndexEntry | null): Mutation[] {
  const sums = new Map<string, number>();
  const add = (counter: string, by: number): unknown => sums.set(counter, (sums.get(counter) ?? 0) + by);
  if (before !== null) add(before.status, -1);
  if (before?.discovered) add('discovered', -1);
  if (next !== null) add(next.status, 1);
  if (next?.discovered) add('discovered', 1);
  return countMutations('counts', sums);
}

function meters(before: IndexEntry | null, next: IndexEntry | null): Mutation[] {
  const sums = new Map<string, number>();
  for (const [entry, sign] of [
    [before, -1],
    [next, 1],
  ] as const) {
    if (entry === null) continue;
    for (const [counter, amount] of ratesOf(entry)) sums.set(counter, (sums.get(counter) ?? 0) + sign * amount);
  }
  const mutations = countMutations('rates', sums);
  const [from, to] = [before ?? NO_METER, next ?? NO_METER].map(({ meter, rate }) => ({ meter, rate })) as [
    Meter,
    Meter,
  ];
  if (from.meter !== to.meter || from.rate !== to.rate) mutations.push({ kind: 'meter', from, to });
  return mutations;
}

function countMutations(of: 'counts' | 'rates', sums: ReadonlyMap<string, number>): Mutation[] {
  return [...sums].flatMap(([counter, by]): Mutation[] => (by === 0 ? [] : [{ kind: 'count', of, counter, by }]));
}

function audit(before: IndexEntry | null, after: PreparedRecord | null, act: WriteAct, at: Timestamp): Mutation[] {
  if (after === null) return [{ kind: 'end-of-audit' }];
  const entries = auditEntries(before, after, act, at);
  return entries.length === 0 ? [] : [{ kind: 'audit', entries }];
}

function auditEntries(
  before: IndexEntry | null,
  { record, entry }: PreparedRecord,
  act: WriteAct,
  at: Timestamp,
): readonly LedgerEntry[] {
  switch (act.kind) {
    case 'insert':
      return entriesOfInsert(record, at);
    case 'write':
      return before === null ? [] : entriesOfWrite(before, entry, accountOf(record, act.basis, act.options), at);
    case 'restore':
      return [restoredEntry(at)];
    case 'import':
    case 'remove':
      return [];
  }
}

function events(before: IndexEntry | null, after: PreparedRecord | null, act: WriteAct): Mutation[] {
  if (after === null) {
    return act.kind === 'remove' ? [{ kind: 'event', type: 'instance.removed', revision: act.revision }] : [];
  }
  const { record } = after;
  return eventTypes(before, after, act).map((type) => ({ kind: 'event', type, revision: record.revision }));
}

function eventTypes(before: IndexEntry | null, { record }: PreparedRecord, act: WriteAct): readonly ChangeType[] {
  if (act.kind === 'restore') return ['instance.updated'];
  return before === null ? [changeOfInsert(record)] : changesOfWrite(before.status, record);
}
