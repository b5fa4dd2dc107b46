import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { AuditOptions, IdleAudit } from './idle-audit.js';

const NAME = 'idle-audit';

/**
 * Audits now and then for as long as the process lives. In the process and not in the queue, because it is there to
 * repair the queue. Jittered, so that the workers of a deployment do not all reach for the lease at once.
 */
@Injectable()
export class AuditTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(AuditTimer.name);
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly audit: IdleAudit,
    private readonly scheduler: SchedulerRegistry,
    private readonly options: AuditOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.arm();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.disarm();
    await this.running;
  }

  private arm(): void {
    const delay = this.options.intervalMs * (0.8 + 0.4 * Math.random());
    const timer = setTimeout(() => {
      this.disarm();
      this.running = this.tick();
    }, delay);
    this.scheduler.addTimeout(NAME, timer);
  }

  private disarm(): void {
    if (this.scheduler.doesExist('timeout', NAME)) this.scheduler.deleteTimeout(NAME);
  }

  /** A failed audit is only told: the next one begins from what is stored. */
  private async tick(): Promise<void> {
    try {
      await this.audit.audit();
    } catch (error) {
      this.logger.warn('idle audit failed', { err: error });
    }
    if (!this.stopped) this.arm();
  }
}
