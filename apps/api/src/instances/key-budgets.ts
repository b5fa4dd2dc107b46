import { FleetView } from '@app/instance-store';
import { type ApiKeyLimits, Clock } from '@app/platform';
import { type KeyBudget, keyBudget, SpendReports } from '@app/spend';
import { Injectable } from '@nestjs/common';
import type { KeyHolder } from '../core/auth/access.js';

/** Whose key has limits. */
export type LimitedHolder = KeyHolder & { readonly limits: ApiKeyLimits };

export function isLimited(holder: KeyHolder): holder is LimitedHolder {
  return holder.limits !== undefined;
}

/** Reads what keys with limits may still begin; no other key costs anything here. */
@Injectable()
export class KeyBudgets {
  constructor(
    private readonly spend: SpendReports,
    private readonly fleet: FleetView,
    private readonly clock: Clock,
  ) {}

  /**
   * As of now, from the store and not from any memory of it.
   * @throws StoreUnavailableError, FleetNotLoadedError: such a key may begin nothing then
   */
  async of({ name, limits }: LimitedHolder): Promise<KeyBudget> {
    const owner = `user:${name}`;
    const [spend, fleet] = await Promise.all([this.spend.ofOwner(owner), this.fleet.summarize({ owners: [owner] })]);
    const billed = { usdPerHour: fleet.costUsdPerHour, unpriced: fleet.unpriced };
    return keyBudget(limits, spend, billed, this.clock.now());
  }
}
