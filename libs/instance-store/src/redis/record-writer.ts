import { type Clock, msFromTimestamp } from '@app/platform';
import { LockLostError } from '@app/redis';
import { refuseLargeBatch } from '../batch-limit.js';
import { announcementOf, changeOfInsert } from '../change-type.js';
import type { IdleRules } from '../idle/idle-clock.js';
import { idleStateOf, idleStateText, msOrBefore } from '../idle/idle-state.js';
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
import { ledgerLine } from '../ledger/ledger-line.js';
import { accountOf, entriesOfInsert } from '../ledger/write-account.js';
import { indexEntryOf } from '../listing/index-entry.js';
import { type PreparedRecord, prepareRecord } from '../record/prepare-record.js';
import { lockArguments } from './lock-arguments.js';
import type { RecordReader } from './record-reader.js';
import { newVersion, type RecordVersion } from './record-version.js';
import type { ScriptRunner } from './redis-script.js';
import type { RememberedRecords } from './remembered-records.js';
import { INSERT } from './scripts/insert.lua.js';
import { REMOVE } from './scripts/remove.lua.js';
import { RESTORE } from './scripts/restore.lua.js';
import { WRITE } from './scripts/write.lua.js';
import { orUnknownOutcome } from './write-outcome.js';

type WriteOutcome = WriteResult | { readonly outcome: 'used-meanwhile'; readonly current: StoredInstance };

/** Writes one record, with all that follows from it, in one script each. */
export class RecordWriter {
  constructor(
    private readonly scripts: ScriptRunner,
    private readonly remembered: RememberedRecords,
    private readonly reader: RecordReader,
    private readonly clock: Clock,
    private readonly options: {
      readonly feedLimit: number;
      readonly rules: IdleRules;
      readonly confirmPatienceMs: number;
    },
  ) {}

  async insert(record: NewInstanceRecord): Promise<InsertResult> {
    const prepared = this.prepare({ ...record, revision: 1 });
    const version = newVersion(1);
    const at = this.clock.timestamp();
    const reply = (await orUnknownOutcome(
      record.id,
      this.scripts.run(INSERT, [
        record.id,
        version,
        prepared.json,
        this.indexOf(prepared),
        changeOfInsert(prepared.record),
        this.options.feedLimit,
        at,
        this.stateOf(prepared),
        this.clock.now(),
        ...entriesOfInsert(prepared.record, at).map(ledgerLine),
      ]),
    )) as ['inserted'] | ['exists', InstanceId, RecordVersion, string | null, string];
    // Our own version stands there when the answer to the first try was lost and the command was sent again.
    if (reply[0] === 'inserted' || reply[2] === version) {
      return { outcome: 'inserted', stored: this.written(prepared, version, null) };
    }
    const [outcome, id, heldVersion, lastUsed, doc] = reply;
    return { outcome, current: this.reader.read({ id, version: heldVersion, lastUsed, doc }) };
  }

  /** @throws IdentityTakenError, LockLostError */
  async write(next: InstanceRecord, basis: WriteBasis, options: WriteOptions): Promise<WriteResult> {
    const result = await this.run(next, basis, options, '');
    // Only a write that rests on the latest use can be refused for a later one.
    if (result.outcome === 'used-meanwhile') throw new Error('a write was refused for a use that it does not rest on');
    return result;
  }

  /** @throws IdentityTakenError */
  async claimIdle(next: InstanceRecord, { lastUsedAt, reason }: IdleClaim): Promise<IdleClaimResult> {
    const result = await this.run(next, { kind: 'command' }, { reason }, msOrBefore(lastUsedAt));
    switch (result.outcome) {
      case 'written':
        return { outcome: 'claimed', stored: result.stored };
      case 'outdated-observation':
        throw new Error('a claim was refused as an observation, which it is not');
      case 'stale':
      case 'used-meanwhile':
      case 'missing':
        return result;
    }
  }

