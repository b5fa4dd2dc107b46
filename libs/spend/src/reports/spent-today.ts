import { dayOf, SpendMeter, startOfDayMs } from '@app/instance-store';
import { Clock, ShortMemory, timestampFromMs } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { limitsReached, type ReachedLimits, type SpentOnDay } from '../limits/spend-limits.js';
import { SpendOptions } from '../limits/spend-options.js';
import { spendUpTo } from './spend-up-to.js';

/** So that creates and the page do not ask more often than money moves. */
const REMEMBERED_MS = 2_000;

export interface TodayAgainstLimits {
  readonly spent: SpentOnDay;
  readonly reached: ReachedLimits;
}

/** What this day of UTC has cost, in all and by owner, against the limits. */
@Injectable()
export class SpentToday {
  private readonly memory: ShortMemory<TodayAgainstLimits>;

  constructor(
    private readonly meter: SpendMeter,
    private readonly clock: Clock,
    private readonly options: SpendOptions,
  ) {
    this.memory = new ShortMemory(clock, REMEMBERED_MS);
  }

  /** At most two seconds old. @throws StoreUnavailableError */
  latest(): Promise<TodayAgainstLimits> {
    return this.memory.recall(dayOf(this.clock.now()), () => this.read());
  }

  /** As it stands now; two round trips side by side, whatever the fleet's size. @throws StoreUnavailableError */
  async read(): Promise<TodayAgainstLimits> {
    const nowMs = this.clock.now();
    const today = dayOf(nowMs);
    const [reading, parts] = await Promise.all([this.meter.read(today), this.meter.parts('owner', [today])]);
    const spent = {
      day: timestampFromMs(startOfDayMs(today)).slice(0, 'yyyy-mm-dd'.length),
      usd: spendUpTo(reading, nowMs).todayUsd,
      byOwner: parts[0] ?? new Map<string, number>(),
    };
    return { spent, reached: limitsReached(spent, this.options) };
  }
}
