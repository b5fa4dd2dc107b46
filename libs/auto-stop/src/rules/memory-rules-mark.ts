import { RulesMark } from './rules-mark.port.js';

/** Within one process, whose records end with it too. */
export class MemoryRulesMark extends RulesMark {
  private fingerprint: string | null = null;

  override read(): Promise<string | null> {
    return Promise.resolve(this.fingerprint);
  }

  override write(fingerprint: string): Promise<void> {
    this.fingerprint = fingerprint;
    return Promise.resolve();
  }
}
