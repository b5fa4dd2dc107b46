import { BEFORE_FIRST_ENTRY, ChangeFeed } from '@app/instance-store';
import { RoundsTimer } from '@app/jobs';
import { SECOND_MS } from '@app/platform';
import { LeaseKeeper, RedisReadiness } from '@app/redis';
import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { LifecycleSettings } from '../reconcile/lifecycle.settings.js';
import { StartupTimes } from './startup-times.js';
import { bookmarkText, readBookmark, startupsIn } from './startups-in-feed.js';

const LEASE = 'startup-times';
/** The feed keeps some 10,000 entries: what a very busy fleet writes within this time. */
const INTERVAL_MS = 30 * SECOND_MS;
const BATCH = 500;

/**
 * Learns from the change feed how long start-ups take: beside the reconciler, which it neither delays nor fails. What the
 * feed has lost meanwhile is not learned, and nothing counts twice.
 */
@Injectable()
export class StartupLearner {
  private readonly longestMs: number;

  constructor(
    private readonly feed: ChangeFeed,
    private readonly times: StartupTimes,
    private readonly leases: LeaseKeeper,
    { INSTANCE_STARTUP_TIMEOUT }: LifecycleSettings,
  ) {
    // Novita may take its time before it accepts a create or a start; then the time of the run begins anew.
    this.longestMs = 2 * INSTANCE_STARTUP_TIMEOUT;
  }

  /**
   * @returns how many start-ups were found; null when another worker learns at present
   * @throws StoreUnavailableError; the next round goes on where this one ended
   */
  async learn(): Promise<number | null> {
    // Shorter than the interval, or the holder would lock itself out of every second round.
    if (!(await this.leases.tryAcquire(LEASE, INTERVAL_MS * 0.8))) return null;
    let from = await this.times.bookmark();
    let found = 0;
    for (;;) {
      const { position, starting } = readBookmark(from);
      const entries = await this.feed.after(position ?? (await this.beginning()), BATCH);
      const last = entries === null ? await this.feed.latestId() : entries.at(-1)?.entryId;
      if (last === undefined) return found;
      const read = startupsIn(entries ?? [], starting, this.longestMs);
      const to = bookmarkText({ position: last, starting: read.starting });
      if (!(await this.times.record(read.startups, { from, to }))) return found;
      found += read.startups.length;
      if (entries === null || entries.length < BATCH) return found;
      from = to;
    }
  }

  private async beginning(): Promise<string> {
    return (await this.feed.oldest())?.position ?? BEFORE_FIRST_ENTRY;
  }
}

@Injectable()
export class StartupLearnerTimer extends RoundsTimer {
  constructor(learner: StartupLearner, timers: SchedulerRegistry, redis: RedisReadiness) {
    super(timers, { name: 'startup-times', intervalMs: INTERVAL_MS }, redis, () => learner.learn());
  }
}
