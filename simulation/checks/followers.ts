import { ChangeFeedView, type FeedEntry } from '@app/instance-store';
import type { SimProcess } from '../processes/process.js';
import type { SharedState } from '../processes/shared-state.js';
import { Violation } from './violation.js';

const MOST_READ = 20_000;

/** What one process heard of the feed, in its life. */
interface Heard {
  readonly process: SimProcess;
  /** Entries in a row; a new piece begins where the process was told that some may be lost. */
  pieces: string[][];
}

/** Follows the feed in every API process, as its clients do, and compares what they hear with what was written. */
export class Followers {
  private readonly all: Heard[] = [];

  join(process: SimProcess): void {
    if (process.role !== 'api') return;
    const heard: Heard = { process, pieces: [[]] };
    this.all.push(heard);
    process.get(ChangeFeedView).subscribe({
      entry: ({ entryId }: FeedEntry) => void heard.pieces.at(-1)?.push(entryId),
      lost: () => void heard.pieces.push([]),
      interrupted: () => undefined,
    });
  }

  /** @throws Violation */
  async check({ feed }: SharedState): Promise<void> {
    // A long history has more entries than the feed keeps.
    const written = (await feed.before(null, MOST_READ)).entries.toReversed();
    const places = new Map(written.map(({ entryId }, place) => [entryId, place]));
    if (places.size !== written.length) throw new Violation('every event once', 'two entries have one id');
    for (const { process, pieces } of this.all) {
      for (const piece of pieces)
        checkPiece(
          process.name,
          piece.filter((id) => !isBefore(id, written[0])),
          places,
        );
      const last = pieces.at(-1)?.at(-1);
      if (process.isAlive && last !== undefined && last !== written.at(-1)?.entryId) {
        throw new Violation('every event once', `${process.name} has not heard the latest entries`);
      }
    }
    checkRevisions(written);
  }
}

/** What one heard in a row, against the places of what was written. @throws Violation */
export function checkPiece(name: string, piece: readonly string[], places: ReadonlyMap<string, number>): void {
  let expected: number | null = null;
  for (const entryId of piece) {
    const place = places.get(entryId);
    if (place === undefined) throw new Violation('every event once', `${name} heard ${entryId}, which nobody wrote`);
    if (expected !== null && place !== expected) {
      throw new Violation(
        'every event once',
        `${name} heard ${entryId} ${place < expected ? 'twice' : 'and not those before it'}`,
      );
    }
    expected = place + 1;
  }
}

/** A change of status is announced once, and the revisions of a record never go back. @throws Violation */
export function checkRevisions(written: readonly FeedEntry[]): void {
  const latest = new Map<string, number>();
  const seen = new Set<string>();
  for (const entry of written) {
    if (!('instanceId' in entry)) continue;
    const { instanceId, revision, type } = entry;
    const name = `${instanceId} ${revision} ${type}`;
    const repeats = type === 'instance.auto_stop_warning' || type === 'instance.unconfirmed';
    if (seen.has(name) && !repeats)
      throw new Violation('every event once', `${type} of ${instanceId} in revision ${revision} twice`);
    seen.add(name);
    if (revision < (latest.get(instanceId) ?? 0))
      throw new Violation('every event once', `${instanceId} goes back to revision ${revision}`);
    latest.set(instanceId, revision);
  }
}

function isBefore(entryId: string, oldest: FeedEntry | undefined): boolean {
  if (oldest === undefined) return false;
  const [ms = 0, place = 0] = entryId.split('-').map(Number);
  const [oldestMs = 0, oldestPlace = 0] = oldest.entryId.split('-').map(Number);
  return ms < oldestMs || (ms === oldestMs && place < oldestPlace);
}
