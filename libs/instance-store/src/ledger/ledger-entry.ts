import type { Timestamp } from '@app/platform';

export const LEDGER_KINDS = ['status', 'wish', 'settings', 'lease', 'warning', 'decision', 'repair'] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

/** One line of an instance's ledger: what happened to it or was decided about it, by whom and why. */
export interface LedgerEntry {
  readonly at: Timestamp;
  readonly kind: LedgerKind;
  /** An `Actor`, or who sent a sign of use. */
  readonly by: string;
  /** For `status` and `wish`: before and after. */
  readonly from?: string;
  readonly to?: string;
  /** In words, with the signs that it rests on. */
  readonly reason: string;
}
