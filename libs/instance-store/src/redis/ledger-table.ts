import type { Redis } from 'ioredis';
import { refuseLargeBatch } from '../batch-limit.js';
import type { InstanceId } from '../instance-id.js';
import type { LedgerEntry } from '../ledger/ledger-entry.js';
import { LEDGER_LENGTH, ledgerLine, parseLedgerLine } from '../ledger/ledger-line.js';
import type { ScriptRunner } from './redis-script.js';
import { ENTER_IN_LEDGER } from './scripts/ledger.lua.js';
import { orStoreError } from './store-error.js';

/** The ledgers: a list of lines of JSON for each record, the latest first. */
export class LedgerTable {
  constructor(
    private readonly redis: Redis,
    private readonly scripts: ScriptRunner,
    private readonly hashTag: string,
  ) {}

  /** @throws RangeError, StoreUnavailableError */
  async enter(entries: readonly { readonly id: InstanceId; readonly entry: LedgerEntry }[]): Promise<void> {
    refuseLargeBatch(entries.length);
    if (entries.length === 0) return;
    await this.scripts.run(
      ENTER_IN_LEDGER,
      entries.flatMap(({ id, entry }) => [id, ledgerLine(entry)]),
    );
  }

  async latest(id: InstanceId, limit: number): Promise<LedgerEntry[]> {
    if (limit < 1) return [];
    const last = Math.min(limit, LEDGER_LENGTH) - 1;
    const lines = await orStoreError(this.redis.lrange(`${this.hashTag}:ledger:${id}`, 0, last));
    return lines.flatMap((line) => parseLedgerLine(line) ?? []);
  }
}
