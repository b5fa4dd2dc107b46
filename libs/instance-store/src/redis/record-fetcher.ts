import { MAX_BATCH } from '../batch-limit.js';
import type { StoredInstance } from '../instance.js';
import type { InstanceId } from '../instance-id.js';
import type { RecordReader, RecordReply } from './record-reader.js';
import type { RecordVersion } from './record-version.js';
import type { ScriptRunner } from './redis-script.js';
import type { LookUpTable, RememberedRecord, RememberedRecords } from './remembered-records.js';
import { READ, READ_BY_LOOK_UP, READ_BY_NAME, READ_MANY_BY_LOOK_UP } from './scripts/read.lua.js';

/** Reads records by what names them. Each method is one round trip; documents that are remembered stay in Redis. */
export class RecordFetcher {
  constructor(
    private readonly scripts: ScriptRunner,
    private readonly remembered: RememberedRecords,
    private readonly reader: RecordReader,
  ) {}

  /** @throws CorruptRecordError */
  async byId(id: InstanceId): Promise<StoredInstance | null> {
    const known = this.remembered.of(id);
    const [version, lastUsed, doc] = (await this.scripts.run(READ, [id, known?.version ?? ''])) as ReadReply;
    return version === null ? null : this.reader.read({ id, version, lastUsed, doc }, known);
  }

  /** In the order of the ids; the missing and the unreadable are left out. */
  async byIds(ids: readonly InstanceId[]): Promise<StoredInstance[]> {
    return inBatches(ids, (batch) => this.batch(batch));
  }

  /** In the order of what is looked up; the missing and the unreadable are left out. */
  async byLookUps(table: LookUpTable, names: readonly string[]): Promise<StoredInstance[]> {
    return inBatches(names, (batch) => this.batchOfLookUps(table, batch));
  }

  /** @throws CorruptRecordError */
  async byLookUp(table: LookUpTable, what: string): Promise<StoredInstance | null> {
    const [reply] = repliesOf(await this.scripts.run(READ_BY_LOOK_UP, [table, what.toWellFormed()]));
    return reply === undefined ? null : this.reader.read(reply);
  }

  async byName(name: string, limit: number): Promise<StoredInstance[]> {
    const replies = repliesOf(await this.scripts.run(READ_BY_NAME, [name.toWellFormed(), limit]));
    return replies.flatMap((reply) => this.reader.readOrSkip(reply) ?? []);
  }

  private async batch(ids: readonly InstanceId[]): Promise<StoredInstance[]> {
    const known = ids.map((id) => this.remembered.of(id));
    const args = ids.flatMap((id, i) => [id, known[i]?.version ?? '']);
    const reply = (await this.scripts.run(READ, args)) as (string | null)[];
    return ids.flatMap((id, i) => {
      const [version, lastUsed, doc] = reply.slice(3 * i, 3 * i + 3) as ReadReply;
      if (version === null) return [];
      return this.reader.readOrSkip({ id, version, lastUsed, doc }, known[i]) ?? [];
    });
  }

  private async batchOfLookUps(table: LookUpTable, names: readonly string[]): Promise<StoredInstance[]> {
    const args: string[] = [table];
    // What was asked for is held on to: a reader beside us may push it out before the answer rests on it.
    const known = new Map<InstanceId, RememberedRecord>();
    for (const name of names) {
      const led = this.remembered.named(table, name);
      if (led !== null) known.set(led.id, led.remembered);
      args.push(name.toWellFormed(), led === null ? '' : `${led.id} ${led.remembered.version}`);
    }
    const replies = repliesOf(await this.scripts.run(READ_MANY_BY_LOOK_UP, args));
    return replies.flatMap((reply) => this.reader.readOrSkip(reply, known.get(reply.id) ?? null) ?? []);
  }
}

async function inBatches<Name>(
  names: readonly Name[],
  read: (batch: readonly Name[]) => Promise<StoredInstance[]>,
): Promise<StoredInstance[]> {
  const batches: Promise<StoredInstance[]>[] = [];
  for (let i = 0; i < names.length; i += MAX_BATCH) batches.push(read(names.slice(i, i + MAX_BATCH)));
  return (await Promise.all(batches)).flat();
}

type ReadReply = [version: RecordVersion | null, lastUsed: string | null, doc: string | null];

/** @param flat id, version, last-used and document of each record, one after the other */
function repliesOf(flat: unknown): RecordReply[] {
  const values = flat as (string | null)[];
  const replies: RecordReply[] = [];
  for (let i = 0; i < values.length; i += 4) {
    const [id, version, lastUsed, doc] = values.slice(i, i + 4) as [InstanceId, RecordVersion, string | null, string];
    replies.push({ id, version, lastUsed, doc });
  }
  return replies;
}
