import type { Clock } from '@app/platform';
import { refuseLargeBatch } from '../batch-limit.js';
import type { InstanceId } from '../instance-id.js';
import { ledgerLine } from '../ledger/ledger-line.js';
import { type ConfirmedWish, unconfirmedEntry } from '../ledger/unconfirmed-entry.js';
import type { ScriptRunner } from './redis-script.js';
import { ANNOUNCE_UNCONFIRMED, WAITED } from './scripts/announce-unconfirmed.lua.js';

/** Tells of stops and deletes that the provider has not agreed to in time. */
export class UnconfirmedWishes {
  constructor(
    private readonly scripts: ScriptRunner,
    private readonly clock: Clock,
    private readonly feedLimit: number,
  ) {}

  /** @throws RangeError, StoreUnavailableError */
  async announce(ids: readonly InstanceId[]): Promise<number> {
    refuseLargeBatch(ids.length);
    if (ids.length === 0) return 0;
    const at = this.clock.timestamp();
    const lineOf = (wish: ConfirmedWish): string => ledgerLine(unconfirmedEntry(wish, WAITED, at));
    const args = [this.clock.now(), at, this.feedLimit, lineOf('stopped'), lineOf('deleted'), ...ids];
    return (await this.scripts.run(ANNOUNCE_UNCONFIRMED, args)) as number;
  }
}
