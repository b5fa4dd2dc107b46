import { HOUR_MS, MINUTE_MS } from '@app/platform';
import { AUDIT_ENTRY_KINDS, type AuditEntry } from '../ports/audit-log.port.js';
import type { IdleWarning } from '../ports/idle-tracker.port.js';
import type { WriteBasis, WriteOptions } from '../ports/instance-records.port.js';
import type { Actor, DesiredState, InstanceRecord } from '../record/instance.js';
import type { InstanceStatus } from '../record/instance-status.js';
import { changedHold } from '../record/stop-hold.js';
import type { HoldOutcome, StopHold } from '../record/stop-hold-state.js';

/** So many entries are kept of one instance. */
export const AUDIT_LOG_LENGTH = 200;

/** What a write says of itself for the audit log. */
interface WriteAccount {
  /** Who set the desired state that the record has now. */
  readonly desiredBy: string;
  /** Who changes the status, unless the desired state changes too. */
  readonly changedBy: string;
  readonly reason: string;
  readonly extra: AuditEntry | null;
}

/** What the audit log needs of a record before and after a write. */
interface AuditedState {
  readonly status: InstanceStatus;
  /** Null when an older version wrote the record, which did not keep it. */
  readonly desired: DesiredState | null;
  readonly desiredMs: number;
}

/** The desired states that the provider has to confirm before they count as reached. */
type ConfirmedState = Exclude<DesiredState, 'running'>;

const MAX_BY = 200;
const MAX_STATE = 40;
const MAX_REASON = 800;
/**
 * Of its JSON form. With the longest of all other members, whose characters take up to three bytes, a line is below 2
 * kB.
 */
const MAX_REASON_BYTES = 1_000;

const KINDS: ReadonlySet<unknown> = new Set(AUDIT_ENTRY_KINDS);

const COMMANDS: Readonly<Record<ConfirmedState, string>> = { stopped: 'stop', deleted: 'delete' };

export function accountOf(next: InstanceRecord, basis: WriteBasis, options: WriteOptions): WriteAccount {
  const observed = basis.kind === 'observation';
  const actor: Actor = options.hold === undefined ? 'lifecycle' : 'sync';
  return {
    desiredBy: boundedBy(next.desired.by),
    changedBy: observed ? `novita:${next.source ?? 'get'}` : actor,
    reason: boundedReason(options.reason ?? (observed ? observationReason(next) : 'no reason was given')),
    extra: options.entry === undefined ? null : boundedEntry(options.entry),
  };
}

/** The first entries of a new record, the oldest first. */
export function entriesOfInsert({ desired, status }: InstanceRecord, at: AuditEntry['at']): AuditEntry[] {
  const by = boundedBy(desired.by);
  const reason = 'the record was made';
  return [
    { at, kind: 'wish', by, to: desired.state, reason },
    { at, kind: 'status', by, to: status, reason },
  ];
}

export function restoredEntry(at: AuditEntry['at']): AuditEntry {
  return { at, kind: 'repair', by: 'lifecycle', reason: 'restored after a loss of data' };
}

/**
 * What a write says of a hold: that it began, or how it ended.
 *
 * @param wasUnderWay before the write
 */
export function entriesOfHold(wasUnderWay: boolean, record: Pick<InstanceRecord, 'stopHold'>): AuditEntry[] {
  const hold = changedHold(record, wasUnderWay);
  if (hold === null) return [];
  const { ended } = hold;
  const entry: AuditEntry =
    ended === null
      ? { at: hold.since, kind: 'hold', by: hold.by, to: 'held', reason: heldReason(hold) }
      : {
          at: ended.at,
          kind: 'hold',
          by: ended.by,
          from: 'held',
          to: ended.outcome,
          reason: endOfHold(hold, ended.outcome),
        };
  return [boundedEntry(entry)];
}

function heldReason({ waitsFor, until, reason }: StopHold): string {
  const endpoints = waitsFor.map(({ endpointId }) => endpointId).join(', ');
  return `the stop waits for ${endpoints} until ${until} at the latest: ${reason}`;
}

