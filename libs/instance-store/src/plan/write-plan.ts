import { msFromTimestamp, type Timestamp } from '@app/platform';
import type { AuditEntry } from '../ports/audit-log.port.js';
import type { ChangeType } from '../ports/change-feed.port.js';
import type { WriteBasis, WriteOptions } from '../ports/instance-records.port.js';
import type { InstanceId } from '../record/identity.js';
import { type DeadlineKind, INDEXED_DEADLINE_KINDS, type InstanceRecord } from '../record/instance.js';
import type { InstanceStatus } from '../record/instance-status.js';
import { changedHold } from '../record/stop-hold.js';
import { accountOf, entriesOfHold, entriesOfInsert, entriesOfWrite, restoredEntry } from './audit-lines.js';
import type { Commitment, EndingCommitment } from './commitment.js';
import { type IdleState, idleDueMs } from './idle-clock.js';
import { type Meter, type MeterTags, ratesOf } from './meter.js';
import { createdMember, type IndexEntry, idOfDigest, nameMember, type PreparedRecord } from './prepared-record.js';

/** Tables in which our id is looked up; each name in them belongs to one record. */
export type LookUpTable = 'by-marker' | 'by-novita-id';
/** Sorted lists of members, each of which ends with our id. */
export type MemberList = 'by-created:all' | 'by-name:all';

/** One thing that a write changes beside the document itself. */
export type Mutation =
  | { readonly kind: 'look-up'; readonly table: LookUpTable; readonly name: string; readonly isKept: boolean }
  | { readonly kind: 'member'; readonly list: MemberList; readonly member: string; readonly isKept: boolean }
  /** Epoch milliseconds; null takes it out. */
  | { readonly kind: 'deadline'; readonly deadline: DeadlineKind; readonly at: number | null }
  /** The idle deadline of a record that may have been used; it follows from the latest use, which the store holds. */
  | { readonly kind: 'idle-deadline'; readonly idle: IdleState }
  /** The listing digest; null takes it out. */
  | { readonly kind: 'digest'; readonly novitaId: string; readonly digest: string | null }
  | { readonly kind: 'count'; readonly of: 'counts' | 'rates'; readonly counter: string; readonly by: number }
  /** Accrues what the first meter has run up since the last time, and begins the second one. */
  | { readonly kind: 'meter'; readonly from: Meter & MeterTags; readonly to: Meter & MeterTags }
  /** What the instance commits this owner to from now on. */
  | { readonly kind: 'commitment'; readonly owner: string; readonly commitment: Commitment }
  /** Entries of the audit log, the oldest first. */
  | { readonly kind: 'audit'; readonly entries: readonly AuditEntry[] }
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

/** The kind of write, with what it does beside the record itself. */
export type WriteAct =
  | { readonly kind: 'insert' }
  | { readonly kind: 'import'; readonly digest: string }
  | { readonly kind: 'write'; readonly basis: WriteBasis; readonly options: WriteOptions }
  | { readonly kind: 'restore'; readonly lastUsedAt: Timestamp | null }
  | { readonly kind: 'remove'; readonly revision: number };

const NO_METER: Meter & MeterTags = { meter: '', rate: 0, owner: '', product: '' };

/**
 * Lists what a write changes. Pure. The store carries the plan out only if it still holds `before`, so no plan rests on
 * a state of the past.
 *
 * @param before the index entry that the store holds; null when there is no record
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
  // One list that each part adds to: an import plans hundreds of thousands of mutations.
  const mutations: Mutation[] = [];
  planLookUps(mutations, before, next);
  planMembers(mutations, id, before, next);
  planDeadlines(mutations, before, next);
  planIdleDeadline(mutations, before, after, act);
  planDigest(mutations, before, next, act);
  planCounts(mutations, before, next);
  planMeters(mutations, before, next);
  planCommitment(mutations, before, next);
  planAudit(mutations, before, after, act, at);
  planEvents(mutations, before, after, act);
  return { id, after, mutations };
}

/** Whether an observation was made before the present desired state was set, so that it says nothing of it. */
export function isOutdated(basis: WriteBasis, held: IndexEntry): boolean {
  return basis.kind === 'observation' && msFromTimestamp(basis.observedAt) < held.desiredMs;
}

