import type { InstanceId } from '../instance-id.js';
import type { LedgerEntry } from '../ledger/ledger-entry.js';
import { boundedEntry, LEDGER_LENGTH } from '../ledger/ledger-line.js';

/** The ledgers of one process; each goes with its record. */
export class MemoryLedger {
  /** The oldest first. */
  private readonly entries = new Map<InstanceId, LedgerEntry[]>();

  /** @param entries the oldest first */
  enter(id: InstanceId, entries: readonly LedgerEntry[]): void {
    if (entries.length === 0) return;
    const held = this.entries.get(id) ?? [];
    held.push(...entries.map(boundedEntry));
    held.splice(0, held.length - LEDGER_LENGTH);
    this.entries.set(id, held);
  }

  latest(id: InstanceId, limit: number): LedgerEntry[] {
    return (this.entries.get(id) ?? []).toReversed().slice(0, Math.max(0, limit));
  }

  remove(id: InstanceId): void {
    this.entries.delete(id);
  }
}
