import { dayOf, FleetEvents, SpendMeter, type SpendWarning, startOfDayMs } from '@app/instance-store';
import { Clock, timestampFromMs } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { SpendOptions } from '../reports/spend-options.js';
import { spendUpTo } from '../reports/spend-up-to.js';

/** Of the day's limit. */
const LEVELS_PERCENT = [80, 100] as const;

/** Warns once for each day and level that the day's spend has reached it, whichever worker finds it first. */
@Injectable()
export class SpendLimitWatch {
  private readonly logger = new Logger(SpendLimitWatch.name);

  constructor(
    private readonly spend: SpendMeter,
    private readonly events: FleetEvents,
    private readonly clock: Clock,
    private readonly options: SpendOptions,
  ) {}

  /** @throws StoreUnavailableError */
  async check(): Promise<void> {
    const { dailyLimitUsd: limitUsd, enforced } = this.options;
    if (limitUsd === null) return;
    const nowMs = this.clock.now();
    const today = dayOf(nowMs);
    const spentUsd = spendUpTo(await this.spend.read(today), nowMs).todayUsd;
    const day = timestampFromMs(startOfDayMs(today)).slice(0, 'yyyy-mm-dd'.length);
    for (const levelPercent of LEVELS_PERCENT) {
      if (spentUsd * 100 >= limitUsd * levelPercent) {
        await this.warn({ day, levelPercent, spentUsd, limitUsd, enforced });
      }
    }
  }

  private async warn(data: SpendWarning): Promise<void> {
    // Under another limit it is another warning.
    const key = `spend-${data.day}-${data.levelPercent}-${data.limitUsd}`;
    if (!(await this.events.emitOnce(key, { type: 'spend.warning', data }))) return;
    this.logger.warn(`the fleet has spent ${data.levelPercent} % of what it may cost today`, { ...data });
  }
}
