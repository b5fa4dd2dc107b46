import { InstanceStore } from '@app/instance-store';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { AutoStopOptions } from '../auto-stop-options.js';
import { rulesFingerprint } from './rules-fingerprint.js';
import { RulesMark } from './rules-mark.port.js';

const PAGE = 200;
const RETRY_MS = 30_000;

/**
 * Puts the idle deadlines of the fleet in line with the settings when those have changed since they last were: a
 * deadline is derived when its record is written, and a record that nobody writes would keep the one of the old rules.
 * In the background, page by page, so that the start of a worker does not wait for it.
 */
@Injectable()
export class ApplyRules implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ApplyRules.name);
  private readonly end = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: InstanceStore,
    private readonly mark: RulesMark,
    private readonly options: AutoStopOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.tryApply();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.end.abort();
    clearTimeout(this.timer);
    await this.running;
  }

  /**
   * @returns how many records were put in line; null when the rules are the same as before
   * @throws StoreUnavailableError, the reason of the signal
   */
  async apply(signal: AbortSignal): Promise<number | null> {
    const fingerprint = rulesFingerprint(this.options.rules);
    if ((await this.mark.read()) === fingerprint) return null;
    let count = 0;
    let cursor: string | null = null;
    do {
      signal.throwIfAborted();
      const page = await this.store.list({
        limit: PAGE,
        statuses: ['ready'],
        sort: 'createdAt',
        ...(cursor === null ? {} : { cursor }),
      });
      const ids = page.instances.map(({ record }) => record.id);
      if (ids.length > 0) await this.store.reindexIdle(ids);
      count += ids.length;
      cursor = page.nextCursor;
    } while (cursor !== null);
    await this.mark.write(fingerprint);
    return count;
  }

  private async tryApply(): Promise<void> {
    try {
      const count = await this.apply(this.end.signal);
      if (count !== null) this.logger.log('idle deadlines are in line with the settings', { count });
    } catch (error) {
      if (this.end.signal.aborted) return;
      this.logger.warn('idle deadlines could not be put in line with the settings, trying again', { err: error });
      this.timer = setTimeout(() => {
        this.running = this.tryApply();
      }, RETRY_MS);
    }
  }
}