/** The names that a plan gives to its record; none may belong to another record. */
export function claimsOf({ mutations }: WritePlan): { readonly table: LookUpTable; readonly name: string }[] {
  const claims: { readonly table: LookUpTable; readonly name: string }[] = [];
  for (const mutation of mutations) if (mutation.kind === 'look-up' && mutation.isKept) claims.push(mutation);
  return claims;
}

function planLookUps(mutations: Mutation[], before: IndexEntry | null, next: IndexEntry | null): void {
  planLookUp(mutations, 'by-marker', before?.marker ?? '', next?.marker ?? '');
  planLookUp(mutations, 'by-novita-id', before?.novitaId ?? '', next?.novitaId ?? '');
}

function planLookUp(mutations: Mutation[], table: LookUpTable, from: string, to: string): void {
  if (from === to) return;
  if (from !== '') mutations.push({ kind: 'look-up', table, name: from, isKept: false });
  if (to !== '') mutations.push({ kind: 'look-up', table, name: to, isKept: true });
}

function planMembers(mutations: Mutation[], id: InstanceId, before: IndexEntry | null, next: IndexEntry | null): void {
  planMember(mutations, 'by-created:all', before && createdMember(before, id), next && createdMember(next, id));
  planMember(mutations, 'by-name:all', before && nameMember(before, id), next && nameMember(next, id));
}

function planMember(mutations: Mutation[], list: MemberList, from: string | null, to: string | null): void {
  if (from === to) return;
  if (from !== null) mutations.push({ kind: 'member', list, member: from, isKept: false });
  if (to !== null) mutations.push({ kind: 'member', list, member: to, isKept: true });
}

function planDeadlines(mutations: Mutation[], before: IndexEntry | null, next: IndexEntry | null): void {
  for (const deadline of INDEXED_DEADLINE_KINDS) {
    const from = before?.deadlines[deadline];
    const to = next?.deadlines[deadline];
    if (from !== to) mutations.push({ kind: 'deadline', deadline, at: to ?? null });
  }
}

/** Always planned, whatever the store seems to hold: the deadline may have been postponed, or lost. */
function planIdleDeadline(
  mutations: Mutation[],
  before: IndexEntry | null,
  after: PreparedRecord | null,
  act: WriteAct,
): void {
  if (after === null) {
    mutations.push({ kind: 'deadline', deadline: 'autoStopAt', at: null });
    return;
  }
  if (before !== null) {
    mutations.push({ kind: 'idle-deadline', idle: after.idle });
    return;
  }
  const lastUsedAt = act.kind === 'restore' ? act.lastUsedAt : null;
  if (lastUsedAt !== null) mutations.push({ kind: 'last-use', at: lastUsedAt });
  const due = idleDueMs(after.idle.clock, lastUsedAt, null);
  if (due !== null) mutations.push({ kind: 'deadline', deadline: 'autoStopAt', at: due });
}

/** Every write without a listing digest makes it unknown again. */
function planDigest(mutations: Mutation[], before: IndexEntry | null, next: IndexEntry | null, act: WriteAct): void {
  const from = before === null ? null : idOfDigest(before);
  const to = next === null ? null : idOfDigest(next);
  if (from !== null && from !== to) mutations.push({ kind: 'digest', novitaId: from, digest: null });
  if (to !== null) mutations.push({ kind: 'digest', novitaId: to, digest: digestOf(act) });
}

function digestOf(act: WriteAct): string {
  switch (act.kind) {
    case 'import':
      return act.digest;
    case 'write':
      return act.options.digest ?? '';
    case 'insert':
    case 'restore':
    case 'remove':
      return '';
  }
}

function planCounts(mutations: Mutation[], before: IndexEntry | null, next: IndexEntry | null): void {
  planCount(mutations, before?.status ?? null, next?.status ?? null);
  planCount(mutations, before?.discovered ? 'discovered' : null, next?.discovered ? 'discovered' : null);
}

