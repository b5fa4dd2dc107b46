import type { AuditEntry } from '../ports/audit-log.port.js';
import { AuditLog } from '../ports/audit-log.port.js';
import { refuseLargeBatch } from '../ports/store-errors.js';
import type { InstanceId } from '../record/identity.js';
import type { MemoryStoreState } from './memory-state.js';

/** Keeps each record's audit log in this process. */
export class MemoryAuditLog extends AuditLog {
  constructor(private readonly state: MemoryStoreState) {
    super();
  }

  override async entries(id: InstanceId, limit: number): Promise<readonly AuditEntry[]> {
    return this.state.tables.auditLog(id, limit);
  }

  override async append(entries: readonly { readonly id: InstanceId; readonly entry: AuditEntry }[]): Promise<void> {
    refuseLargeBatch(entries.length);
    for (const { id, entry } of entries) if (this.state.held.has(id)) this.state.tables.enter(id, [entry]);
  }
}
