import { createHash } from 'node:crypto';
import type { Timestamp } from '@app/platform';

/** What can be set aside, and what each kind means for people. */
export const QUARANTINE_MEANINGS = {
  record:
    'The stored record of an instance is damaged: nothing is done with the instance, which may run and cost money',
  'record-newer': 'A later release wrote the record of an instance: it is whole, and left to that release',
  'feed-entry':
    'An entry of the change feed is damaged, or of a type that this release does not know: readers go on with the next',
  'journal-line':
    'A line of the journal of a process that has ended is cut off, damaged or of a later release: a command may be lost',
  job: 'A job in a queue is damaged, or of a kind that no worker here runs: it was failed, and the sweep makes what is due anew',
  'webhook-delivery': 'A delivery of a webhook, or the endpoint that it is for, is damaged: the other deliveries go on',
  mirror: 'A mirrored list of the provider is damaged: the provider is asked instead, and the next reading replaces it',
} as const;
export type QuarantineKind = keyof typeof QUARANTINE_MEANINGS;
export const QUARANTINE_KINDS = Object.keys(QUARANTINE_MEANINGS) as readonly QuarantineKind[];

/**
 * Which kinds make room first when the list is full. What is met again gets its entry back; of a line or a delivery that is
 * found once nobody would hear again.
 */
const RANKS: Readonly<Record<QuarantineKind, 0 | 1 | 2>> = {
  'record-newer': 0,
  'feed-entry': 0,
  record: 1,
  job: 1,
  mirror: 1,
  'journal-line': 2,
  'webhook-delivery': 2,
};

/** @returns 0 for what makes room first, 2 for what does last */
export function quarantineRank(kind: QuarantineKind): 0 | 1 | 2 {
  return RANKS[kind];
}

/** Something stored that could not be read. */
export interface Sighting {
  readonly kind: QuarantineKind;
  /** Names it in its store: an id, a key, a position or a file. The same thing has the same name wherever it is met. */
  readonly where: string;
  /** What is wrong with it; holds no value of it, which may be secret. */
  readonly reason: string;
  /** As it is stored. What may be secret in it is taken out before it is kept, see `redacted`. */
  readonly text: string;
}

/** A sighting, as often as one process saw it since it last said so. Its text is redacted and cut. */
export interface CountedSighting extends Sighting {
  readonly firstAt: Timestamp;
  readonly lastAt: Timestamp;
  readonly times: number;
}

export interface QuarantineEntry extends Sighting {
  readonly id: string;
  readonly firstSeenAt: Timestamp;
  readonly lastSeenAt: Timestamp;
  /** How often any process met it. */
  readonly count: number;
}

/** Which entries a page shows. */
export interface QuarantineQuery {
  readonly kind?: QuarantineKind;
  /** Of the page before; null for the first. The entry that it rests on may be gone. */
  readonly cursor: string | null;
  readonly limit: number;
}

export interface QuarantinePage {
  /** The latest found first. */
  readonly entries: readonly QuarantineEntry[];
  /** Of all pages. */
  readonly total: number;
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

export interface NotedSightings {
  /** Those that were not there yet. */
  readonly added: readonly QuarantineKind[];
  /** How many were dropped to make room: by `quarantineRank`, and of one rank the oldest. */
  readonly dropped: number;
}

export type QuarantineCounts = Readonly<Record<QuarantineKind, number>>;

export class QuarantineUnavailableError extends Error {
  override readonly name = 'QuarantineUnavailableError';
}

/** Entries that are kept at most. */
export const QUARANTINE_LIMIT = 1_000;
/** Bytes of text that are kept of each at most. */
export const QUARANTINE_TEXT_BYTES = 64 * 1024;
/** Sightings that are noted at most together. */
export const QUARANTINE_BATCH = 200;

/**
 * Keeps what was set aside, for the whole fleet: a list of what cannot be read, never the thing itself, which stays where it
 * is. Seeing a thing again makes no second entry. All methods take one round trip, and throw `QuarantineUnavailableError`
 * when Redis cannot be reached.
 */
export abstract class Quarantine {
  /** @param sightings at most `QUARANTINE_BATCH` */
  abstract note(sightings: readonly CountedSighting[]): Promise<NotedSightings>;

  abstract list(query: QuarantineQuery): Promise<QuarantinePage>;

  abstract get(id: string): Promise<QuarantineEntry | null>;

  /** @returns whether it was there */
  abstract remove(id: string): Promise<boolean>;

  abstract counts(): Promise<QuarantineCounts>;
}

const ID = /^([a-z-]+)\.[0-9a-f]{24}$/;

/** The same for the same thing, so that an entry can be found by what it is about; begins with its kind. */
export function quarantineId(kind: QuarantineKind, where: string): string {
  return `${kind}.${createHash('sha256').update(where).digest('hex').slice(0, 24)}`;
}

/** @returns null for a text that is no id, and for an id of a kind that only another release knows */
export function kindOfQuarantineId(id: string): QuarantineKind | null {
  const kind = ID.exec(id)?.[1] ?? '';
  return Object.hasOwn(QUARANTINE_MEANINGS, kind) ? (kind as QuarantineKind) : null;
}

export function countsOf(ids: Iterable<string>): QuarantineCounts {
  const counts = Object.fromEntries(QUARANTINE_KINDS.map((kind) => [kind, 0])) as Record<QuarantineKind, number>;
  for (const id of ids) {
    const kind = kindOfQuarantineId(id);
    if (kind !== null) counts[kind] += 1;
  }
  return counts;
}
