import { randomUUID } from 'node:crypto';
import { HealthIndicatorRegistry, NotWellError, ProcessIdentity } from '@app/platform';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { RedisConnections } from './connections/ioredis-connections.js';
import { redisTrouble } from './protocol/errors.js';
import { FleetKeys } from './protocol/keys.js';
import { RedisSettings } from './redis.settings.js';
import { RedisReadiness } from './redis-readiness.js';

const READERS: ReadonlySet<string> = new Set(['api', 'standalone']);
const PROOF_LIVES_MS = 60_000;
/** Less than the time of a check, which would say that it took too long and not what. */
const ANSWERS_WITHIN_MS = 800;

/**
 * Writes to Redis, over the connection that the process uses anyway: a replica, a full server and one whose rights were
 * taken away all answer a PING.
 */
@Injectable()
export class RedisIndicator implements OnModuleInit {
  private readonly id = randomUUID();

  constructor(
    @Inject(RedisConnections) private readonly connections: RedisConnections | null,
    private readonly settings: RedisSettings,
    private readonly registry: HealthIndicatorRegistry,
    private readonly identity: ProcessIdentity,
    private readonly readiness: RedisReadiness,
  ) {}

  onModuleInit(): void {
    const { connections } = this;
    if (connections === null) return;
    const key = new FleetKeys(this.settings.REDIS_KEY_PREFIX).health(this.id);
    this.registry.register({
      name: 'redis',
      needed: !this.goesOnWithout(),
      check: async () => {
        const { trouble, since } = this.readiness;
        if (trouble !== null) {
          const text = `Redis ${trouble.text}; this process has waited for it since its start at ${since}`;
          throw new NotWellError(trouble.kind, text);
        }
        try {
          await answered(connections.commands.set(key, '1', 'PX', PROOF_LIVES_MS));
        } catch (error) {
          const trouble = redisTrouble(error) ?? { kind: 'broken', text: 'cannot be used' };
          throw new NotWellError(trouble.kind, `Redis ${trouble.text}`);
        }
      },
    });
  }

  /** A process that answers requests can read from memory meanwhile; one that runs jobs can do nothing. */
  private goesOnWithout(): boolean {
    return this.settings.REDIS_ENABLE_FALLBACK && READERS.has(this.identity.processName);
  }
}

async function answered(reply: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer from Redis within ${ANSWERS_WITHIN_MS} ms`)),
      ANSWERS_WITHIN_MS,
    );
  });
  try {
    await Promise.race([reply, limit]);
  } finally {
    clearTimeout(timer);
  }
}
