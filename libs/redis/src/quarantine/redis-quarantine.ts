import { isObject, msFromTimestamp, timestampFromMs } from '@app/platform';
import type { RedisConnections } from '../connections/ioredis-connections.js';
import { orUnavailable } from '../protocol/errors.js';
import { FleetKeys } from '../protocol/keys.js';
import { RedisScript } from '../protocol/redis-script.js';
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
  QuarantineUnavailableError,
  quarantineId,
} from './quarantine.port.js';

const NOTE = RedisScript.fromFile(new URL('./note-sightings.lua', import.meta.url));
const LIST = RedisScript.fromFile(new URL('./list-quarantine.lua', import.meta.url));

/** Keeps what was set aside in Redis, for all processes: a hash of the entries, and a sorted set of their order. */
export class RedisQuarantine extends Quarantine {
  private readonly keys: FleetKeys;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.keys = new FleetKeys(keyPrefix);
  }

  override async note(sightings: readonly CountedSighting[]): Promise<NotedSightings> {
    if (sightings.length > QUARANTINE_BATCH) throw new RangeError(`more than ${QUARANTINE_BATCH} at once`);
    if (sightings.length === 0) return { added: [], dropped: 0 };
    const args = sightings.flatMap(({ kind, key, reason, firstAt, lastAt, times }) => [
      quarantineId(kind, key),
      kind,
      key.toWellFormed(),
      reason.toWellFormed(),
      msFromTimestamp(firstAt),
      msFromTimestamp(lastAt),
      times,
    ]);
    const reply = await answered(NOTE.run(this.connections.commands, this.both, [QUARANTINE_LIMIT, ...args]));
    const [dropped, ...added] = reply as [number, ...QuarantineKind[]];
    return { added, dropped };
  }

  override async list(cursor: string | null, limit: number): Promise<QuarantinePage> {
    const [time = '', id = ''] = cursor?.split('-') ?? [];
    const args = [time === '' ? '' : Number(time), id, limit];
    const reply = await answered(LIST.run(this.connections.commands, this.both, args));
    const [total, hasMore, ...flat] = reply as [number, number, ...string[]];
    const entries: QuarantineEntry[] = [];
    let last: string | null = null;
    for (let i = 0; i + 2 < flat.length; i += 3) {
      const [entryId = '', firstMs = '', json = ''] = flat.slice(i, i + 3);
      last = `${firstMs}-${entryId}`;
      const entry = readEntry(entryId, json);
      if (entry !== null) entries.push(entry);
    }
    return { entries, total, nextCursor: hasMore === 1 ? last : null };
  }

  override async get(id: string): Promise<QuarantineEntry | null> {
    const json = await answered(this.connections.commands.hget(this.keys.quarantine, id));
    return json === null ? null : readEntry(id, json);
  }

  override async remove(id: string): Promise<boolean> {
    const { commands } = this.connections;
    const pipeline = commands.multi().hdel(this.keys.quarantine, id).zrem(this.keys.quarantineOrder, id);
    const replies = await answered(pipeline.exec());
    return replies?.[0]?.[1] === 1;
  }

  override async counts(): Promise<QuarantineCounts> {
    const documents = await answered(this.connections.commands.hvals(this.keys.quarantine));
    return countsOf(documents.flatMap((json) => readEntry('', json) ?? []));
  }

  private get both(): readonly string[] {
    return [this.keys.quarantine, this.keys.quarantineOrder];
  }
}

/** @returns null for what is no entry; the list of what is damaged may be damaged itself */
function readEntry(id: string, json: string): QuarantineEntry | null {
  let read: unknown;
  try {
    read = JSON.parse(json);
  } catch {
    return null;
  }
  if (!isObject(read)) return null;
  const { kind, key, reason, first, last, times } = read;
  if (typeof kind !== 'string' || typeof key !== 'string' || typeof reason !== 'string') return null;
  if (typeof first !== 'number' || typeof last !== 'number' || typeof times !== 'number') return null;
  return {
    id,
    kind: kind as QuarantineKind,
    key,
    reason,
    firstSeenAt: timestampFromMs(first),
    lastSeenAt: timestampFromMs(last),
    timesSeen: times,
  };
}

function answered<Reply>(reply: Promise<Reply>): Promise<Reply> {
  return orUnavailable(reply, (text, cause) => new QuarantineUnavailableError(text, { cause }));
}
