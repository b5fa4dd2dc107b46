import { InstanceStore } from '@app/instance-store';
import { Clock, msFromTimestamp } from '@app/platform';
import { Injectable } from '@nestjs/common';

/** Enough to find the oldest in any fleet in which this number is worth looking at. */
const LOOKED_AT = 200;

/** Finds out how long the oldest stop or delete has been waiting for the provider's agreement. */
@Injectable()
export class OldestUnconfirmed {
  constructor(
    private readonly store: InstanceStore,
    private readonly clock: Clock,
  ) {}

  /**
   * One read of a bounded page.
   * @returns 0 when none waits
   * @throws StoreUnavailableError
   */
  async ageMs(): Promise<number> {
    const { instances } = await this.store.list({
      limit: LOOKED_AT,
      statuses: ['stopping', 'deleting', 'failed'],
      sort: '-createdAt',
    });
    const now = this.clock.now();
    const wishedAt = instances.flatMap(({ record }) =>
      record.confirmedAt === null && record.desired.state !== 'running' ? [msFromTimestamp(record.desired.at)] : [],
    );
    return now - Math.min(now, ...wishedAt);
  }
}
