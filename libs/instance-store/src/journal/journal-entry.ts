import { crc32 } from 'node:zlib';
import { isObject, type Timestamp } from '@app/platform';
import type { AuditEntry } from '../ports/audit-log.port.js';
import type { InstanceId, NovitaInstanceId } from '../record/identity.js';
import type { Actor, AutoStopLease, InstanceConnection, InstanceRecord } from '../record/instance.js';

export const JOURNAL_KINDS = ['stop', 'delete', 'last-used', 'lease', 'lease-end'] as const;
export type JournalKind = (typeof JOURNAL_KINDS)[number];

/** The instance that a command is for, by everything that finds it again in a store that may have lost its record. */
export interface JournalTarget {
  readonly instanceId: InstanceId;
  readonly novitaInstanceId: NovitaInstanceId | null;
  readonly name: string;
  readonly marker: string;
  /** As it was known when the command was taken. */
  readonly revision: number;
}

interface CommandBase {
  /** When it was asked for. */
  readonly at: Timestamp;
  readonly by: Actor;
  readonly target: JournalTarget;
}

/** Ends a bill. `record` is the one under the new desired state, without what only a start needs. */
export interface EndingCommand extends CommandBase {
  readonly kind: 'stop' | 'delete';
  readonly record: InstanceRecord;
  /** Asked for again while the same was being carried out: of these the latest says all. */
  readonly isRepeat?: true;
}

/** Observations of an instance since a stop or delete of it was asked for. */
export interface EndingObservation {
  readonly novitaInstanceId: NovitaInstanceId;
  /** By the first observation at which it ran or stood still; null when the provider does not say. */
  readonly lastStartedAt: Timestamp | null;
  /** When it was observed to stand still. */
  readonly stoppedAt?: Timestamp;
  /** It was started again after the command was asked for, so the command is not carried out any more. */
  readonly startedAgainAt?: Timestamp;
}

export interface UseCommand extends CommandBase {
  readonly kind: 'last-used';
  readonly usedAt: Timestamp;
}

/** `line` is what the audit log of the instance says of it. */
export interface LeaseCommand extends CommandBase {
  readonly kind: 'lease' | 'lease-end';
  readonly lease: AutoStopLease;
  readonly line: AuditEntry;
}

/** A command that was taken while the store was away. */
export type JournalCommand = EndingCommand | UseCommand | LeaseCommand;
export type EndingEntry = EndingCommand & { readonly id: string; readonly observed?: EndingObservation };
export type JournalEntry = EndingEntry | ((UseCommand | LeaseCommand) & { readonly id: string });

/** The process that writes a journal; a process that has ended leaves its journal to another one. */
export interface JournalOwner {
  /** Within it a process id names one process at a time. */
  readonly namespace: string;
  readonly pid: number;
  /** Distinguishes a process from an earlier one with the same id; empty where it is not known. */
  readonly started: string;
}

export type JournalLine =
  | { readonly line: 'owner'; readonly owner: JournalOwner }
  | { readonly line: 'entry'; readonly entry: JournalEntry }
  | { readonly line: 'done'; readonly ids: readonly string[] };

const NO_CONNECTION: InstanceConnection = { ssh: null, jupyter: null, webTerminal: null, portMappings: [] };

export function targetOf(record: InstanceRecord): JournalTarget {
  const { id, novitaInstanceId, name, marker, revision } = record;
  return { instanceId: id, novitaInstanceId, name, marker, revision };
}

/** The record as it may lie in a file: without passwords, variables and addresses. */
export function withoutSecrets(record: InstanceRecord): InstanceRecord {
  const spec = { ...record.spec, envs: [], command: null, entrypoint: null };
  return { ...record, spec, connection: NO_CONNECTION, webhookUrl: null, probes: [] };
}

export function isEnding(entry: JournalEntry): entry is EndingEntry {
  return entry.kind === 'stop' || entry.kind === 'delete';
}

/** @returns one line with its checksum and its end */
export function encodeLine(line: JournalLine): string {
  const content = JSON.stringify(line);
  return `{"crc":"${checksum(content)}","content":${content}}\n`;
}

/** A line that is not understood. */
export interface UnreadableLine {
  readonly line: 'unreadable';
  readonly text: string;
  readonly reason: string;
}

export function parseLine(text: string): JournalLine | UnreadableLine {
  const unreadable = (reason: string): UnreadableLine => ({ line: 'unreadable', text, reason });
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return unreadable('it was cut off or damaged');
  }
  if (!isObject(read) || !isObject(read['content'])) return unreadable('it is no line of a journal');
  const { crc, content } = read;
  // The checksum proves that an encoder of ours wrote it.
  if (crc !== checksum(JSON.stringify(content))) return unreadable('its checksum does not fit');
  return isOfThisRelease(content) ? content : unreadable('this release does not know its kind');
}

function isOfThisRelease(content: object): content is JournalLine {
  const { line, entry } = content as Partial<JournalLine & { readonly entry: JournalEntry }>;
  return (
    line === 'owner' || line === 'done' || (line === 'entry' && JOURNAL_KINDS.some((kind) => kind === entry?.kind))
  );
}

export interface ParsedJournal {
  readonly owner: JournalOwner | null;
  /** Those that are not done, in the order in which they were taken. */
  readonly entries: readonly JournalEntry[];
  readonly unreadable: readonly UnreadableLine[];
}

export function parseJournal(text: string): ParsedJournal {
  let owner: JournalOwner | null = null;
  const unreadable: UnreadableLine[] = [];
  const entries = new Map<string, JournalEntry>();
  for (const part of text.split('\n')) {
    if (part === '') continue;
    const line = parseLine(part);
    switch (line.line) {
      case 'owner':
        owner = line.owner;
        break;
      case 'entry':
        entries.set(line.entry.id, line.entry);
        break;
      case 'done':
        for (const id of line.ids) entries.delete(id);
        break;
      case 'unreadable':
        unreadable.push(line);
    }
  }
  return { owner, entries: [...entries.values()], unreadable };
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
