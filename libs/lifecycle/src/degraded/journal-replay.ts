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
/** `kept`: it stays in the journal. `lost`: so too, because the store has no record of ours for it that can be read. */
type Outcome = 'done' | 'kept' | 'lost';

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
  private readonly lost = new Set<string>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly journal: CommandJournal,
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly audit: AuditLog,
    private readonly requests: ReconcileRequests,
    private readonly options: LifecycleOptions,
  ) {}

  /** Whether the store had no record of ours for it that can be read, at the last replay. */
  isLost(entryId: string): boolean {
    return this.lost.has(entryId);
  }

  /** @throws StoreUnavailableError, or the signal's reason, between two entries */
  async run(signal: AbortSignal): Promise<void> {
    const run = this.last.then(() => this.runAlone(signal));
    this.last = run.catch(() => undefined);
    await run;
  }

  private async runAlone(signal: AbortSignal): Promise<void> {
    const entries = this.journal.entries();
    if (entries.length === 0) return;
    this.lost.clear();
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
      const stored = await this.find(entry.target);
      const outcome = await this.replay(entry, stored, changed);
      if (outcome === 'lost') this.lost.add(entry.id);
      return outcome;
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      // The bill goes on, whatever became of the record: it is ended without one.
      if (error instanceof CorruptRecordError && isEnding(entry)) {
        this.lost.add(entry.id);
        return 'lost';
      }
      this.logger.warn('a command of the journal could not be replayed; it is tried again', {
        instanceId: entry.target.instanceId,
        kind: entry.kind,
        err: error,
      });
      return 'kept';
    }
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
