import { RulesMark, type RulesReading } from './rules-mark.port.js';

/** Within one process, whose records end with it too. */
export class MemoryRulesMark extends RulesMark {
  private settled: string | null = null;

  override report(): Promise<RulesReading> {
    return Promise.resolve({ settled: this.settled, others: 0 });
  }

  override settle(fingerprint: string): Promise<boolean> {
    this.settled = fingerprint;
    return Promise.resolve(true);
  }
}
