import type { Redis } from 'ioredis';

/** What a piece of work had the server execute. */
export interface CommandCount {
  /** Scripts and all that they call included. */
  readonly commands: number;
  /** Of them, those that are scripts. */
  readonly scripts: number;
}

/** Counted by the server itself, so nobody else may use it meanwhile. */
export async function countCommands(redis: Redis, work: () => Promise<unknown>): Promise<CommandCount> {
  await redis.config('RESETSTAT');
  await work();
  const stats = await redis.info('commandstats');
  const calls = new Map([...stats.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)].map(([, name, n]) => [name, Number(n)]));
  calls.delete('config|resetstat');
  return {
    commands: [...calls.values()].reduce((sum, n) => sum + n, 0),
    scripts: (calls.get('evalsha') ?? 0) + (calls.get('eval') ?? 0),
  };
}
