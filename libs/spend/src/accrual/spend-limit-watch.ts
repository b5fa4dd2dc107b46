import { FleetEvents, type SpendWarning } from '@app/instance-store';
import { sideBySide } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { refusesCreates, SpendOptions } from '../limits/spend-options.js';
import { SpentToday } from '../reports/spent-today.js';

/** Of a day's limit. */
const LEVELS_PERCENT = [80, 100] as const;
/** Warnings emitted at the same time. */
const SIDE_BY_SIDE = 16;

/**
 * Warns once for each day, level and limit that the day's spend has reached it, whichever worker finds it first: the fleet's, and
 * that of each owner.
 */
@Injectable()
export class SpendLimitWatch {
  private readonly logger = new Logger(SpendLimitWatch.name);
  /** What this process has warned about on the day of its latest check, so that it asks the store once for each. */
  private emitted: { readonly day: string; readonly keys: Set<string> } = { day: '', keys: new Set() };

  constructor(
    private readonly today: SpentToday,
    private readonly events: FleetEvents,
    private readonly options: SpendOptions,
  ) {}

  /** @throws StoreUnavailableError */
  async check(): Promise<void> {
    const { dailyLimitUsd, ownerDailyLimitUsd } = this.options;
    if (dailyLimitUsd === null && ownerDailyLimitUsd === null) return;
    const { spent } = await this.today.read();
    if (this.emitted.day !== spent.day) this.emitted = { day: spent.day, keys: new Set() };
    const ofOwners = [...spent.byOwner]
      .filter(([owner]) => owner.startsWith('user:'))
      .map(([owner, usd]) => this.warningsAbout(spent.day, usd, ownerDailyLimitUsd, owner));
    const ofFleet = this.warningsAbout(spent.day, spent.usd, dailyLimitUsd);
    // The levels of one limit in their order.
    await sideBySide([ofFleet, ...ofOwners], SIDE_BY_SIDE, async (levels) => {
      for (const warning of levels) await this.warn(warning);
    });
  }

  /** @param owner absent for the limit of the fleet */
  private warningsAbout(day: string, spentUsd: number, limitUsd: number | null, owner?: string): SpendWarning[] {
    if (limitUsd === null) return [];
    const enforced = refusesCreates(this.options);
    return LEVELS_PERCENT.filter((levelPercent) => spentUsd * 100 >= limitUsd * levelPercent).map((levelPercent) => ({
      day,
      levelPercent,
      spentUsd,
      limitUsd,
      enforced,
      ...(owner !== undefined && { owner }),
    }));
  }

  private async warn(data: SpendWarning): Promise<void> {
    // Under another limit it is another warning.
    const ofOwner = data.owner === undefined ? '' : `-${data.owner}`;
    const key = `spend-${data.day}-${data.levelPercent}-${data.limitUsd}${ofOwner}`;
    const { keys } = this.emitted;
    if (keys.has(key)) return;
    const isFirst = await this.events.emitOnce(key, { type: 'spend.warning', data });
    keys.add(key);
    if (!isFirst) return;
    const who = data.owner === undefined ? 'the fleet has' : 'the instances of an owner have';
    this.logger.warn(
      `${who} spent ${data.levelPercent} % of what ${data.owner === undefined ? 'it' : 'they'} may cost today`,
      {
        ...data,
      },
    );
  }
}
