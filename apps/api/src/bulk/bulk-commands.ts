import { Leases } from '@app/auto-stop';
import { type FleetFilter, FleetView, type InstanceId, type InstanceRecord, ownerOf } from '@app/instance-store';
import { type Caller, InstanceCommands, type InstanceRef } from '@app/lifecycle';
import { Clock, PLATFORM_PROBLEMS, Problem, sideBySide } from '@app/platform';
import { SpendReports } from '@app/spend';
import { OrphanCommands } from '@app/sync';
import { Injectable, Logger } from '@nestjs/common';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { problemOfLibraryError } from '../core/errors/problem-mapping.js';
import { type BulkCost, type BulkOrder, costOfOrder, digestOf, type Skip, skipReason } from './bulk-rules.js';

/** Instances that one request acts on. */
export const MOST_AT_ONCE = 500;
/** Commands under way at the same time. */
const SIDE_BY_SIDE = 25;

/** Which instances: those named, those that match, or those named that match. */
export interface BulkSelection {
  readonly ids: readonly InstanceRef[] | null;
  readonly filter: FleetFilter | null;
}

export interface BulkPreview {
  readonly matching: number;
  /** Would be acted on, the dearest first. */
  readonly acting: readonly InstanceRecord[];
  readonly cost: BulkCost;
  /** How many would be left alone, by why. */
  readonly skipped: readonly (Skip & { readonly instances: number })[];
  readonly digest: string;
}

/** What became of one instance. */
export type BulkResult =
  | { readonly outcome: 'accepted'; readonly id: InstanceId; readonly name: string }
  | { readonly outcome: 'skipped'; readonly id: string; readonly name: string | null; readonly skip: Skip }
  | { readonly outcome: 'failed'; readonly id: InstanceId; readonly name: string; readonly problem: Problem };

const NO_MATCH: Skip = {
  code: 'no-match',
  reason: 'There is no such instance, or it does not match the filter any more.',
};

/** One command on many instances, each on its own: one that fails does not hold up the others. */
@Injectable()
export class BulkCommands {
  private readonly logger = new Logger(BulkCommands.name);

  constructor(
    private readonly fleet: FleetView,
    private readonly commands: InstanceCommands,
    private readonly orphans: OrphanCommands,
    private readonly leases: Leases,
    private readonly spend: SpendReports,
    private readonly clock: Clock,
  ) {}

  /** What would be done. Writes nothing. @throws FleetNotLoadedError */
  async preview(selection: BulkSelection, order: BulkOrder): Promise<BulkPreview> {
    const matching = await this.matching(selection);
    const skips = new Map<string, Skip & { readonly instances: number }>();
    const acting: InstanceRecord[] = [];
    for (const record of matching) {
      const skip = skipReason(record, order, this.clock.now());
      if (skip === null) acting.push(record);
      else skips.set(skip.code, { ...skip, instances: (skips.get(skip.code)?.instances ?? 0) + 1 });
    }
    return {
      matching: matching.length,
      acting: acting.toSorted((a, b) => (b.price.usdPerHour ?? -1) - (a.price.usdPerHour ?? -1)),
      cost: costOfOrder(acting, order),
      skipped: [...skips.values()],
      digest: digestOf(acting),
    };
  }

  /**
   * Acts on the named instances, in their order.
   * @param ids at most `MOST_AT_ONCE`
   * @throws FleetNotLoadedError
   */
  async runNamed(
    ids: readonly InstanceRef[],
    filter: FleetFilter | null,
    order: BulkOrder,
    caller: Caller,
  ): Promise<readonly BulkResult[]> {
    const found = new Map<string, InstanceRecord>();
    for (const record of await this.matching({ ids, filter })) {
      found.set(record.id, record);
      if (record.novitaInstanceId !== null) found.set(record.novitaInstanceId, record);
    }
    return this.run(
      ids.map((id) => found.get(id) ?? id),
      order,
      caller,
    );
  }

