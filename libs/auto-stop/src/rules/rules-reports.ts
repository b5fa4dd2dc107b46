import type { IdleRules } from '@app/instance-store';
import { JitteredRounds } from '@app/jobs';
import { RedisReadiness } from '@app/redis';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { AutoStopOptions } from '../options/auto-stop-options.js';
import { RulesMark, type RulesReading } from './rules-mark.js';

/** Between two reports, in ms. */
const INTERVAL_MS = 60_000;

/** @param signal aborts when the process is to end */
export type RulesListener = (reading: RulesReading, signal: AbortSignal) => Promise<void>;

/**
 * Reports by which rules this process writes idle deadlines, for as long as it lives. API processes report too, because
 * they write records: one that still has the old settings leaves old deadlines behind.
 */
@Injectable()
export class RulesReports implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(RulesReports.name);
  private readonly end = new AbortController();
  private readonly rounds: JitteredRounds;
  private readonly fingerprint: string;
  private listener: RulesListener = () => Promise.resolve();
  private isFailing = false;

  constructor(
    private readonly mark: RulesMark,
    timers: SchedulerRegistry,
    { rules }: AutoStopOptions,
    private readonly redis: RedisReadiness,
  ) {
    this.fingerprint = rulesFingerprint(rules);
    this.rounds = new JitteredRounds(timers, { name: 'idle-rules', intervalMs: INTERVAL_MS }, () => this.round());
  }

  /** Passes each reading to this listener; the next report waits for it. */
  onReading(listener: RulesListener): void {
    this.listener = listener;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.redis.onReady(() => {
      void this.rounds.startNow();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.end.abort();
    await this.rounds.stop();
  }

  private async round(): Promise<void> {
    try {
      await this.listener(await this.mark.report(this.fingerprint), this.end.signal);
      this.isFailing = false;
    } catch (error) {
      if (this.end.signal.aborted) return;
      if (!this.isFailing) {
        this.logger.warn('the rules of auto-stop could not be reported, trying again', { err: error });
      }
      this.isFailing = true;
    }
  }
}

/** Equal for rules that mean the same, whatever the order in which templates are named. */
export function rulesFingerprint({ enabled, thresholdMs, warningMs, byTemplate }: IdleRules): string {
  const templates = [...byTemplate].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([enabled, thresholdMs, warningMs, templates]);
}
