import { IdleTracker, InstanceRecords, type RecordPage } from '@app/instance-store';
import { Clock } from '@app/platform';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { AutoStopOptions } from '../options/auto-stop-options.js';
import { RulesMark, type RulesReading } from './rules-mark.js';
import { RulesReports, rulesFingerprint } from './rules-reports.js';

const PAGE = 200;
/** How often the fleet is put in line while processes with other rules write, in ms. */
const DISPUTED_EVERY_MS = 300_000;

/**
 * Puts the idle deadlines of the fleet in line with the settings. A deadline is derived when its record is written, and a
 * record that nobody writes would keep the deadline of the old rules. Processes that still have the old rules may write
 * afterwards, so the deadlines are put in line once more when the last of them is gone. It runs in the background, page by
 * page, so that the start of a worker does not wait for it.
 */
@Injectable()
export class ApplyRules implements OnModuleInit {
  private readonly logger = new Logger(ApplyRules.name);
  private readonly fingerprint: string;
  private isDisputed = false;
  private appliedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly mark: RulesMark,
    private readonly reports: RulesReports,
    private readonly clock: Clock,
    { rules }: AutoStopOptions,
  ) {
    this.fingerprint = rulesFingerprint(rules);
  }

  onModuleInit(): void {
    this.reports.onReading(async (reading, signal) => {
      const count = await this.apply(reading, signal);
      if (count !== null) this.logger.log('idle deadlines are in line with the settings', { count });
    });
  }

  /**
   * @returns how many records were put in line; null when nothing was to be done
   * @throws StoreUnavailableError, the reason of the signal
   */
  async apply({ settled, others }: RulesReading, signal: AbortSignal): Promise<number | null> {
    this.noteDispute(others);
    if (others > 0) {
      if (this.clock.now() - this.appliedAt < DISPUTED_EVERY_MS) return null;
      return this.reindexAll(signal);
    }
    if (settled === this.fingerprint) return null;
    const count = await this.reindexAll(signal);
    await this.mark.settle(this.fingerprint);
    return count;
  }

  private async reindexAll(signal: AbortSignal): Promise<number> {
    let count = 0;
    let cursor: string | null = null;
    do {
      signal.throwIfAborted();
      const page: RecordPage = await this.records.scan(cursor, PAGE, ['ready']);
      const ids = page.instances.map(({ record }) => record.id);
      if (ids.length > 0) await this.idle.reindex(ids);
      count += ids.length;
      cursor = page.nextCursor;
    } while (cursor !== null);
    this.appliedAt = this.clock.now();
    return count;
  }

  private noteDispute(others: number): void {
    if (others > 0 && !this.isDisputed) {
      this.logger.warn('processes with other AUTO_STOP settings are running: deadlines differ until they have ended', {
        others,
      });
    }
    this.isDisputed = others > 0;
  }
}