function planCount(mutations: Mutation[], from: string | null, to: string | null): void {
  if (from === to) return;
  if (from !== null) mutations.push({ kind: 'count', of: 'counts', counter: from, by: -1 });
  if (to !== null) mutations.push({ kind: 'count', of: 'counts', counter: to, by: 1 });
}

function planMeters(mutations: Mutation[], before: IndexEntry | null, next: IndexEntry | null): void {
  const rates = ratesMoved(before, next);
  for (const [counter, by] of rates) if (by !== 0) mutations.push({ kind: 'count', of: 'rates', counter, by });
  const from = meterIn(before);
  const to = meterIn(next);
  if (from.meter === to.meter && from.rate === to.rate && from.owner === to.owner && from.product === to.product)
    return;
  if (from.meter !== '' || to.meter !== '') mutations.push({ kind: 'meter', from, to });
}

/** It is set, not counted, so that what an older version left out or behind is put right by the next write. */
function planCommitment(mutations: Mutation[], before: IndexEntry | null, next: IndexEntry | null): void {
  const [from, to] = [before?.commitment ?? null, next?.commitment ?? null];
  const isSameOwner = before?.owner === next?.owner;
  const isUnknown = before !== null && before.commitment === undefined;
  if (isSameOwner && from === to && !isUnknown) return;
  if (before !== null && (!isSameOwner || to === null) && (from !== null || isUnknown)) {
    mutations.push({ kind: 'commitment', owner: before.owner, commitment: null });
  }
  if (next !== null && to !== null) mutations.push({ kind: 'commitment', owner: next.owner, commitment: to });
}

/** What a write begins, makes dearer or prolongs for an owner, if anything: that is held against the cap. */
export function addedCommitment(
  before: IndexEntry | null,
  { owner, commitment = null, deadlines, endsMs = null }: IndexEntry,
): (EndingCommitment & { readonly owner: string }) | null {
  if (commitment === null) return null;
  const held = before?.owner === owner ? (before.commitment ?? null) : null;
  const isDearer =
    held !== commitment && (commitment === 'unpriced' || held === 'unpriced' || commitment > (held ?? 0));
  const isAdded = before === null || held === null || isDearer || isLater(endsMs, endOf(before));
  // The end counts only while it is looked after, as it does beside others.
  return isAdded ? { owner, commitment, endsMs: deadlines.lifetimeEndsAt ?? null } : null;
}

/** By the record, which no status hides. An older version kept the end only while it was looked after: without it any is later. */
function endOf({ endsMs, deadlines }: IndexEntry): number | null {
  return endsMs === undefined ? (deadlines.lifetimeEndsAt ?? 0) : endsMs;
}

/** @param endsMs epoch milliseconds; null for no end, which is later than any */
function isLater(endsMs: number | null, beforeMs: number | null): boolean {
  return beforeMs !== null && (endsMs === null || endsMs > beforeMs);
}

function meterIn(entry: IndexEntry | null): Meter & MeterTags {
  const { meter, rate, owner, product } = entry ?? NO_METER;
  return { meter, rate, owner, product };
}

function ratesMoved(before: IndexEntry | null, next: IndexEntry | null): ReadonlyMap<string, number> {
  const added: ReadonlyMap<string, number> = next === null ? new Map() : ratesOf(next);
  if (before === null) return added;
  const sums = new Map(added);
  for (const [counter, amount] of ratesOf(before)) sums.set(counter, (sums.get(counter) ?? 0) - amount);
  return sums;
}

function planAudit(
  mutations: Mutation[],
  before: IndexEntry | null,
  after: PreparedRecord | null,
  act: WriteAct,
  at: Timestamp,
): void {
  if (after === null) {
    mutations.push({ kind: 'end-of-audit' });
    return;
  }
  const entries = auditEntries(before, after, act, at);
  if (entries.length > 0) mutations.push({ kind: 'audit', entries });
}

