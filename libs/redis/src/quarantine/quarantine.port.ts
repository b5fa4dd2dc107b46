import { createHash } from 'node:crypto';
import type { Timestamp } from '@app/platform';

/** What can be set aside. A `record-newer` is whole: a later release wrote it, and can read it. */
export const QUARANTINE_KINDS = ['record', 'record-newer', 'feed-entry', 'journal-line'] as const;
export type QuarantineKind = (typeof QUARANTINE_KINDS)[number];

/** Something stored that could not be read. */
export interface Sighting {
  readonly kind: QuarantineKind;
  /** Names it in its store: an id, a key or a position. */
  readonly key: string;
  /** What is wrong with it; holds no value of it, which may be secret. */
  readonly reason: string;
}

/** A sighting, as often as one process saw it since it last said so. */
export interface CountedSighting extends Sighting {
  readonly firstAt: Timestamp;
  readonly lastAt: Timestamp;
  readonly times: number;
}

export interface QuarantineEntry extends Sighting {
  readonly id: string;
  readonly firstSeenAt: Timestamp;
  readonly lastSeenAt: Timestamp;
  readonly timesSeen: number;
}

export interface QuarantinePage {
  /** The latest found first. */
  readonly entries: readonly QuarantineEntry[];
  readonly total: number;
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

export interface NotedSightings {
  /** Those that were not there yet. */
  readonly added: readonly QuarantineKind[];
  /** How many of the oldest were dropped to make room. */
  readonly dropped: number;
}

export type QuarantineCounts = Readonly<Record<QuarantineKind, number>>;

export class QuarantineUnavailableError extends Error {
  override readonly name = 'QuarantineUnavailableError';
}

/** Entries that are kept at most. */
export const QUARANTINE_LIMIT = 1_000;
/** Sightings that are noted, and entries that are read, at most together. */
export const QUARANTINE_BATCH = 200;

/**
 * Keeps what was set aside, for the whole fleet: a list of what cannot be read, never the thing itself, which stays where it
 * is. Seeing a thing again makes no second entry. All methods take one round trip, and throw `QuarantineUnavailableError`
 * when Redis cannot be reached.
 */
export abstract class Quarantine {
  /** @param sightings at most `QUARANTINE_BATCH` */
  abstract note(sightings: readonly CountedSighting[]): Promise<NotedSightings>;

  /** @param cursor of the page before; null for the first. The entry that it rests on may be gone. */
  abstract list(cursor: string | null, limit: number): Promise<QuarantinePage>;

  abstract get(id: string): Promise<QuarantineEntry | null>;

  /** @returns whether it was there */
  abstract remove(id: string): Promise<boolean>;

  abstract counts(): Promise<QuarantineCounts>;
}

/** The same for the same thing, so that an entry can be found by what it is about. */
export function quarantineId(kind: QuarantineKind, key: string): string {
  return `q_${createHash('sha256').update(`${kind} ${key}`).digest('hex').slice(0, 24)}`;
}

export function isQuarantineId(text: string): boolean {
  return /^q_[0-9a-f]{24}$/.test(text);
}

/** @param entries with any kind, as another release may have noted it */
export function countsOf(entries: Iterable<{ readonly kind: string }>): QuarantineCounts {
  const counts = Object.fromEntries(QUARANTINE_KINDS.map((kind) => [kind, 0])) as Record<QuarantineKind, number>;
  for (const { kind } of entries) if (isQuarantineKind(kind)) counts[kind] += 1;
  return counts;
}

function isQuarantineKind(text: string): text is QuarantineKind {
  return (QUARANTINE_KINDS as readonly string[]).includes(text);
}
