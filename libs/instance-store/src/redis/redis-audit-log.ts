import { RedisScript } from '@app/redis';
import { AUDIT_LOG_LENGTH, auditLine, parseAuditLine } from '../plan/audit-lines.js';
import type { AuditEntry } from '../ports/audit-log.port.js';
import { AuditLog } from '../ports/audit-log.port.js';
import { refuseLargeBatch } from '../ports/store-errors.js';
import type { InstanceId } from '../record/identity.js';
import { storeKey } from './keys.js';
import { orStoreError, type StoreKeyspace } from './keyspace.js';

const APPEND_AUDIT_ENTRY = RedisScript.fromFile(new URL('./lua/append-audit-entry.lua', import.meta.url), {
  AUDIT_LOG_LENGTH,
});

/** Keeps each record's audit log in the list `ledger:<id>`. */
export class RedisAuditLog extends AuditLog {
  constructor(private readonly keyspace: StoreKeyspace) {
    super();
  }

  override async entries(id: InstanceId, limit: number): Promise<readonly AuditEntry[]> {
    if (limit < 1) return [];
    const last = Math.min(limit, AUDIT_LOG_LENGTH) - 1;
    const lines = await orStoreError(this.keyspace.redis.lrange(this.keyspace.key(storeKey.auditLog(id)), 0, last));
    return lines.flatMap((line) => parseAuditLine(line) ?? []);
  }

  override async append(entries: readonly { readonly id: InstanceId; readonly entry: AuditEntry }[]): Promise<void> {
    refuseLargeBatch(entries.length);
    if (entries.length === 0) return;
    await this.keyspace.run(
      APPEND_AUDIT_ENTRY,
      entries.flatMap(({ id, entry }) => [id, auditLine(entry)]),
    );
  }
}
