import { type InstanceRecord, type InstanceStatus, InstanceStore, updateInstance } from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Clock, Problem } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import type { Caller, StopAllItem, StopAllOutcome } from '../instance-commands.js';
import { LifecycleOptions } from '../reconcile/policy-source.js';
import { applyCommand } from './command-rules.js';

/** Those that run or are about to. */
const RUNNING: readonly InstanceStatus[] = [
  'creating',
  'created',
  'starting',
  'running',
  'health_checking',
  'ready',
  'restarting',
  'migrating',
];
const PAGE = 200;
/** Writes under way at the same time. */
const SIDE_BY_SIDE = 50;

type ItemOutcome = { readonly list: 'stopping' } | { readonly list: 'skipped' | 'failed'; readonly reason: string };

/** Stops all that is ours, each on its own: one that cannot be stopped does not hold up the others. */
@Injectable()
export class StopAll {
  private readonly logger = new Logger(StopAll.name);

  constructor(
    private readonly store: InstanceStore,
    private readonly requests: ReconcileRequests,
    private readonly clock: Clock,
    private readonly lifecycle: LifecycleOptions,
  ) {}

  async stopAll(caller: Caller, { dryRun }: { readonly dryRun: boolean }): Promise<StopAllOutcome> {
    const items = await this.running();
    const outcomes: ItemOutcome[] = [];
    for (let from = 0; from < items.length; from += SIDE_BY_SIDE) {
      const some = items.slice(from, from + SIDE_BY_SIDE);
      outcomes.push(...(await Promise.all(some.map((record) => this.stopOne(record, caller, dryRun)))));
    }
    const told = items.map((record, index) => ({ record, outcome: outcomes[index] }));
    const stopping = told.filter(({ outcome }) => outcome?.list === 'stopping').map(({ record }) => record);
    if (!dryRun)
      await this.requests.now(
        stopping.map(({ id }) => id),
        { urgent: true },
      );
    this.logger.log('stop-all', { count: stopping.length, dryRun, by: caller.keyName });
    const withReason = (list: 'skipped' | 'failed'): StopAllOutcome['skipped'] =>
      told.flatMap(({ record, outcome }) =>
        outcome?.list === list ? [{ ...itemOf(record), reason: outcome.reason }] : [],
      );
    return { dryRun, stopping: stopping.map(itemOf), skipped: withReason('skipped'), failed: withReason('failed') };
  }

  private async stopOne(record: InstanceRecord, { keyName }: Caller, dryRun: boolean): Promise<ItemOutcome> {
    const stop = (current: InstanceRecord): InstanceRecord =>
      applyCommand(current, 'stop', `user:${keyName}`, this.clock.now(), this.lifecycle.policy);
    try {
      if (dryRun) return stop(record) === record ? ALREADY : { list: 'stopping' };
      const { outcome } = await updateInstance(this.store, record.id, { kind: 'command' }, stop, () => ({
        reason: 'stop-all was asked for',
      }));
      return outcome === 'written' ? { list: 'stopping' } : ALREADY;
    } catch (error) {
      if (error instanceof Problem) return { list: 'skipped', reason: error.message };
      return { list: 'failed', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Read before the first write, because the writes move records out of what is listed. */
  private async running(): Promise<readonly InstanceRecord[]> {
    const records: InstanceRecord[] = [];
    let cursor: string | null = null;
    do {
      const page = await this.store.list({
        limit: PAGE,
        statuses: RUNNING,
        sort: 'createdAt',
        ...(cursor === null ? {} : { cursor }),
      });
      records.push(...page.instances.map(({ record }) => record));
      cursor = page.nextCursor;
    } while (cursor !== null);
    return records;
  }
}

const ALREADY: ItemOutcome = { list: 'skipped', reason: 'it is stopped or gone already' };

function itemOf({ id, name, status, price }: InstanceRecord): StopAllItem {
  return { id, name, status, usdPerHour: price.usdPerHour };
}
