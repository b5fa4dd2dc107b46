import { RedisScript } from '@app/redis';
import { LEDGER_LENGTH, ledgerLine, parseLedgerLine } from '../plan/ledger.js';
import type { LedgerEntry } from '../ports/audit-log.port.js';
import { AuditLog } from '../ports/audit-log.port.js';
import { refuseLargeBatch } from '../ports/store-errors.js';
import type { InstanceId } from '../record/identity.js';
import { storeKey } from './keys.js';
import { orStoreError, type StoreKeyspace } from './keyspace.js';

const ENTER_IN_LEDGER = RedisScript.fromFile(new URL('./lua/enter-in-ledger.lua', import.meta.url));

/** Keeps each record's audit log in the list `ledger:<id>`. */
export class RedisAuditLog extends AuditLog {
  constructor(private readonly keyspace: StoreKeyspace) {
    super();
  }

  override async entries(id: InstanceId, limit: number): Promise<readonly LedgerEntry[]> {
    if (limit < 1) return [];
    const last = Math.min(limit, LEDGER_LENGTH) - 1;
    const lines = await orStoreError(this.keyspace.redis.lrange(this.keyspace.key(storeKey.ledger(id)), 0, last));
    return lines.flatMap((line) => parseLedgerLine(line) ?? []);
  }

  override async append(entries: readonly { readonly id: InstanceId; readonly entry: LedgerEntry }[]): Promise<void> {
    refuseLargeBatch(entries.length);
    if (entries.length === 0) return;
    await this.keyspace.run(
      ENTER_IN_LEDGER,
      entries.flatMap(({ id, entry }) => [id, ledgerLine(entry)]),
    );
  }
}
