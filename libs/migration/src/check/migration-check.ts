import { Novita } from '@app/novita-client';
import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { CheckCounters, type CheckOrder, type MigrationCheckReport } from '../stats/check-report.js';
import { ReclaimedInstances } from './reclaimed-instances.js';

/**
 * Looks for reclaimed instances in Novita's list of those that are down, so that a check costs what is down and not what
 * exists. It finds what no other read has shown yet.
 */
@Injectable()
export class MigrationCheck {
  constructor(
    private readonly novita: Novita,
    private readonly reclaimed: ReclaimedInstances,
    private readonly clock: Clock,
  ) {}

  /** @throws NovitaError, StoreUnavailableError, the reason of the signal */
  async run(order: CheckOrder): Promise<MigrationCheckReport> {
    const startedAt = this.clock.timestamp();
    const counters = new CheckCounters();
    // The filter is only a help: what Novita lists in spite of it is left out where it is judged.
    const pages = this.novita.instances.list({ status: 'exited' }, { signal: order.signal, priority: 'background' });
    for await (const { items } of pages) {
      for (const verdict of await this.reclaimed.handle(items, startedAt, order.dryRun)) counters.add(verdict);
    }
    return counters.report(order, { startedAt, endedAt: this.clock.timestamp() });
  }
}
