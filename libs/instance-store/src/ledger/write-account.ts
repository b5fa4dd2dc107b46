import type { Actor, DesiredState, InstanceRecord } from '../instance.js';
import type { InstanceStatus } from '../instance-status.js';
import type { IdleWarning, WriteBasis, WriteOptions } from '../instance-store.port.js';
import type { LedgerEntry } from './ledger-entry.js';
import { boundedBy, boundedEntry, boundedReason } from './ledger-line.js';

/**
 * What a write says of itself for the ledger. Whether status or wish change is known only where the record is written,
 * so this is what the lines are made of.
 */
export interface WriteAccount {
  /** Who wished what the record says now. */
  readonly wishedBy: string;
  /** Who changes the status, unless a new wish does. */
  readonly changedBy: string;
  readonly reason: string;
  readonly extra: LedgerEntry | null;
}

/** What a record said before a write, as far as the ledger needs it. */
export interface StateBefore {
  readonly status: InstanceStatus;
  readonly desired: DesiredState;
  readonly desiredMs: number;
}

export function accountOf(next: InstanceRecord, basis: WriteBasis, options: WriteOptions): WriteAccount {
  const observed = basis.kind === 'observation';
  const actor: Actor = options.hold === undefined ? 'lifecycle' : 'sync';
  return {
    wishedBy: boundedBy(next.desired.by),
    changedBy: observed ? `novita:${next.source ?? 'get'}` : actor,
    reason: boundedReason(options.reason ?? (observed ? observationReason(next) : 'no reason was given')),
    extra: options.entry === undefined ? null : boundedEntry(options.entry),
  };
}

/** What the ledger of a new record begins with, the oldest first. */
export function entriesOfInsert({ desired, status }: InstanceRecord, at: LedgerEntry['at']): LedgerEntry[] {
  const by = boundedBy(desired.by);
  const reason = 'the record was made';
  return [
    { at, kind: 'wish', by, to: desired.state, reason },
    { at, kind: 'status', by, to: status, reason },
  ];
}

export function warningEntry({ reason }: IdleWarning, at: LedgerEntry['at']): LedgerEntry {
  return boundedEntry({ at, kind: 'warning', by: 'auto-stop', reason });
}

/** The counterpart of `enterChanges` in the scripts. The oldest first. */
export function entriesOfWrite(
  before: StateBefore,
  after: StateBefore,
  account: WriteAccount,
  at: LedgerEntry['at'],
): LedgerEntry[] {
  const { wishedBy, changedBy, reason, extra } = account;
  const entries: LedgerEntry[] = extra === null ? [] : [extra];
  if (before.desired !== after.desired) {
    entries.push({ at, kind: 'wish', by: wishedBy, from: before.desired, to: after.desired, reason });
  }
  if (before.status !== after.status) {
    const by = before.desiredMs === after.desiredMs ? changedBy : wishedBy;
    entries.push({ at, kind: 'status', by, from: before.status, to: after.status, reason });
  }
  return entries;
}

function observationReason({ novitaStatus }: InstanceRecord): string {
  return novitaStatus === null ? 'seen at Novita' : `Novita says ${novitaStatus}`;
}
