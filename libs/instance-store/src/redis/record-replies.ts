import { RedisScript } from '@app/redis';
import type { InstanceId } from '../instance-id.js';
import type { LookUpTable } from '../write-plan.js';
import type { RecordReply } from './record-reader.js';
import type { StoreScripts } from './store-error.js';

const READ = RedisScript.fromFile(new URL('./lua/read.lua', import.meta.url));
const READ_BY_LOOK_UP = RedisScript.fromFile(new URL('./lua/read-by-look-up.lua', import.meta.url));

/** In the order of the ids, in one round trip; the missing ones are left out. */
export async function readByIds(scripts: StoreScripts, ids: readonly InstanceId[]): Promise<RecordReply[]> {
  if (ids.length === 0) return [];
  const reply = (await scripts.run(READ, ids)) as (string | null)[];
  return ids.flatMap((id, i) => {
    const [version = null, lastUsed = null, doc = null, index = null] = reply.slice(4 * i, 4 * i + 4);
    return version === null ? [] : [{ id, version, lastUsed, doc, index }];
  });
}

/** By markers or by the provider's ids, likewise. */
export async function readByLookUp(
  scripts: StoreScripts,
  table: LookUpTable,
  names: readonly string[],
): Promise<RecordReply[]> {
  const wellFormed = names.map((name) => name.toWellFormed());
  return repliesOf(await scripts.run(READ_BY_LOOK_UP, [table, ...wellFormed]));
}

/** @param flat id, version, latest use, document and index entry of each record, one after the other */
export function repliesOf(flat: unknown): RecordReply[] {
  const values = flat as (string | null)[];
  const replies: RecordReply[] = [];
  for (let i = 0; i < values.length; i += 5) {
    const [id, version, lastUsed = null, doc = null, index = null] = values.slice(i, i + 5);
    replies.push({ id: id as InstanceId, version: version ?? '', lastUsed, doc, index });
  }
  return replies;
}
