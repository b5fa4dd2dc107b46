import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { RedisConnections } from '../redis/redis-connections.port.js';
import { HealthIndicatorRegistry } from './health-indicator-registry.js';

/** Asks Redis for a sign of life, over the connection that the process uses anyway. */
@Injectable()
export class RedisIndicator implements OnModuleInit {
  constructor(
    @Inject(RedisConnections) private readonly connections: RedisConnections | null,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    const { connections } = this;
    if (connections === null) return;
    this.registry.register({
      name: 'redis',
      needed: true,
      check: async () => {
        await connections.commands.ping();
      },
    });
  }
}
