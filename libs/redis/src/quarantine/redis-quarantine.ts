import { isObject, msFromTimestamp, timestampFromMs } from '@app/platform';
import type { RedisConnections } from '../connections/ioredis-connections.js';
import { orUnavailable } from '../protocol/errors.js';
import { FleetKeys } from '../protocol/keys.js';
import { listReply, RedisScript } from '../protocol/redis-script.js';
import {
  type CountedSighting,
  countsOf,
  kindOfQuarantineId,
  type NotedSightings,
  QUARANTINE_BATCH,
  QUARANTINE_KINDS,
  QUARANTINE_LIMIT,
  Quarantine,
  type QuarantineCounts,
  type QuarantineEntry,
  type QuarantinePage,
  type QuarantineQuery,
  QuarantineUnavailableError,
  quarantineId,
  quarantineRank,
} from './quarantine.port.js';

const NOTE = RedisScript.fromFile(new URL('./note-sightings.lua', import.meta.url));
const RANKS = JSON.stringify(Object.fromEntries(QUARANTINE_KINDS.map((kind) => [kind, quarantineRank(kind)])));
const LIST = RedisScript.fromFile(new URL('./list-quarantine.lua', import.meta.url));

/**
 * Keeps what was set aside in Redis, for all processes: a hash of the entries, one of their texts, which are long, and a
 * sorted set of their order. An id begins with its kind, so kinds are counted and filtered without reading an entry.
 */
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
    const args = sightings.flatMap(({ kind, where, reason, text, firstAt, lastAt, times }) => [
      quarantineId(kind, where),
      where.toWellFormed(),
      reason.toWellFormed(),
      text.toWellFormed(),
      msFromTimestamp(firstAt),
      msFromTimestamp(lastAt),
      times,
    ]);
    const noted = NOTE.run(this.connections.commands, this.all, [QUARANTINE_LIMIT, RANKS, ...args]);
    const reply = listReply(await answered(noted));
    const [dropped, ...added] = reply.map(String);
    return { added: added.flatMap((id) => kindOfQuarantineId(id) ?? []), dropped: Number(dropped) };
  }

  override async list({ kind, cursor, limit }: QuarantineQuery): Promise<QuarantinePage> {
    const dash = cursor?.indexOf('-') ?? 0;
    const [time, id] = cursor === null ? ['', ''] : [cursor.slice(0, dash), cursor.slice(dash + 1)];
    const args = [kind === undefined ? '' : `${kind}.`, time, id, limit];
    const reply = await answered(LIST.run(this.connections.commands, this.all, args));
    const [total, hasMore, ...flat] = listReply(reply).map(String);
    const entries: QuarantineEntry[] = [];
    let last: string | null = null;
    for (let i = 0; i + 3 < flat.length; i += 4) {
      const [entryId = '', firstMs = '', json = '', text = ''] = flat.slice(i, i + 4);
      last = `${firstMs}-${entryId}`;
      const entry = readEntry(entryId, json, text);
      if (entry !== null) entries.push(entry);
    }
    return { entries, total: Number(total), nextCursor: hasMore === '1' ? last : null };
  }

  override async get(id: string): Promise<QuarantineEntry | null> {
    const { commands } = this.connections;
    const reply = await answered(
      commands.multi().hget(this.keys.quarantine, id).hget(this.keys.quarantineTexts, id).exec(),
    );
    const [json, text] = (reply ?? []).map(([, value]) => value);
    return typeof json === 'string' ? readEntry(id, json, typeof text === 'string' ? text : '') : null;
  }

  override async remove(id: string): Promise<boolean> {
    const { commands } = this.connections;
    const { quarantine, quarantineTexts, quarantineOrder } = this.keys;
    const pipeline = commands.multi().hdel(quarantine, id).hdel(quarantineTexts, id).zrem(quarantineOrder, id);
    const replies = await answered(pipeline.exec());
    return replies?.[0]?.[1] === 1;
  }

  override async counts(): Promise<QuarantineCounts> {
    return countsOf(await answered(this.connections.commands.zrange(this.keys.quarantineOrder, 0, '-1')));
  }

  private get all(): readonly string[] {
    return [this.keys.quarantine, this.keys.quarantineTexts, this.keys.quarantineOrder];
  }
}

/** @returns null for what is no entry; the list of what is damaged may be damaged itself */
function readEntry(id: string, json: string, text: string): QuarantineEntry | null {
  const kind = kindOfQuarantineId(id);
  let read: unknown;
  try {
    read = JSON.parse(json);
  } catch {
    return null;
  }
  if (kind === null || !isObject(read)) return null;
  const { where, reason, first, last, times } = read;
  if (typeof where !== 'string' || typeof reason !== 'string') return null;
  if (typeof first !== 'number' || typeof last !== 'number' || typeof times !== 'number') return null;
  const [firstSeenAt, lastSeenAt] = [timestampFromMs(first), timestampFromMs(last)];
  return { id, kind, where, reason, text, firstSeenAt, lastSeenAt, count: times };
}

function answered<Reply>(reply: Promise<Reply>): Promise<Reply> {
  return orUnavailable(reply, (text, cause) => new QuarantineUnavailableError(text, { cause }));
}
