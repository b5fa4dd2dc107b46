import { commitmentsIn, FleetView } from '@app/instance-store';
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
    // In this order: what is made in between is counted by the store, and would else look like something that it does not count.
    const { records } = await this.fleet.liveOf(owner);
    const spend = await this.spend.ofOwner(owner);
    return keyBudget(limits, spend, commitmentsIn(records), this.clock.now());
  }
}
