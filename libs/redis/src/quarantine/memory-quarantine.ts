import { msFromTimestamp } from '@app/platform';
import {
  type CountedSighting,
  countsOf,
  type NotedSightings,
  QUARANTINE_BATCH,
  QUARANTINE_LIMIT,
  Quarantine,
  type QuarantineCounts,
  type QuarantineEntry,
  type QuarantineKind,
  type QuarantinePage,
  type QuarantineQuery,
  quarantineId,
  quarantineRank,
} from './quarantine.port.js';

/** Keeps what was set aside in this process. */
export class MemoryQuarantine extends Quarantine {
  private readonly entries = new Map<string, QuarantineEntry>();

  override async note(sightings: readonly CountedSighting[]): Promise<NotedSightings> {
    if (sightings.length > QUARANTINE_BATCH) throw new RangeError(`more than ${QUARANTINE_BATCH} at once`);
    const added: QuarantineKind[] = [];
    for (const { firstAt, lastAt, times, ...sighting } of sightings) {
      const id = quarantineId(sighting.kind, sighting.where);
      const known = this.entries.get(id);
      if (known === undefined) added.push(sighting.kind);
      this.entries.set(id, {
        ...sighting,
        id,
        firstSeenAt: known?.firstSeenAt ?? firstAt,
        lastSeenAt: known !== undefined && known.lastSeenAt > lastAt ? known.lastSeenAt : lastAt,
        count: (known?.count ?? 0) + times,
      });
    }
    const excess = this.latestFirst()
      .toSorted((a, b) => quarantineRank(b.kind) - quarantineRank(a.kind))
      .slice(QUARANTINE_LIMIT);
    for (const { id } of excess) this.entries.delete(id);
    return { added, dropped: excess.length };
  }

  override async list({ kind, cursor, limit }: QuarantineQuery): Promise<QuarantinePage> {
    const all = this.latestFirst().filter((entry) => kind === undefined || entry.kind === kind);
    const places = all.map(placeOf);
    const start = cursor === null ? 0 : places.filter((place) => place >= padded(cursor)).length;
    const entries = all.slice(start, start + limit);
    const last = entries.at(-1);
    const isLast = start + limit >= all.length || last === undefined;
    const nextCursor = isLast ? null : `${msFromTimestamp(last.firstSeenAt)}-${last.id}`;
    return { entries, total: all.length, nextCursor };
  }

  override async get(id: string): Promise<QuarantineEntry | null> {
    return this.entries.get(id) ?? null;
  }

  override async remove(id: string): Promise<boolean> {
    return this.entries.delete(id);
  }

  override async counts(): Promise<QuarantineCounts> {
    return countsOf(this.entries.keys());
  }

  private latestFirst(): QuarantineEntry[] {
    return [...this.entries.values()].toSorted((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1));
  }
}

/** Where an entry stands in the list: text order is the order of time. */
function placeOf({ id, firstSeenAt }: QuarantineEntry): string {
  return padded(`${msFromTimestamp(firstSeenAt)}-${id}`);
}

function padded(cursor: string): string {
  const dash = cursor.indexOf('-');
  return `${cursor.slice(0, dash).padStart(15, '0')}${cursor.slice(dash)}`;
}
