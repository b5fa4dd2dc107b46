import { type Clock, timestampFromMs } from '@app/platform';
import { LockLostError } from '@app/redis';
import { refuseLargeBatch } from '../batch-limit.js';
import { changeOfInsert } from '../change-type.js';
import type { IdleRules } from '../idle/idle-clock.js';
import type { ImportedInstance, UnderLock } from '../instance-store.port.js';
import { prepareImport } from '../record/prepare-import.js';
import { lockArguments } from './lock-arguments.js';
import type { RecordReader } from './record-reader.js';
import { newVersion } from './record-version.js';
import type { ScriptRunner } from './redis-script.js';
import { INSERT_MANY } from './scripts/insert-many.lua.js';

/**
 * Inserts many records that are not likely to be read soon. They are not remembered, since they would push out what
 * readers use.
 */
export class BulkInserter {
  constructor(
    private readonly scripts: ScriptRunner,
    private readonly reader: RecordReader,
    private readonly clock: Clock,
    private readonly options: {
      readonly feedLimit: number;
      readonly rules: IdleRules;
      readonly confirmPatienceMs: number;
    },
  ) {}

  /** @throws LockLostError, RangeError, StoreUnavailableError */
  async insert(instances: readonly ImportedInstance[], under: UnderLock): Promise<readonly boolean[]> {
    refuseLargeBatch(instances.length);
    if (instances.length === 0) return [];
    const [lock, token] = lockArguments(under);
    const now = this.clock.now();
    const args: (string | number)[] = [lock, token, newVersion(1), this.options.feedLimit, timestampFromMs(now), now];
    for (const { record, picture } of instances) {
      const { json, entry, state, warnings } = prepareImport(record, this.options);
      this.reader.warn(record.id, warnings);
      args.push(record.id, json, JSON.stringify(entry), picture, state, changeOfInsert(record));
    }
    const reply = (await this.scripts.run(INSERT_MANY, args)) as 'lock-lost' | (0 | 1)[];
    if (reply === 'lock-lost') throw new LockLostError(under.hold.name);
    return reply.map((inserted) => inserted === 1);
  }
}
