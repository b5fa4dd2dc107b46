import { type Clock, msFromTimestamp } from '@app/platform';
import { type LockHold, LockLostError } from '@app/redis';
import { Logger } from '@nestjs/common';
import { changeOfInsert, changesOfWrite } from '../change-type.js';
import type { IdleRules } from '../idle/idle-clock.js';
import { idleStateOf, msOrBefore } from '../idle/idle-state.js';
import type { InstanceRecord, StoredInstance } from '../instance.js';
import type { InstanceId } from '../instance-id.js';
import {
  IdentityTakenError,
  type IdleClaim,
  type IdleClaimResult,
  type InsertResult,
  type NewInstanceRecord,
  type UnderLock,
  type WriteBasis,
  type WriteOptions,
  type WriteResult,
} from '../instance-store.port.js';
import { accountOf, entriesOfInsert, entriesOfWrite } from '../ledger/write-account.js';
import { type IndexEntry, indexEntryOf } from '../listing/index-entry.js';
import { prepareRecord } from '../record/prepare-record.js';
import type { MemoryChangeFeed } from './memory-change-feed.js';
import { type Held, type MemoryFleet, NEVER_USED, storedOf } from './memory-fleet.js';
import type { MemoryLedger } from './memory-ledger.js';
import type { MemorySpendMeters } from './memory-spend-meters.js';

export interface MemoryWriterOptions {
  /** The locks of this process; without them no write can be made under one. */
  readonly locks: { holds(hold: LockHold): boolean } | undefined;
  readonly rules: IdleRules;
  readonly confirmPatienceMs: number;
}

/** Writes one record, with all that follows from it, without a pause in between. */
export class MemoryRecordWriter {
  private readonly logger = new Logger('InstanceStore');

  constructor(
    private readonly fleet: MemoryFleet,
    private readonly feed: MemoryChangeFeed,
    private readonly ledgers: MemoryLedger,
    private readonly meters: MemorySpendMeters,
    private readonly clock: Clock,
    private readonly options: MemoryWriterOptions,
  ) {}

  insert(record: NewInstanceRecord): InsertResult {
    const result = this.import(record, '');
    if (result.outcome === 'inserted') {
      this.ledgers.enter(record.id, entriesOfInsert(result.stored.record, this.clock.timestamp()));
    }
    return result;
  }

  /** As `insert`, but begins no ledger. */
  import(record: NewInstanceRecord, picture: string): InsertResult {
    const next = { ...this.prepare({ ...record, revision: 1 }), ...NEVER_USED };
    const { indexes } = this.fleet;
    const holder =
      this.fleet.of(record.id) ??
      this.fleet.of(indexes.byMarker(next.entry.marker)) ??
      this.fleet.of(indexes.byNovitaId(next.entry.novitaId));
    if (holder !== undefined) return { outcome: 'exists', current: storedOf(holder) };
    this.fleet.hold(next);
    indexes.add(record.id, next.entry, picture);
    this.meters.move(record.id, null, next.entry, this.clock.now());
    this.feed.announce(changeOfInsert(record), record.id, 1, next.record);
    return { outcome: 'inserted', stored: storedOf(next) };
  }

  /** @throws IdentityTakenError, LockLostError */
  write(next: InstanceRecord, basis: WriteBasis, options: WriteOptions): WriteResult {
    this.refuseLostLock(options);
    const { id } = next;
    const old = this.fleet.of(id);
    const prepared = this.prepare({ ...next, revision: next.revision + 1 });
    if (old === undefined) return { outcome: 'missing' };
    if (basis.kind === 'observation' && msFromTimestamp(basis.observedAt) < old.entry.desiredMs) {
      return { outcome: 'outdated-observation', current: storedOf(old) };
    }
    if (old.record.revision !== next.revision) return { outcome: 'stale', current: storedOf(old) };
    this.refuseTakenIdentity(id, prepared.entry);

    const written = { ...old, ...prepared };
    this.fleet.hold(written);
    this.fleet.indexes.remove(id, old.entry);
    this.fleet.indexes.add(id, written.entry, options.picture ?? '');
    this.meters.move(id, old.entry, written.entry, this.clock.now());
    const account = accountOf(written.record, basis, options);
    this.ledgers.enter(id, entriesOfWrite(old.entry, written.entry, account, this.clock.timestamp()));
    for (const type of changesOfWrite(old.record.status, written.record)) {
      this.feed.announce(type, id, written.record.revision, written.record);
    }
    return { outcome: 'written', stored: storedOf(written) };
  }

