import { DEADLINE_KINDS, type DeadlineKind, INDEXED_DEADLINE_KINDS } from '../instance.js';
import type { InstanceId } from '../instance-id.js';
import type { InstanceStatus } from '../instance-status.js';
import { compareBytes } from '../listing/byte-order.js';
import {
  createdMember,
  type IndexEntry,
  idOfMember,
  msDigits,
  nameMember,
  picturedId,
  scopesOf,
} from '../listing/index-entry.js';
import type { ListOrder } from '../listing/list-plan.js';
import { type MemberRange, SortedMembers } from './sorted-members.js';

const NOTHING = new SortedMembers();

/** Everything by which records are found other than their id; the counterpart of the indexes that the scripts keep. */
export class MemoryIndexes {
  private readonly places = new Map<string, SortedMembers>();
  private readonly markers = new Map<string, InstanceId>();
  private readonly novitaIds = new Map<string, InstanceId>();
  private readonly deadlines = new Map<DeadlineKind, SortedMembers>(
    DEADLINE_KINDS.map((kind) => [kind, new SortedMembers()]),
  );
  private readonly idleDue = new Map<InstanceId, number>();
  private readonly counts = new Map<InstanceStatus, number>();
  private discovered = 0;
  private readonly picturesByNovitaId = new Map<string, string>();

  /** @param picture empty when it is unknown */
  add(id: InstanceId, entry: IndexEntry, picture: string): void {
    for (const [key, member] of placesOf(id, entry)) {
      const members = this.places.get(key) ?? new SortedMembers();
      members.add(member);
      this.places.set(key, members);
    }
    if (entry.marker !== '') this.markers.set(entry.marker, id);
    if (entry.novitaId !== '') this.novitaIds.set(entry.novitaId, id);
    for (const [kind, member] of deadlinesOf(id, entry)) this.deadlines.get(kind)?.add(member);
    this.counts.set(entry.status, this.count(entry.status) + 1);
    if (entry.discovered) this.discovered += 1;
    this.notePicture(entry, picture);
  }

  remove(id: InstanceId, entry: IndexEntry): void {
    for (const [key, member] of placesOf(id, entry)) {
      const members = this.places.get(key);
      members?.delete(member);
      if (members?.size === 0) this.places.delete(key);
    }
    if (entry.marker !== '') this.markers.delete(entry.marker);
    if (entry.novitaId !== '') this.novitaIds.delete(entry.novitaId);
    for (const [kind, member] of deadlinesOf(id, entry)) this.deadlines.get(kind)?.delete(member);
    this.counts.set(entry.status, this.count(entry.status) - 1);
    if (entry.discovered) this.discovered -= 1;
    const pictured = picturedId(entry);
    if (pictured !== null) this.picturesByNovitaId.delete(pictured);
  }

  /** Passes over what is gone or has no provider's id. */
  notePicture(entry: IndexEntry, picture: string): void {
    const pictured = picturedId(entry);
    if (pictured !== null) this.picturesByNovitaId.set(pictured, picture);
  }

  pictureOf(novitaId: string): string | undefined {
    return this.picturesByNovitaId.get(novitaId.toWellFormed());
  }

  get pictureCount(): number {
    return this.picturesByNovitaId.size;
  }

  picturedIds(): string[] {
    return [...this.picturesByNovitaId.keys()];
  }

  byMarker(marker: string): InstanceId | undefined {
    return this.markers.get(marker.toWellFormed());
  }

  byNovitaId(novitaId: string): InstanceId | undefined {
    return this.novitaIds.get(novitaId.toWellFormed());
  }

  byName(name: string, limit: number): InstanceId[] {
    const prefix = `${name.toWellFormed()}\0`;
    return this.walk('name', ['all'], { prefix, after: null, descending: false, limit }).map(idOfMember);
  }

  /** @param dueMs null when idleness does not count, or when the record ends */
  moveIdle(id: InstanceId, dueMs: number | null): void {
    const members = this.deadlines.get('autoStopAt');
    const before = this.idleDue.get(id);
    if (before !== undefined) members?.delete(deadlineMember(before, id));
    if (dueMs === null) {
      this.idleDue.delete(id);
    } else {
      members?.add(deadlineMember(dueMs, id));
      this.idleDue.set(id, dueMs);
    }
  }

  /** Moves a deadline that there is forward, never back. */
  putOffIdle(id: InstanceId, toMs: number): void {
    const before = this.idleDue.get(id);
    if (before !== undefined && before < toMs) this.moveIdle(id, toMs);
  }

  due(kind: DeadlineKind, nowMs: number, limit: number, skip: number): InstanceId[] {
    const members = (this.deadlines.get(kind) ?? NOTHING).before(msDigits(nowMs + 1), skip + limit);
    return members.slice(skip).map(idOfMember);
  }

  dueCount(kind: DeadlineKind, nowMs: number): number {
    return (this.deadlines.get(kind) ?? NOTHING).countBefore(msDigits(nowMs + 1));
  }

  count(status: InstanceStatus): number {
    return this.counts.get(status) ?? 0;
  }

  get discoveredCount(): number {
    return this.discovered;
  }

  countNames(scopes: readonly string[], prefix: string): number {
    return scopes.reduce((sum, scope) => sum + this.at('name', scope).countPrefix(prefix), 0);
  }

  /** Members of several disjoint scopes as one, in order. */
  walk(order: ListOrder, scopes: readonly string[], range: MemberRange): string[] {
    const members = scopes.flatMap((scope) => this.at(order, scope).range(range));
    if (scopes.length > 1) {
      members.sort((a, b) => (range.descending ? compareBytes(b, a) : compareBytes(a, b)));
    }
    return members.slice(0, range.limit);
  }

  private at(order: ListOrder, scope: string): SortedMembers {
    return this.places.get(`${order} ${scope}`) ?? NOTHING;
  }
}

function placesOf(id: InstanceId, entry: IndexEntry): [key: string, member: string][] {
  return scopesOf(entry).flatMap((scope) => [
    [`created ${scope}`, createdMember(entry, id)],
    [`name ${scope}`, nameMember(entry, id)],
  ]);
}

function deadlinesOf(id: InstanceId, entry: IndexEntry): [kind: DeadlineKind, member: string][] {
  return INDEXED_DEADLINE_KINDS.flatMap((kind) => {
    const at = entry.deadlines[kind];
    return at === undefined ? [] : [[kind, deadlineMember(at, id)]];
  });
}

function deadlineMember(epochMs: number, id: InstanceId): string {
  return `${msDigits(epochMs)}${id}`;
}
