import { RedisScript } from '@app/redis';
import { refuseLargeBatch } from '../batch-limit.js';
import type { InstanceId } from '../instance-id.js';
import { storeKey } from '../keys.js';
import { AuditLog } from '../ledger/audit-log.port.js';
import type { LedgerEntry } from '../ledger/ledger-entry.js';
import { LEDGER_LENGTH, ledgerLine, parseLedgerLine } from '../ledger/ledger-line.js';
import type { RedisStoreContext } from './store-context.js';
import { orStoreError } from './store-error.js';

const ENTER_IN_LEDGER = RedisScript.fromFile(new URL('./lua/enter-in-ledger.lua', import.meta.url));

/** Keeps each record's audit log in the list `ledger:<id>`. */
export class RedisAuditLog extends AuditLog {
  constructor(private readonly context: RedisStoreContext) {
    super();
  }

  override async entries(id: InstanceId, limit: number): Promise<readonly LedgerEntry[]> {
    if (limit < 1) return [];
    const last = Math.min(limit, LEDGER_LENGTH) - 1;
    const lines = await orStoreError(this.context.redis.lrange(this.context.key(storeKey.ledger(id)), 0, last));
    return lines.flatMap((line) => parseLedgerLine(line) ?? []);
  }

  override async append(entries: readonly { readonly id: InstanceId; readonly entry: LedgerEntry }[]): Promise<void> {
    refuseLargeBatch(entries.length);
    if (entries.length === 0) return;
    await this.context.scripts.run(
      ENTER_IN_LEDGER,
      entries.flatMap(({ id, entry }) => [id, ledgerLine(entry)]),
    );
  }
}
