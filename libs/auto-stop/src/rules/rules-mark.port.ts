/** What the processes of a fleet say of the rules by which they write. */
export interface RulesReading {
  /** The rules with which all idle deadlines agree; null when that is not known. */
  readonly settled: string | null;
  /** How many other rules than the reported ones are in use, or were lately. */
  readonly others: number;
}

/**
 * Remembers, for all processes, which rules are in use and with which ones the idle deadlines of the fleet agree. Rules
 * count as in use for some time after their last report, and while more than one are in use, none is settled.
 */
export abstract class RulesMark {
  /** Says that this process writes by these rules. One round trip. @throws StoreUnavailableError */
  abstract report(fingerprint: string): Promise<RulesReading>;

  /**
   * Says that all deadlines agree with these rules; without effect while other ones are in use.
   * @returns whether it took effect
   * @throws StoreUnavailableError
   */
  abstract settle(fingerprint: string): Promise<boolean>;
}
