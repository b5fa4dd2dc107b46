import { JitteredRounds } from '@app/jobs';
import { RedisReadiness } from '@app/redis';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { AuditOptions, IdleAudit } from './idle-audit.js';

/** Audits now and then. In the process and not in the queue, because it is there to repair the queue. */
@Injectable()
export class AuditTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(AuditTimer.name);
  private readonly rounds: JitteredRounds;

  constructor(
    private readonly audit: IdleAudit,
    timers: SchedulerRegistry,
    { intervalMs }: AuditOptions,
    private readonly redis: RedisReadiness,
  ) {
    this.rounds = new JitteredRounds(timers, { name: 'idle-audit', intervalMs }, () => this.round());
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.redis.onReady(() => this.rounds.start());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** A failed audit is only told: the next one begins from what is stored. */
  private async round(): Promise<void> {
    try {
      await this.audit.audit();
    } catch (error) {
      this.logger.warn('idle audit failed', { err: error });
    }
  }
}