  /**
   * Acts on all that match, if they are those of the dry run.
   * @throws Problem `selection-changed`, `selection-too-large`; FleetNotLoadedError
   */
  async runMatching(
    filter: FleetFilter,
    digest: string,
    order: BulkOrder,
    caller: Caller,
  ): Promise<readonly BulkResult[]> {
    const { acting, digest: present } = await this.preview({ ids: null, filter }, order);
    if (present !== digest) {
      throw new Problem(API_PROBLEMS['selection-changed'], {
        detail: `Now it would act on ${acting.length} instances, and they are not those of the dry run.`,
        extensions: { digest: present, instances: acting.length },
      });
    }
    if (acting.length > MOST_AT_ONCE) {
      throw new Problem(API_PROBLEMS['selection-too-large'], {
        detail: `It would act on ${acting.length} instances; one request acts on at most ${MOST_AT_ONCE}.`,
        extensions: { instances: acting.length, maximum: MOST_AT_ONCE },
      });
    }
    return this.run(acting, order, caller);
  }

  private async matching({ ids, filter }: BulkSelection): Promise<readonly InstanceRecord[]> {
    return (await this.fleet.match({ ...filter, ...(ids !== null && { ids }) })).records;
  }

  private async run(
    chosen: readonly (InstanceRecord | InstanceRef)[],
    order: BulkOrder,
    caller: Caller,
  ): Promise<readonly BulkResult[]> {
    const results = await sideBySide(chosen, SIDE_BY_SIDE, (one) => this.runOne(one, order, caller));
    const accepted = results.filter(({ outcome }) => outcome === 'accepted').length;
    this.logger.log('bulk command', { action: order.action, instances: chosen.length, accepted, by: caller.keyName });
    return results;
  }

  private async runOne(chosen: InstanceRecord | InstanceRef, order: BulkOrder, caller: Caller): Promise<BulkResult> {
    if (typeof chosen === 'string') return { outcome: 'skipped', id: chosen, name: null, skip: NO_MATCH };
    const { id, name } = chosen;
    const skip = skipReason(chosen, order, this.clock.now());
    if (skip !== null) return { outcome: 'skipped', id, name, skip };
    try {
      await this.carryOut(chosen, order, caller);
      return { outcome: 'accepted', id, name };
    } catch (error) {
      return { outcome: 'failed', id, name, problem: this.problemOf(error, id) };
    }
  }

  /** An unforeseen error of one instance must not hide what became of the others. */
  private problemOf(error: unknown, instanceId: InstanceId): Problem {
    const problem = error instanceof Problem ? error : problemOfLibraryError(error, EFFECT);
    if (problem !== null) return problem;
    this.logger.error('a bulk command failed for an instance', { instanceId, error });
    return new Problem(PLATFORM_PROBLEMS['internal-error'], {
      detail: 'An unforeseen error; the log of this process names it.',
      cause: error,
    });
  }

  private async carryOut(record: InstanceRecord, order: BulkOrder, caller: Caller): Promise<void> {
    switch (order.action) {
      case 'start':
        await this.spend.assertWithinLimit({ kind: 'start', owner: ownerOf(record) });
        await this.commands.run('start', record.id, caller);
        return;
      case 'stop':
      case 'restart':
      case 'delete':
        await this.commands.run(order.action, record.id, caller);
        return;
      case 'keepBusy':
        await this.leases.lease(record.id, { until: order.until, reason: order.reason }, caller);
        return;
      case 'endLease':
        await this.leases.endLease(record.id, caller);
        return;
      case 'autoStop':
        await this.commands.changeSettings(record.id, { autoStop: order.change }, null, caller);
        return;
      case 'adopt':
      case 'ignore':
      case 'unignore':
        await this.carryOutOrphan(record, order.action, caller);
    }
  }

  private async carryOutOrphan(
    { novitaInstanceId }: InstanceRecord,
    action: 'adopt' | 'ignore' | 'unignore',
    caller: Caller,
  ): Promise<void> {
    if (novitaInstanceId === null) throw new Error('a discovered instance has no id at the provider');
    if (action === 'unignore') await this.orphans.unignore(novitaInstanceId);
    else await this.orphans[action](novitaInstanceId, caller);
  }
}

const EFFECT = { isRead: false, isRepeatable: true } as const;
