/** The steps of a run between its beginning and its end: cleanup, then every kind of resource side by side. */

import { type MirroredKind } from '@app/catalogue-mirror';
import { Deadlines, type InstanceId, InstanceRecords, type StoredInstance } from '@app/instance-store';
import { causeOf, NovitaError } from '@app/novita-client';
import { Clock, type Timestamp } from '@app/platform';
import { type LockHold, LockLostError } from '@app/redis';
import type { RunJournal } from '@app/sync-status';
import { Injectable } from '@nestjs/common';
import {
  type CatalogueContext,
  CataloguePass,
  isMirroredKind,
  type KindRead,
  type ProductReads,
} from '../catalogue/catalogue-pass.js';
import { InstancePass, type InstancePassResult, type PassContext } from '../instances/instance-pass.js';
import { type HeldListing, MAX_ACTIONS, type PlannedAction, type SyncKind, type SyncOrder } from '../model/sync-run.js';
import type { StepFindings } from './run-record.js';

const BATCH = 200;

interface CleanupResult {
  readonly purged: number;
  /** In a dry run only. */
  readonly actions: readonly PlannedAction[];
}

/** The first step: removes the records of terminated instances whose retention is over. */
@Injectable()
export class Cleanup {
  constructor(
    private readonly records: InstanceRecords,
    private readonly deadlines: Deadlines,
    private readonly clock: Clock,
  ) {}

  /**
   * @param hold null in a dry run, which only reports what is due
   * @throws StoreUnavailableError, LockLostError, the reason of the signal
   */
  async run(hold: LockHold | null, signal: AbortSignal): Promise<CleanupResult> {
    if (hold === null) return this.plan(signal);
    let purged = 0;
    for (;;) {
      signal.throwIfAborted();
      const now = this.clock.timestamp();
      const due = await this.deadlines.due('purgeAt', now, BATCH);
      const expired = await this.expiredOf(due, now);
      const results = await Promise.all(
        expired.map(({ record }) => this.records.remove(record.id, record.revision, { hold })),
      );
      const removed = results.filter((result) => result === 'removed').length;
      purged += removed;
      // A record that could not be removed would come again at once; the next run finds it.
      if (due.length < BATCH || removed === 0) return { purged, actions: [] };
    }
  }

  private async plan(signal: AbortSignal): Promise<CleanupResult> {
    const now = this.clock.timestamp();
    const due = await this.deadlines.due('purgeAt', now, MAX_ACTIONS);
    const actions: PlannedAction[] = [];
    for (let from = 0; from < due.length; from += BATCH) {
      signal.throwIfAborted();
      for (const { record } of await this.expiredOf(due.slice(from, from + BATCH), now)) {
        actions.push({
          action: 'remove',
          instanceId: record.id,
          novitaInstanceId: record.novitaInstanceId ?? '',
          name: record.name,
          reason: `terminated, and was to be kept until ${record.deadlines.purgeAt ?? now}`,
        });
      }
    }
    return { purged: actions.length, actions };
  }

  private async expiredOf(ids: readonly InstanceId[], now: Timestamp): Promise<readonly StoredInstance[]> {
    if (ids.length === 0) return [];
    return (await this.records.getMany(ids)).filter(
      ({ record: { status, deadlines } }) =>
        status === 'terminated' && deadlines.purgeAt !== undefined && deadlines.purgeAt <= now,
    );
  }
}

export interface StepsContext {
  /** Null in a dry run. */
  readonly hold: LockHold | null;
  readonly journal: RunJournal;
  readonly signal: AbortSignal;
  readonly heldBefore: HeldListing | null;
  /** Called when a write was refused because the lock is lost; aborts the signal. */
  readonly onLockLost: () => void;
}

type Failures = { readonly resource: SyncKind; readonly error: string }[];

/** An error is published with every step that follows it. */
const LONGEST_ERROR = 2_000;

const NOTHING_CLEANED: CleanupResult = { purged: 0, actions: [] };

@Injectable()
export class RunSteps {
  constructor(
    private readonly records: InstanceRecords,
    private readonly cleanup: Cleanup,
    private readonly catalogue: CataloguePass,
    private readonly instances: InstancePass,
  ) {}

