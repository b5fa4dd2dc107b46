import type { InstanceId } from '../instance-id.js';
import type { LedgerEntry } from './ledger-entry.js';

/**
 * The audit log of each record, which ends with it. Writes of a record append to it by themselves. All methods throw
 * `StoreUnavailableError` when the store cannot be reached.
 */
export abstract class AuditLog {
  /** The latest entries first, at most 200 are kept. */
  abstract entries(id: InstanceId, limit: number): Promise<readonly LedgerEntry[]>;

  /** Nothing happens when there is no such record. At most 200 at a time, in one round trip. */
  abstract append(entries: readonly { readonly id: InstanceId; readonly entry: LedgerEntry }[]): Promise<void>;
}
