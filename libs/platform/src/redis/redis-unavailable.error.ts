/** Redis cannot be used at boot. The message names host, port and cause, and no password. */
export class RedisUnavailableError extends Error {
  override readonly name = 'RedisUnavailableError';

  constructor(address: string, cause: unknown) {
    super(`Redis at ${address} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
