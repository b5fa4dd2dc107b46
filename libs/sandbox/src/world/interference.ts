import type { InstanceRecord, InstanceState } from './instance-record.js';

/** What a command is about, as far as it is known when the question is asked. */
export interface Target {
  readonly instanceId: string | null;
  readonly name: string | null;
  readonly productId: string | null;
}

/** What is wrong with the bill. */
export interface BillTrouble {
  /** Nothing of the latest hours is on it yet. */
  readonly lateHours: number;
  /** Such as `2026-03-01`. */
  readonly missingDays: ReadonlySet<string>;
  /** Amounts are so many times what they would be in the usual unit. */
  readonly unitFactor: number;
  /** So much of what is used is charged; 100 for nothing wrong. */
  readonly percent: number;
}

/** The questions at which faults may change the course of the world. */
export interface Interference {
  outOfStock(operation: string, target: Target): boolean;
  outOfBalance(operation: string, target: Target): boolean;
  /** Whether this migration makes another instance in place of moving this one. */
  migratesElsewhere(operation: string, target: Target): boolean;
  /** Whether the account's balance is shown as used up. */
  balanceEmpty(): boolean;
  billing(): BillTrouble;
  /** The message with which this start will fail; null when it will not. */
  startFailure(operation: string, target: Target): string | null;
  /** Whether the instance must not leave its present state. */
  holds(record: InstanceRecord): boolean;
  /** @param now epoch milliseconds */
  hides(instance: Pick<InstanceState, 'id' | 'createdAt'>, from: 'lists' | 'reads', now: number): boolean;
  /** Whether any instance is hidden from lists now: lets a page be cut out without reading the others. */
  hidesFromLists(): boolean;
  /** How an open port is silenced; null when it is not. */
  silences(record: InstanceRecord, port: number): '503' | 'nothing' | null;
}