  /** @throws IdentityTakenError */
  claimIdle(next: InstanceRecord, { lastUsedAt, reason }: IdleClaim): IdleClaimResult {
    const held = this.fleet.of(next.id);
    if (held?.record.revision === next.revision && msOrBefore(held.lastUsedAt) > msOrBefore(lastUsedAt)) {
      return { outcome: 'used-meanwhile', current: storedOf(held) };
    }
    const result = this.write(next, { kind: 'command' }, { reason });
    if (result.outcome === 'written') return { outcome: 'claimed', stored: result.stored };
    if (result.outcome === 'missing') return result;
    return { outcome: 'stale', current: result.current };
  }

  /** @throws LockLostError */
  remove(id: InstanceId, revision: number, options: Partial<UnderLock>): 'removed' | 'stale' | 'missing' {
    this.refuseLostLock(options);
    const old = this.fleet.of(id);
    if (old === undefined) return 'missing';
    if (old.record.revision !== revision) return 'stale';
    this.fleet.drop(old);
    this.meters.move(id, old.entry, null, this.clock.now());
    this.ledgers.remove(id);
    this.feed.announce('instance.removed', id, revision, null);
    return 'removed';
  }

  restore({ record, lastUsedAt }: StoredInstance): boolean {
    const { id, revision } = record;
    const old = this.fleet.of(id);
    if (old !== undefined && old.record.revision >= revision) return false;
    const prepared = this.prepare(record);
    try {
      this.refuseTakenIdentity(id, prepared.entry);
    } catch (error) {
      if (error instanceof IdentityTakenError) return false;
      throw error;
    }
    const before = old ?? NEVER_USED;
    const latest = msOrBefore(lastUsedAt) > msOrBefore(before.lastUsedAt) ? lastUsedAt : before.lastUsedAt;
    this.fleet.hold({ ...before, ...prepared, lastUsedAt: latest });
    if (old !== undefined) this.fleet.indexes.remove(id, old.entry);
    this.fleet.indexes.add(id, prepared.entry, '');
    this.meters.move(id, old?.entry ?? null, prepared.entry, this.clock.now());
    this.feed.announce('instance.updated', id, revision, prepared.record);
    return true;
  }

  refuseLostLock({ hold }: Partial<UnderLock>): void {
    if (hold === undefined) return;
    const { locks } = this.options;
    if (locks === undefined) throw new Error('this store knows no locks, so nothing is written under one');
    if (!locks.holds(hold)) throw new LockLostError(hold.name);
  }

  private prepare(next: InstanceRecord): Pick<Held, 'record' | 'entry' | 'idle'> {
    const { record, warnings } = prepareRecord(next);
    for (const warning of warnings) this.logger.warn(`instance ${next.id}: ${warning}`);
    const { rules, confirmPatienceMs } = this.options;
    return { record, entry: indexEntryOf(record, confirmPatienceMs), idle: idleStateOf(record, rules) };
  }

  private refuseTakenIdentity(id: InstanceId, { marker, novitaId }: IndexEntry): void {
    const { indexes } = this.fleet;
    const markerHolder = indexes.byMarker(marker);
    if (markerHolder !== undefined && markerHolder !== id) throw new IdentityTakenError('marker', markerHolder);
    const novitaHolder = indexes.byNovitaId(novitaId);
    if (novitaHolder !== undefined && novitaHolder !== id) {
      throw new IdentityTakenError('novitaInstanceId', novitaHolder);
    }
  }
}