function auditEntries(
  before: IndexEntry | null,
  { record, entry }: PreparedRecord,
  act: WriteAct,
  at: Timestamp,
): readonly AuditEntry[] {
  switch (act.kind) {
    case 'insert':
      return entriesOfInsert(record, at);
    case 'write':
      return before === null
        ? []
        : [
            ...entriesOfHold(isHeld(before), record),
            ...entriesOfWrite(before, entry, accountOf(record, act.basis, act.options), at),
          ];
    case 'restore':
      return [restoredEntry(at)];
    case 'import':
    case 'remove':
      return [];
  }
}

function planEvents(
  mutations: Mutation[],
  before: IndexEntry | null,
  after: PreparedRecord | null,
  act: WriteAct,
): void {
  if (after === null) {
    if (act.kind === 'remove') {
      mutations.push({ kind: 'event', type: 'instance.removed', revision: act.revision });
    }
    return;
  }
  const { revision } = after.record;
  for (const type of eventTypes(before, after, act)) mutations.push({ kind: 'event', type, revision });
}

function eventTypes(before: IndexEntry | null, { record }: PreparedRecord, act: WriteAct): readonly ChangeType[] {
  if (act.kind === 'restore') return ['instance.updated'];
  if (before === null) return [changeOfInsert(record)];
  return withHoldChange(changesOfWrite(before.status, record), isHeld(before), record);
}

/** The deadline stands in the entry exactly while a hold is under way. */
const isHeld = ({ deadlines }: IndexEntry): boolean => deadlines.holdUntil !== undefined;

/** The beginning or end of a hold has an entry of its own: instead of `instance.updated`, or after the new status. */
export function withHoldChange(
  changes: readonly ChangeType[],
  wasHeld: boolean,
  record: Pick<InstanceRecord, 'stopHold'>,
): readonly ChangeType[] {
  const hold = changedHold(record, wasHeld);
  if (hold === null) return changes;
  const change = hold.ended === null ? 'instance.stop_pending' : 'instance.stop_hold_ended';
  return [...changes.filter((type) => type !== 'instance.updated'), change];
}

/**
 * The feed's name for a write that changed the status to this one. The two statuses of making the machine have none.
 */
const REACHED: Record<InstanceStatus, ChangeType> = {
  creating: 'instance.updated',
  created: 'instance.updated',
  starting: 'instance.starting',
  running: 'instance.running',
  health_checking: 'instance.health_checking',
  ready: 'instance.ready',
  stopping: 'instance.stopping',
  stopped: 'instance.stopped',
  restarting: 'instance.restarting',
  migrating: 'instance.migrating',
  deleting: 'instance.deleting',
  terminated: 'instance.terminated',
  failed: 'instance.failed',
};

/** Where a migration leads to when it succeeds. */
const AFTER_MIGRATION: ReadonlySet<InstanceStatus> = new Set(['starting', 'running', 'health_checking', 'ready']);

/**
 * The entries of one write, in order: the second one, if any, says what the change of status means beyond the first.
 */
export function changesOfWrite(
  before: InstanceStatus,
  { status, desired, migration, timestamps }: Pick<InstanceRecord, 'status' | 'desired' | 'migration' | 'timestamps'>,
): readonly ChangeType[] {
  if (status === before) return ['instance.updated'];
  const reached = REACHED[status];
  if (status === 'stopped' && desired.by === 'auto-stop') return [reached, 'instance.auto_stopped'];
  if (status === 'stopped' && desired.by === 'spend-limit') return [reached, 'instance.stopped_by_spend_limit'];
  // A migration of ours ends when the instance is ready; one that Novita makes by itself, when it is on its new machine.
  if (migration?.state === 'starting') return [reached];
  const isReadyAgain = status === 'ready' && timestamps.ready !== undefined && timestamps.migrated === timestamps.ready;
  if (isReadyAgain) return [reached, 'instance.migrated'];
  if (before === 'migrating' && AFTER_MIGRATION.has(status)) return [reached, 'instance.migrated'];
  return [reached];
}

export function changeOfInsert({ origin }: Pick<InstanceRecord, 'origin'>): ChangeType {
  return origin === 'discovered' ? 'instance.orphan_detected' : 'instance.created';
}
