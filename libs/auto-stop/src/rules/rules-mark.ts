import { StoreUnavailableError } from '@app/instance-store';
import { FleetKeys, listReply, orUnavailable, type RedisConnections, RedisScript } from '@app/redis';

/** The rules by which the processes of a fleet write, as they have reported them. */
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
  /** Reports that this process writes by these rules. One round trip. @throws StoreUnavailableError */
  abstract report(fingerprint: string): Promise<RulesReading>;

  /**
   * Notes that all deadlines agree with these rules; without effect while other ones are in use.
   * @returns whether it took effect
   * @throws StoreUnavailableError
   */
  abstract settle(fingerprint: string): Promise<boolean>;
}

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

/** More than three times the pause between two reports: a process that misses some and writes is not forgotten. */
const IN_USE_MS = 200_000;
const SCRIPT = RedisScript.fromFile(new URL('./rules-mark.lua', import.meta.url));

/** In Redis: the settled rules, and those in use by the time of their latest report. */
export class RedisRulesMark extends RulesMark {
  private readonly keys: readonly string[];

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
    private readonly inUseMs = IN_USE_MS,
  ) {
    super();
    const keys = new FleetKeys(keyPrefix);
    this.keys = [keys.autoStopRules, keys.autoStopRulesInUse];
  }

  override async report(fingerprint: string): Promise<RulesReading> {
    const [settled, others] = listReply(await this.run('report', fingerprint));
    return { settled: typeof settled === 'string' && settled !== '' ? settled : null, others: Number(others) };
  }

  override async settle(fingerprint: string): Promise<boolean> {
    return (await this.run('settle', fingerprint)) === 1;
  }

  private run(action: 'report' | 'settle', fingerprint: string): Promise<unknown> {
    const { commands } = this.connections;
    return orUnavailable(
      SCRIPT.run(commands, this.keys, [action, fingerprint, this.inUseMs]),
      (text, cause) => new StoreUnavailableError(text, { cause }),
    );
  }
}
