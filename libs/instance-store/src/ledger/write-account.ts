import type { IdleWarning } from '../idle/idle-tracker.port.js';
import type { Actor, DesiredState, InstanceRecord } from '../instance.js';
import type { InstanceStatus } from '../instance-status.js';
import type { WriteBasis, WriteOptions } from '../record/instance-records.port.js';
import type { LedgerEntry } from './ledger-entry.js';
import { boundedBy, boundedEntry, boundedReason } from './ledger-line.js';

/** What a write says of itself for the ledger. */
interface WriteAccount {
  /** Who wished what the record says now. */
  readonly wishedBy: string;
  /** Who changes the status, unless a new wish does. */
  readonly changedBy: string;
  readonly reason: string;
  readonly extra: LedgerEntry | null;
}

/** What a record says before and after a write, as far as the ledger needs it. */
interface LedgerState {
  readonly status: InstanceStatus;
  /** Null when an older version did not note it. */
  readonly desired: DesiredState | null;
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

export function restoredEntry(at: LedgerEntry['at']): LedgerEntry {
  return { at, kind: 'repair', by: 'lifecycle', reason: 'restored after a loss of data' };
}

export function warningEntry({ reason }: IdleWarning, at: LedgerEntry['at']): LedgerEntry {
  return boundedEntry({ at, kind: 'warning', by: 'auto-stop', reason });
}

/** The oldest first. */
export function entriesOfWrite(
  before: LedgerState,
  after: LedgerState,
  account: WriteAccount,
  at: LedgerEntry['at'],
): LedgerEntry[] {
  const { wishedBy, changedBy, reason, extra } = account;
  const entries: LedgerEntry[] = extra === null ? [] : [extra];
  const { desired } = before;
  if (desired === null ? before.desiredMs !== after.desiredMs : desired !== after.desired) {
    const from = desired === null ? {} : { from: desired };
    const to = after.desired === null ? {} : { to: after.desired };
    entries.push({ at, kind: 'wish', by: wishedBy, ...from, ...to, reason });
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

/** A wish that the provider has to agree to before it counts as carried out. */
type ConfirmedWish = Exclude<DesiredState, 'running'>;

const WORDS: Readonly<Record<ConfirmedWish, string>> = { stopped: 'stop', deleted: 'delete' };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export function unconfirmedEntry(wish: ConfirmedWish, waitedMs: number, at: LedgerEntry['at']): LedgerEntry {
  const waited = waitedFor(waitedMs);
  const reason = `Novita has not confirmed the ${WORDS[wish]} that was wished ${waited} ago; it is tried again until it does`;
  return { at, kind: 'warning', by: 'lifecycle', reason };
}

/** Such as `7 min`. */
function waitedFor(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.floor(ms / 1_000)} s`;
  return ms < 2 * HOUR_MS ? `${Math.floor(ms / MINUTE_MS)} min` : `${Math.floor(ms / HOUR_MS)} h`;
}
