import type { Timestamp } from '@app/platform';
import type { InstanceId } from '../record/identity.js';

export const AUDIT_ENTRY_KINDS = [
  'status',
  'wish',
  'settings',
  'lease',
  'warning',
  'decision',
  'hold',
  'repair',
] as const;
export type AuditEntryKind = (typeof AUDIT_ENTRY_KINDS)[number];

/** One entry of an instance's audit log: what happened to it or was decided about it, by whom and why. */
export interface AuditEntry {
  readonly at: Timestamp;
  readonly kind: AuditEntryKind;
  /** An `Actor`, or the sender of a signal of use. */
  readonly by: string;
  /** For `status` and `wish` (the desired state): before and after. */
  readonly from?: string;
  readonly to?: string;
  /** In words, with the signals that it rests on. */
  readonly reason: string;
}

/**
 * The audit log of each record, which ends with it. Writes of a record append to it by themselves. All methods throw
 * `StoreUnavailableError` when the store cannot be reached.
 */
export abstract class AuditLog {
  /** The latest entries first, at most 200 are kept. */
  abstract entries(id: InstanceId, limit: number): Promise<readonly AuditEntry[]>;

  /** Nothing happens when there is no such record. At most 200 at a time, in one round trip. */
  abstract append(entries: readonly { readonly id: InstanceId; readonly entry: AuditEntry }[]): Promise<void>;
}
