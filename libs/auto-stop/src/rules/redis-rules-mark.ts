import { FleetKeys, listReply, type RedisConnections, RedisScript } from '@app/redis';
import { orStoreUnavailable } from '../redis-reply.js';
import { RulesMark, type RulesReading } from './rules-mark.port.js';

/** More than three times the pause between two reports: a process that misses some and writes is not forgotten. */
const IN_USE_MS = 200_000;

const REPORT = RedisScript.fromFile(new URL('./scripts/report.lua', import.meta.url));
const SETTLE = RedisScript.fromFile(new URL('./scripts/settle.lua', import.meta.url));

/** The settled rules, and those in use by the time of their latest report. */
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
    const [settled, others] = listReply(await this.run(REPORT, fingerprint));
    return { settled: typeof settled === 'string' && settled !== '' ? settled : null, others: Number(others) };
  }

  override async settle(fingerprint: string): Promise<boolean> {
    return (await this.run(SETTLE, fingerprint)) === 1;
  }

  private run(script: RedisScript, fingerprint: string): Promise<unknown> {
    return orStoreUnavailable(script.run(this.connections.commands, this.keys, [fingerprint, this.inUseMs]));
  }
}
