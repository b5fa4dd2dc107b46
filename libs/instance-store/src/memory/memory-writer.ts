import { type LockHold, LockLostError } from '@app/redis';
import { Logger } from '@nestjs/common';
import { overCap } from '../plan/commitment.js';
import { withCost } from '../plan/cost.js';
import { type IndexEntry, type PreparedRecord, prepareRecord } from '../plan/prepared-record.js';
import {
  addedCommitment,
  claimsOf,
  isOutdated,
  type LookUpTable,
  type Mutation,
  planWrite,
  type WriteAct,
  type WritePlan,
} from '../plan/write-plan.js';
import type { UnderCap, UnderLock, WriteBasis, WriteOptions, WriteResult } from '../ports/instance-records.port.js';
import { IdentityTakenError } from '../ports/store-errors.js';
import type { InstanceId } from '../record/identity.js';
import type { InstanceRecord, StoredInstance } from '../record/instance.js';
import type { MemorySpendMeter } from './memory-spend-meter.js';
import { type Held, type MemoryStoreState, storedOf } from './memory-state.js';

/** The locks of this process. */
export interface KnownLocks {
  holds(hold: LockHold): boolean;
}

const NEVER_USED = { lastUsedAt: null, lastUsedBy: null, warnedMs: null } as const;

/** Carries out the same plans as the scripts in Redis, each without a pause in between. */
export class MemoryWriter {
  private readonly logger = new Logger('InstanceStore');

  /** @param locks without them no write can be made under one */
  constructor(
    private readonly state: MemoryStoreState,
    private readonly meter: MemorySpendMeter,
    private readonly locks: KnownLocks | undefined,
  ) {}

  write(next: InstanceRecord, basis: WriteBasis, options: WriteOptions): WriteResult {
    this.refuseLostLock(options);
    const { id } = next;
    const old = this.state.held.get(id);
    const prepared = this.prepared(withCost({ ...next, revision: next.revision + 1 }, this.state.clock.now()));
    if (old === undefined) return { outcome: 'missing' };
    if (isOutdated(basis, old.entry)) return { outcome: 'outdated-observation', current: storedOf(old) };
    if (old.record.revision !== next.revision) return { outcome: 'stale', current: storedOf(old) };
    const act: WriteAct = { kind: 'write', basis, options };
    const plan = planWrite(id, old.entry, prepared, act, this.state.clock.timestamp());
    const taken = this.holderOf(plan);
    if (taken !== null) {
      throw new IdentityTakenError(taken.table === 'by-marker' ? 'marker' : 'novitaInstanceId', taken.id);
    }
    this.refuseOverCap(old.entry, prepared, options);
    return { outcome: 'written', stored: this.apply(plan, prepared) };
  }

  /** @throws OverCapError */
  refuseOverCap(before: IndexEntry | null, { record, entry }: PreparedRecord, under: UnderCap): void {
    if (under.capUsdPerHour === undefined && under.capOfDay === undefined) return;
    const added = addedCommitment(before, entry);
    if (added === null) return;
    const { tables } = this.state;
    const others = [...tables.commitmentsOf(added.owner)].filter(([id]) => id !== record.id);
    const error = overCap(
      added,
      others.map(([, other]) => other),
      under,
    );
    if (error !== null) throw error;
  }

  /** Another record that has a name which the plan gives to its own. */
  holderOf(plan: WritePlan): { readonly table: LookUpTable; readonly id: InstanceId } | null {
    for (const { table, name } of claimsOf(plan)) {
      const id = this.state.tables.lookUp(table, name);
      if (id !== undefined && id !== plan.id) return { table, id };
    }
    return null;
  }

  apply(plan: WritePlan, { record, entry, idle }: PreparedRecord): StoredInstance {
    const old = this.state.held.get(plan.id) ?? NEVER_USED;
    this.state.held.set(plan.id, { ...old, record, entry, idle });
    this.carryOut(plan);
    return this.state.stored([plan.id])[0] ?? { record, lastUsedAt: null };
  }

  carryOut({ id, after, mutations }: WritePlan): void {
    for (const mutation of mutations) this.mutate(id, after?.record ?? null, mutation);
  }

  private mutate(id: InstanceId, record: InstanceRecord | null, mutation: Mutation): void {
    const { tables } = this.state;
    switch (mutation.kind) {
      case 'look-up':
        tables.setLookUp(mutation.table, mutation.name, mutation.isKept ? id : null);
        return;
      case 'member':
        tables.setMember(mutation.list, mutation.member, mutation.isKept);
        return;
      case 'deadline':
        tables.deadlinesOf(mutation.deadline).set(id, mutation.at);
        return;
      case 'idle-deadline':
        this.state.placeIdle(id);
        return;
      case 'digest':
        if (mutation.digest === null) tables.digests.delete(mutation.novitaId);
        else tables.digests.set(mutation.novitaId, mutation.digest);
        return;
      case 'count':
        tables[mutation.of].add(mutation.counter, mutation.by);
        return;
      case 'meter':
        this.meter.move(id, mutation.to, this.state.clock.now());
        return;
      case 'commitment':
        tables.commit(mutation.owner, id, mutation.commitment);
        return;
      case 'audit':
        tables.enter(id, mutation.entries);
        return;
      case 'end-of-audit':
        tables.endAuditLog(id);
        return;
      case 'last-use':
        this.changeHeld(id, { lastUsedAt: mutation.at });
        this.state.feed.uses.note(id, mutation.at);
        return;
      case 'event':
        this.state.feed.emitChange(mutation.type, id, mutation.revision, record);
    }
  }

  private changeHeld(id: InstanceId, change: Partial<Held>): void {
    const held = this.state.held.get(id);
    if (held !== undefined) this.state.held.set(id, { ...held, ...change });
  }

  prepared(next: InstanceRecord): PreparedRecord {
    const prepared = prepareRecord(next, this.state.rules);
    for (const warning of prepared.warnings) this.logger.warn(`instance ${next.id}: ${warning}`);
    return prepared;
  }

  refuseLostLock({ hold }: Partial<UnderLock>): void {
    if (hold === undefined) return;
    if (this.locks === undefined) throw new Error('this store knows no locks, so nothing is written under one');
    if (!this.locks.holds(hold)) throw new LockLostError(hold.name);
  }
}