  /**
   * Cleans up, then brings every kind of the order up to date, side by side: the limits of the client decide how many
   * calls go out. A kind that fails is named in `failures` and stops no other one.
   *
   * The last step, `informer`, is an announcement that is known to have been published. Everything that a run writes
   * and every event go through one Redis in this order, and a pod follows all three (change feed, mirror, events): a pod
   * that has got this event reads records and catalogue that are at least as new as the run.
   *
   * @throws StoreUnavailableError when the records cannot be counted or cleaned up, LockLostError, the reason of the signal
   */
  async run(order: SyncOrder, context: StepsContext): Promise<StepFindings> {
    const { hold, journal, signal } = context;
    journal.step('cleanup');
    const recordsBefore = (await this.records.counts()).total;
    // The cleanup touches terminated records only, which no listing has; a sync of other kinds leaves them alone.
    const cleans = order.resources.includes('instances') && order.handleObsoleteInstances;
    const cleaned = cleans ? await this.cleanup.run(hold, signal) : NOTHING_CLEANED;

    journal.step('sync');
    const failures: Failures = [];
    const instances = await this.sync(order, context, failures);
    signal.throwIfAborted();

    await journal.announce('informer', signal);
    const recordsAfter = (await this.records.counts()).total;
    return { recordsBefore, recordsAfter, purged: cleaned.purged, purges: cleaned.actions, instances, failures };
  }

  private async sync(order: SyncOrder, context: StepsContext, failures: Failures): Promise<InstancePassResult | null> {
    const reads = new Map<MirroredKind, Promise<KindRead>>();
    for (const kind of order.resources) {
      if (isMirroredKind(kind)) reads.set(kind, this.catalogue.run(kind, this.catalogueContext(kind, context)));
    }
    const prices = this.catalogue.prices(productReadsOf(reads));
    const catalogue = [...reads].map(([kind, read]) =>
      this.follow(kind, context, failures, read, ({ items, note }) => ({ count: items.length, note })),
    );
    const instances = order.resources.includes('instances')
      ? this.follow(
          'instances',
          context,
          failures,
          this.instances.run(this.passContext(order, context, prices)),
          ({ verdict, note }) => ({ count: verdict.distinct, note }),
        )
      : null;
    await Promise.all(catalogue);
    await prices;
    return instances;
  }

  /** Reports how a kind ends. Never rejects. */
  private async follow<Result>(
    kind: SyncKind,
    { journal, signal, onLockLost }: StepsContext,
    failures: Failures,
    work: Promise<Result>,
    summarise: (result: Result) => { readonly count: number; readonly note: string | null },
  ): Promise<Result | null> {
    journal.kind(kind, { status: 'in_progress' });
    try {
      const result = await work;
      journal.kind(kind, { status: 'completed', ...summarise(result) });
      return result;
    } catch (error) {
      if (error instanceof LockLostError) onLockLost();
      // A run that is about to end does not report what it could not finish.
      if (signal.aborted) return null;
      const text = textOf(error).slice(0, LONGEST_ERROR);
      failures.push({ resource: kind, error: text });
      journal.kind(kind, { status: 'failed', error: text });
      return null;
    }
  }

  private catalogueContext(kind: MirroredKind, { hold, journal, signal }: StepsContext): CatalogueContext {
    return {
      dryRun: hold === null,
      signal,
      onProgress: (count, total) => journal.kind(kind, { status: 'in_progress', count, total }),
    };
  }

  private passContext(order: SyncOrder, context: StepsContext, prices: PassContext['prices']): PassContext {
    const { hold, journal, signal, heldBefore } = context;
    return {
      hold,
      signal,
      options: order,
      prices,
      heldBefore,
      onProgress: (count, total) => journal.kind('instances', { status: 'in_progress', count, total }),
    };
  }
}

function textOf(error: unknown): string {
  if (error instanceof NovitaError) return causeOf(error);
  return error instanceof Error ? error.message : String(error);
}

function productReadsOf(reads: ReadonlyMap<MirroredKind, Promise<KindRead>>): ProductReads {
  const gpus = reads.get('gpu-products') as ProductReads['gpu-products'];
  const cpus = reads.get('cpu-products') as ProductReads['cpu-products'];
  return {
    ...(gpus === undefined ? {} : { 'gpu-products': gpus }),
    ...(cpus === undefined ? {} : { 'cpu-products': cpus }),
  };
}
