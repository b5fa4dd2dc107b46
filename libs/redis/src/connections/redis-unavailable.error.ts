import { StartError } from '@app/platform';
import { NoPrimaryError, redisTrouble } from './redis-trouble.js';

/** Redis cannot be used at boot. The message names host, port and cause, and no password. */
export class RedisUnavailableError extends StartError {
  override readonly name = 'RedisUnavailableError';

  constructor(address: string, cause: unknown) {
    super(`Redis at ${address} ${reason(cause)}`, { cause });
  }
}

function reason(cause: unknown): string {
  const trouble = redisTrouble(cause);
  if (trouble !== null && (trouble.kind !== 'away' || cause instanceof NoPrimaryError)) return trouble.text;
  return `cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`;
}