const ENDED: Readonly<Record<HoldOutcome, string>> = {
  released: 'every endpoint that held the stop has answered',
  'timed-out': 'the time for which the stop may be held was over',
  'ended-by-person': 'a person has stopped or deleted the instance, which waits for nobody',
  'called-off': 'the instance is not to be stopped any more',
};

function endOfHold({ since }: StopHold, outcome: HoldOutcome): string {
  return `${ENDED[outcome]}; it was held since ${since}`;
}

export function warningEntry({ reason }: IdleWarning, at: AuditEntry['at']): AuditEntry {
  return boundedEntry({ at, kind: 'warning', by: 'auto-stop', reason });
}

/** The oldest first. */
export function entriesOfWrite(
  before: AuditedState,
  after: AuditedState,
  account: WriteAccount,
  at: AuditEntry['at'],
): AuditEntry[] {
  const { desiredBy, changedBy, reason, extra } = account;
  const entries: AuditEntry[] = extra === null ? [] : [extra];
  const { desired } = before;
  if (desired === null ? before.desiredMs !== after.desiredMs : desired !== after.desired) {
    const from = desired === null ? {} : { from: desired };
    const to = after.desired === null ? {} : { to: after.desired };
    entries.push({ at, kind: 'wish', by: desiredBy, ...from, ...to, reason });
  }
  if (before.status !== after.status) {
    const by = before.desiredMs === after.desiredMs ? changedBy : desiredBy;
    entries.push({ at, kind: 'status', by, from: before.status, to: after.status, reason });
  }
  return entries;
}

function observationReason({ novitaStatus }: InstanceRecord): string {
  return novitaStatus === null ? 'observed at Novita' : `Novita says ${novitaStatus}`;
}

export function unconfirmedEntry(state: ConfirmedState, waitedMs: number, at: AuditEntry['at']): AuditEntry {
  const waited = waitedFor(waitedMs);
  const reason = `Novita has not confirmed the ${COMMANDS[state]} that was requested ${waited} ago; it is retried until Novita confirms it`;
  return { at, kind: 'warning', by: 'lifecycle', reason };
}

/** Such as `7 min`. */
function waitedFor(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.floor(ms / 1_000)} s`;
  return ms < 2 * HOUR_MS ? `${Math.floor(ms / MINUTE_MS)} min` : `${Math.floor(ms / HOUR_MS)} h`;
}

/** The entry as it is kept: well-formed text on one line, and short enough for 200 of them. */
export function boundedEntry({ at, kind, by, from, to, reason }: AuditEntry): AuditEntry {
  return {
    at,
    kind,
    by: boundedText(by, MAX_BY),
    ...(from === undefined ? {} : { from: boundedText(from, MAX_STATE) }),
    ...(to === undefined ? {} : { to: boundedText(to, MAX_STATE) }),
    reason: boundedReason(reason),
  };
}

/** @returns one line of JSON, less than 2 kB */
export function auditLine(entry: AuditEntry): string {
  return JSON.stringify(boundedEntry(entry));
}

/** @returns null for what this library did not write */
export function parseAuditLine(line: string): AuditEntry | null {
  try {
    const entry = JSON.parse(line) as AuditEntry | null;
    return KINDS.has(entry?.kind) ? entry : null;
  } catch {
    return null;
  }
}

/** The name of an actor, which comes from outside, on one line. */
export function boundedBy(by: string): string {
  return boundedText(by, MAX_BY);
}

function boundedReason(reason: string): string {
  let text = boundedText(reason, MAX_REASON);
  // The number of bytes counts, not of characters: one of them can take six bytes.
  while (Buffer.byteLength(JSON.stringify(text)) > MAX_REASON_BYTES) {
    text = boundedText(text, Math.floor(text.length * 0.8));
  }
  return text;
}

function boundedText(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return cut
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .toWellFormed()
    .trim();
}
