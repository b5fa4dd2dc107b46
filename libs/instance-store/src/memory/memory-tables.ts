import { AUDIT_LOG_LENGTH, boundedEntry } from '../plan/audit-lines.js';
import type { Commitment, EndingCommitment } from '../plan/commitment.js';
import { idOfMember, msDigits } from '../plan/prepared-record.js';
import type { LookUpTable, MemberList } from '../plan/write-plan.js';
import type { AuditEntry } from '../ports/audit-log.port.js';
import type { InstanceId } from '../record/identity.js';
import { DEADLINE_KINDS, type DeadlineKind } from '../record/instance.js';
import { SortedMembers } from './sorted-members.js';

/** The tables of a process without Redis beside the records: the counterpart of the store's keys. */
export class MemoryTables {
  private readonly lookUps: Readonly<Record<LookUpTable, Map<string, InstanceId>>> = {
    'by-marker': new Map(),
    'by-novita-id': new Map(),
  };
  private readonly members: Readonly<Record<MemberList, SortedMembers>> = {
    'by-created:all': new SortedMembers(),
    'by-name:all': new SortedMembers(),
  };
  private readonly deadlines = new Map<DeadlineKind, Deadlines>(DEADLINE_KINDS.map((kind) => [kind, new Deadlines()]));
  /** The oldest first. */
  private readonly auditLogs = new Map<InstanceId, AuditEntry[]>();
  readonly counts = new Counters();
  readonly rates = new Counters();
  /** By owner: what each of its instances commits it to. */
  private readonly commitments = new Map<string, Map<InstanceId, Exclude<Commitment, null>>>();
  /** Listing digests by the provider's id of a live record; empty when it is not known. */
  readonly digests = new Map<string, string>();

  lookUp(table: LookUpTable, name: string): InstanceId | undefined {
    return this.lookUps[table].get(name.toWellFormed());
  }

  setLookUp(table: LookUpTable, name: string, id: InstanceId | null): void {
    if (id === null) this.lookUps[table].delete(name);
    else this.lookUps[table].set(name, id);
  }

  setMember(list: MemberList, member: string, isKept: boolean): void {
    if (isKept) this.members[list].add(member);
    else this.members[list].delete(member);
  }

  /** Members after that one; null for the first ones. */
  created(after: string | null, limit: number): string[] {
    return this.members['by-created:all'].range({ prefix: '', after, limit });
  }

  idsOfName(name: string, limit: number): InstanceId[] {
    const prefix = `${name.toWellFormed()}\0`;
    return this.members['by-name:all'].range({ prefix, after: null, limit }).map(idOfMember);
  }

  deadlinesOf(kind: DeadlineKind): Deadlines {
    const deadlines = this.deadlines.get(kind);
    if (deadlines === undefined) throw new Error(`there is no deadline ${kind}`);
    return deadlines;
  }

  /** @param entries the oldest first */
  enter(id: InstanceId, entries: readonly AuditEntry[]): void {
    const held = this.auditLogs.get(id) ?? [];
    held.push(...entries.map(boundedEntry));
    held.splice(0, held.length - AUDIT_LOG_LENGTH);
    this.auditLogs.set(id, held);
  }

  commit(owner: string, id: InstanceId, commitment: Commitment): void {
    const own = this.commitments.get(owner) ?? new Map<InstanceId, Exclude<Commitment, null>>();
    if (commitment === null) own.delete(id);
    else own.set(id, commitment);
    if (own.size === 0) this.commitments.delete(owner);
    else this.commitments.set(owner, own);
  }

  commitmentsOf(owner: string): ReadonlyMap<InstanceId, EndingCommitment> {
    const ends = this.deadlinesOf('lifetimeEndsAt');
    const own = [...(this.commitments.get(owner) ?? [])];
    return new Map(own.map(([id, commitment]) => [id, { commitment, endsMs: ends.of(id) ?? null }]));
  }

  endAuditLog(id: InstanceId): void {
    this.auditLogs.delete(id);
  }

  /** The latest first. */
  auditLog(id: InstanceId, limit: number): AuditEntry[] {
    return (this.auditLogs.get(id) ?? []).toReversed().slice(0, Math.max(0, limit));
  }
}

/** Ids by deadline. */
class Deadlines {
  private readonly members = new SortedMembers();
  private readonly at = new Map<InstanceId, number>();

  /** @param epochMs null takes it out */
  set(id: InstanceId, epochMs: number | null): void {
    const before = this.at.get(id);
    if (before !== undefined) this.members.delete(deadlineMember(before, id));
    if (epochMs === null) {
      this.at.delete(id);
      return;
    }
    this.members.add(deadlineMember(epochMs, id));
    this.at.set(id, epochMs);
  }

  /** Moves a deadline that there is forward, never back. */
  postpone(id: InstanceId, toMs: number): void {
    const before = this.at.get(id);
    if (before !== undefined && before < toMs) this.set(id, toMs);
  }

  of(id: InstanceId): number | undefined {
    return this.at.get(id);
  }

  due(nowMs: number, limit: number, skip: number): InstanceId[] {
    return this.members
      .before(msDigits(nowMs + 1), skip + limit)
      .slice(skip)
      .map(idOfMember);
  }

  count(nowMs: number): number {
    return this.members.countBefore(msDigits(nowMs + 1));
  }
}

/** Sums by name; one that comes to nothing is not kept. */
class Counters {
  private readonly sums = new Map<string, number>();

  add(counter: string, by: number): void {
    const sum = this.of(counter) + by;
    if (sum === 0) this.sums.delete(counter);
    else this.sums.set(counter, sum);
  }

  of(counter: string): number {
    return this.sums.get(counter) ?? 0;
  }

  entries(): Iterable<[counter: string, sum: number]> {
    return this.sums.entries();
  }
}

function deadlineMember(epochMs: number, id: InstanceId): string {
  return `${msDigits(epochMs)}${id}`;
}
