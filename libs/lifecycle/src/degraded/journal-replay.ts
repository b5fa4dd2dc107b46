import {
  type AuditEntry,
  AuditLog,
  CommandJournal,
  CorruptRecordError,
  type EndingEntry,
  IdleTracker,
  type InstanceId,
  InstanceRecords,
  isEnding,
  type JournalEntry,
  type JournalTarget,
  NewerRecordError,
  type StoredInstance,
  StoreUnavailableError,
  updateInstance,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import type { Timestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { LifecycleOptions } from '../reconcile/policy-source.js';
import { type EndingMerge, mergeEnding } from './merge-ending.js';

type LeaseEntry = Extract<JournalEntry, { kind: 'lease' | 'lease-end' }>;
/** `kept`: it stays in the journal. `lost`: so too, because no release can read a record of ours for it in the store. */
type Outcome = 'done' | 'kept' | 'lost';
/** What is wrong with the record of an instance. `newer`: only a later release can read it. */
type RecordTrouble = 'missing' | 'damaged' | 'newer';

const BATCH = 50;
/** As far back as an audit log goes. */
const AUDIT_LOG_LIMIT = 200;
const MAX_ROUNDS = 10;

/**
 * Brings what was taken while the store was away into the store. Safe to be cut off anywhere and to run again: what is
 * there already is not done twice, and what somebody has asked for since stays.
 */
@Injectable()
export class JournalReplay {
  private readonly logger = new Logger('JournalReplay');
  private readonly troubles = new Map<string, RecordTrouble>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly journal: CommandJournal,
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly audit: AuditLog,
    private readonly requests: ReconcileRequests,
    private readonly options: LifecycleOptions,
  ) {}

  /** Why a stop or delete could not be replayed last time; null when nothing is wrong with the record. */
  troubleOf(entryId: string): RecordTrouble | null {
    return this.troubles.get(entryId) ?? null;
  }

  /** Whether nobody can do it by way of the store: it has no record of ours that any release can read. */
  isLost(entryId: string): boolean {
    const trouble = this.troubleOf(entryId);
    return trouble === 'missing' || trouble === 'damaged';
  }

  /** @throws StoreUnavailableError, or the signal's reason, between two entries */
  async run(signal: AbortSignal): Promise<void> {
    const run = this.last.then(() => this.runAlone(signal));
    this.last = run.catch(() => undefined);
    await run;
  }

  private async runAlone(signal: AbortSignal): Promise<void> {
    const entries = this.journal.entries();
    for (const id of this.troubles.keys()) if (!this.journal.has(id)) this.troubles.delete(id);
    if (entries.length === 0) return;
    let done: string[] = [];
    const changed = new Set<InstanceId>();
    const settle = async (): Promise<void> => {
      await this.requests.now([...changed], { urgent: true });
      await this.journal.remove(done);
      changed.clear();
      done = [];
    };
    try {
      for (const entry of entries) {
        signal.throwIfAborted();
        if ((await this.replayed(entry, changed)) === 'done') done.push(entry.id);
        if (done.length >= BATCH) await settle();
      }
    } finally {
      if (done.length > 0) await settle();
    }
    const kept = this.journal.size;
    this.logger.log('the commands taken while Redis was away were brought into it', {
      commands: entries.length,
      kept,
    });
  }

  private async replayed(entry: JournalEntry, changed: Set<InstanceId>): Promise<Outcome> {
    try {
      const outcome = await this.replay(entry, await this.find(entry.target), changed);
      if (outcome === 'lost') this.troubles.set(entry.id, 'missing');
      else this.troubles.delete(entry.id);
      return outcome;
    } catch (error) {
      if (!(error instanceof CorruptRecordError)) return this.keptAfter(error, entry);
      try {
        return await this.replayUnread(entry, error);
      } catch (later) {
        return this.keptAfter(later, entry);
      }
    }
  }

  /** What can be done without the record. @throws the error, if that is nothing */
  private async replayUnread(entry: JournalEntry, error: CorruptRecordError): Promise<Outcome> {
    if (entry.kind === 'last-used') {
      // Uses stand beside the record. Without this one, whoever can read the record stops the instance as idle.
      const { outcome } = await this.idle.touch(entry.target.instanceId, entry.usedAt, entry.by);
      if (outcome === 'touched') return 'done';
    }
    if (!isEnding(entry)) throw error;
    if (error instanceof NewerRecordError) {
      // The later release may have taken a start since. A process of that release takes the journal over when this one ends.
      if (this.troubleOf(entry.id) !== 'newer') {
        this.logger.warn('a command of the journal waits for the later release that wrote the record', {
          instanceId: entry.target.instanceId,
          kind: entry.kind,
        });
      }
      this.troubles.set(entry.id, 'newer');
      return 'kept';
    }
    // The bill goes on, whatever became of the record: it is ended without one.
    this.troubles.set(entry.id, 'damaged');
    return 'lost';
  }

  private keptAfter(error: unknown, entry: JournalEntry): Outcome {
    if (error instanceof StoreUnavailableError) throw error;
    this.logger.warn('a command of the journal could not be replayed; it is tried again', {
      instanceId: entry.target.instanceId,
      kind: entry.kind,
      err: error,
    });
    return 'kept';
  }

  private async replay(entry: JournalEntry, stored: StoredInstance | null, changed: Set<InstanceId>): Promise<Outcome> {
    if (isEnding(entry)) return stored === null ? 'lost' : this.replayEnding(entry, stored.record.id, changed);
    if (stored === null) {
      this.logger.warn('a use or lease is dropped: Redis has no record of the instance any more', {
        instanceId: entry.target.instanceId,
        kind: entry.kind,
      });
      return 'done';
    }
    if (entry.kind === 'last-used') {
      await this.idle.touch(stored.record.id, entry.usedAt, entry.by);
      return 'done';
    }
    return this.replayLease(entry, stored.record.id);
  }

  /** The record, by whatever the store still knows it by. */
  private async find({ instanceId, novitaInstanceId, marker }: JournalTarget): Promise<StoredInstance | null> {
    const stored = await this.records.get(instanceId);
    if (stored !== null) return stored;
    const byNovitaId = novitaInstanceId === null ? [] : await this.records.getManyByNovitaId([novitaInstanceId]);
    return byNovitaId[0] ?? (marker === '' ? null : this.records.findByMarker(marker));
  }

  private async replayEnding(entry: EndingEntry, id: InstanceId, changed: Set<InstanceId>): Promise<Outcome> {
    const { policy } = this.options;
    let merge: EndingMerge = { kind: 'gone' };
    const result = await updateInstance(
      this.records,
      id,
      { kind: 'command' },
      (record) => {
        merge = mergeEnding(record, entry, policy);
        return merge.kind === 'applies' ? merge.record : record;
      },
      () => ({ reason: `${entry.kind} was asked for while Redis was away`, entry: lineOf(entry, 'carried out') }),
    );
    const outcome: EndingMerge['kind'] | 'missing' =
      result.outcome === 'missing' ? 'missing' : (merge as EndingMerge).kind;
    switch (outcome) {
      case 'applies':
        changed.add(id);
        return 'done';
      case 'is-so':
        // What it says may be of a worker that has only observed what was done about it, and may not have been asked for.
        changed.add(id);
        await this.enterOnce(id, lineOf(entry, 'it is desired already'));
        return 'done';
      case 'superseded':
        // It may have been carried out all the same, before anybody here knew of what is newer.
        changed.add(id);
        await this.enterOnce(id, lineOf(entry, 'something newer is desired'));
        return 'done';
      case 'started-again':
        changed.add(id);
        await this.enterOnce(
          id,
          lineOf(entry, `not carried out, as it was started again at ${entry.observed?.startedAgainAt}`),
        );
        return 'done';
      case 'gone':
        await this.enterOnce(id, lineOf(entry, 'the instance is gone'));
        return 'done';
      case 'busy':
        return 'kept';
      case 'missing':
      case 'not-ours':
        return 'lost';
    }
  }

  /** Of leases too the newest wins; when each was given stands in the audit log. */
  private async replayLease(entry: LeaseEntry, id: InstanceId): Promise<Outcome> {
    if (entry.kind === 'lease-end') {
      // The idle time begins with the end of the lease, and the record without it does not know that end any more.
      await this.idle.touch(id, earlier(entry.at, entry.lease.until), entry.by);
    }
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const stored = await this.records.get(id);
      if (stored === null || stored.record.status === 'terminated') return 'done';
      const { record } = stored;
      const { lease: present, ...others } = record.autoStop;
      if (entry.kind === 'lease-end') {
        if (JSON.stringify(present) !== JSON.stringify(entry.lease)) return 'done';
      } else {
        const lines = await this.audit.entries(id, AUDIT_LOG_LIMIT);
        if (lines.some(({ kind, at }) => kind === 'lease' && at >= entry.at)) return 'done';
      }
      const autoStop = entry.kind === 'lease' ? { ...others, lease: entry.lease } : others;
      const { outcome } = await this.records.write({ ...record, autoStop }, { kind: 'command' }, { entry: entry.line });
      if (outcome === 'written') return 'done';
    }
    return 'kept';
  }

  /** Unless the audit log has the line already. */
  private async enterOnce(id: InstanceId, entry: AuditEntry): Promise<void> {
    const lines = await this.audit.entries(id, AUDIT_LOG_LIMIT);
    if (lines.some(({ at, kind, by }) => at === entry.at && kind === entry.kind && by === entry.by)) return;
    await this.audit.append([{ id, entry }]);
  }
}

function lineOf({ kind, at, by }: EndingEntry, outcome: string): AuditEntry {
  return { at, kind: 'decision', by, reason: `${kind} was asked for while Redis was away: ${outcome}` };
}

const earlier = (a: Timestamp, b: Timestamp): Timestamp => (a < b ? a : b);
