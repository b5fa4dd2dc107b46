import type { RedisConnections } from '@app/platform';
import { orUnavailable } from '../redis-reply.js';
import { RulesMark } from './rules-mark.port.js';

/** One key, `auto-stop:rules`. */
export class RedisRulesMark extends RulesMark {
  private readonly key: string;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.key = `{${keyPrefix}}:auto-stop:rules`;
  }

  override async read(): Promise<string | null> {
    return orUnavailable(this.connections.commands.get(this.key));
  }

  override async write(fingerprint: string): Promise<void> {
    await orUnavailable(this.connections.commands.set(this.key, fingerprint));
  }
}