  /** @throws LockLostError */
  async remove(
    id: InstanceId,
    revision: number,
    options: Partial<UnderLock>,
  ): Promise<'removed' | 'stale' | 'missing'> {
    const outcome = (await orUnknownOutcome(
      id,
      this.scripts.run(REMOVE, [
        id,
        revision,
        this.options.feedLimit,
        this.clock.timestamp(),
        ...lockArguments(options),
        this.clock.now(),
      ]),
    )) as 'removed' | 'stale' | 'missing' | 'lock-lost';
    if (outcome === 'lock-lost') throw new LockLostError(options.hold?.name ?? '');
    if (outcome === 'removed') this.remembered.forget(id);
    return outcome;
  }

  async restore(records: readonly StoredInstance[]): Promise<number> {
    refuseLargeBatch(records.length);
    if (records.length === 0) return 0;
    const args: (string | number)[] = [this.options.feedLimit, this.clock.timestamp(), this.clock.now()];
    for (const { record, lastUsedAt } of records) {
      const prepared = this.prepare(record);
      const used = lastUsedAt === null ? '' : msFromTimestamp(lastUsedAt);
      const [index, state] = [this.indexOf(prepared), this.stateOf(prepared)];
      args.push(record.id, newVersion(record.revision), prepared.json, index, state, used);
    }
    return (await this.scripts.run(RESTORE, args)) as number;
  }

  /** @param usedBefore the latest use that the write rests on; empty when it rests on none */
  private async run(
    next: InstanceRecord,
    basis: WriteBasis,
    options: WriteOptions,
    usedBefore: number | '',
  ): Promise<WriteOutcome> {
    const prepared = this.prepare({ ...next, revision: next.revision + 1 });
    const version = newVersion(prepared.record.revision);
    const account = accountOf(prepared.record, basis, options);
    const { reached, also } = announcementOf(prepared.record);
    const reply = (await orUnknownOutcome(
      next.id,
      this.scripts.run(WRITE, [
        next.id,
        next.revision,
        version,
        prepared.json,
        this.indexOf(prepared),
        basis.kind === 'observation' ? msFromTimestamp(basis.observedAt) : '',
        reached,
        also?.type ?? '',
        also?.from ?? '',
        this.options.feedLimit,
        this.clock.timestamp(),
        options.picture ?? '',
        ...lockArguments(options),
        this.stateOf(prepared),
        usedBefore,
        JSON.stringify(account.wishedBy),
        JSON.stringify(account.changedBy),
        JSON.stringify(account.reason),
        account.extra === null ? '' : ledgerLine(account.extra),
        this.clock.now(),
      ]),
    )) as WriteReply;
    if (reply[0] === 'lock-lost') throw new LockLostError(options.hold?.name ?? '');
    if (reply[0] === 'missing') return { outcome: 'missing' };
    if (reply[0] === 'written') return { outcome: 'written', stored: this.written(prepared, version, reply[1]) };
    if (reply[0] === 'taken') {
      throw new IdentityTakenError(reply[1] === 'marker' ? 'marker' : 'novitaInstanceId', reply[2]);
    }
    const [outcome, heldVersion, lastUsed, doc] = reply;
    return { outcome, current: this.reader.read({ id: next.id, version: heldVersion, lastUsed, doc }) };
  }

  private prepare(next: InstanceRecord): PreparedRecord {
    const prepared = prepareRecord(next);
    this.reader.warn(next.id, prepared.warnings);
    return prepared;
  }

  private indexOf({ record }: PreparedRecord): string {
    return JSON.stringify(indexEntryOf(record, this.options.confirmPatienceMs));
  }

  private stateOf({ record }: PreparedRecord): string {
    return idleStateText(idleStateOf(record, this.options.rules));
  }

  private written({ record, json }: PreparedRecord, version: RecordVersion, lastUsed: string | null) {
    return this.remembered.remember(record.id, version, record, json.length).usedAt(lastUsed);
  }
}

type WriteReply =
  | ['missing']
  | ['lock-lost']
  | ['written', string | null]
  | ['taken', 'marker' | 'novitaId', InstanceId]
  | ['stale' | 'used-meanwhile' | 'outdated-observation', RecordVersion, string | null, string];
