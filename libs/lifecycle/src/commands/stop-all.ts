import {
  type Actor,
  DegradedMode,
  type InstanceRecord,
  InstanceRecords,
  type InstanceStatus,
  isMigrationDue,
  meterOf,
  type RecordPage,
  StoreUnavailableError,
  updateInstance,
  usdFromMicro,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Clock, Problem } from '@app/platform';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { LifecycleOptions } from '../reconcile/policy-source.js';
import { endsBill } from '../state-machine/model.js';
import { applyCommand } from './command-rules.js';
import type { Caller, StillCosting, StopAllItem, StopAllOutcome } from './instance-commands.js';
import { endingCommand, repeated } from './run-commands.js';

/** Those that run or are about to, and those that may be billed without it or come back by themselves. */
const COSTING: readonly InstanceStatus[] = [
  'creating',
  'created',
  'starting',
  'running',
  'health_checking',
  'ready',
  'restarting',
  'migrating',
  'failed',
  'stopping',
  'stopped',
];
const PAGE = 200;
/** Writes under way at the same time. */
const SIDE_BY_SIDE = 50;

type ItemOutcome = { readonly list: 'stopping' } | { readonly list: 'skipped' | 'failed'; readonly reason: string };

/** Stops every instance of ours, each on its own: one that cannot be stopped does not hold up the others. */
@Injectable()
export class StopAll {
  private readonly logger = new Logger(StopAll.name);

  constructor(
    private readonly records: InstanceRecords,
    private readonly requests: ReconcileRequests,
    private readonly clock: Clock,
    private readonly lifecycle: LifecycleOptions,
    @Optional() @Inject(DegradedMode) private readonly degraded: DegradedMode | null = null,
  ) {}

  async stopAll(caller: Caller, options: { readonly dryRun: boolean }): Promise<StopAllOutcome> {
    const { degraded } = this;
    if (degraded === null) return this.stopInStore(caller, options);
    return degraded.either(
      () => this.stopInStore(caller, options),
      () => this.stopDegraded(degraded, caller, options),
    );
  }

  private async stopInStore(caller: Caller, { dryRun }: { readonly dryRun: boolean }): Promise<StopAllOutcome> {
    const costing = await this.costing();
    const items = costing.filter(isToStop);
    const outcomes: ItemOutcome[] = [];
    for (let from = 0; from < items.length; from += SIDE_BY_SIDE) {
      const some = items.slice(from, from + SIDE_BY_SIDE);
      outcomes.push(...(await Promise.all(some.map((record) => this.stopOne(record, caller, dryRun)))));
    }
    const outcome = this.outcome(caller, dryRun, costing, items, outcomes);
    if (!dryRun)
      await this.requests.now(
        outcome.stopping.map(({ id }) => id),
        { urgent: true },
      );
    return outcome;
  }

  /** All of them are written to the journal, or none is. */
  private async stopDegraded(
    degraded: DegradedMode,
    caller: Caller,
    { dryRun }: { readonly dryRun: boolean },
  ): Promise<StopAllOutcome> {
    const costing = await degraded.knownAll({ statuses: COSTING });
    const items = costing.filter(isToStop);
    const stops = items.map((record) => this.tryStop(record, caller));
    if (!dryRun) {
      const commands = stops.flatMap(({ next }) =>
        next === null ? [] : [{ command: endingCommand('stop', next), shown: next }],
      );
      await degraded.take(commands);
      // Those that are being stopped may have been started elsewhere meanwhile; this command is newer than that start.
      const by: Actor = `user:${caller.keyName}`;
      const under = costing.filter(isBeingStopped);
      await degraded.keep(under.map((record) => repeated(endingCommand('stop', record), this.clock.timestamp(), by)));
    }
    const outcomes = stops.map(({ outcome }) => outcome);
    return this.outcome(caller, dryRun, costing, items, outcomes);
  }

  private outcome(
    caller: Caller,
    dryRun: boolean,
    costing: readonly InstanceRecord[],
    items: readonly InstanceRecord[],
    outcomes: readonly ItemOutcome[],
  ): StopAllOutcome {
    const results = items.map((record, index) => ({ record, outcome: outcomes[index] }));
    const stopping = results.filter(({ outcome }) => outcome?.list === 'stopping').map(({ record }) => record);
    this.logger.log('stop-all', { count: stopping.length, dryRun, by: caller.keyName });
    const withReason = (list: 'skipped' | 'failed'): StopAllOutcome['skipped'] =>
      results.flatMap(({ record, outcome }) =>
        outcome?.list === list ? [{ ...itemOf(record), reason: outcome.reason }] : [],
      );
    const ends = new Set(stopping);
    return {
      dryRun,
      stopping: stopping.map(itemOf),
      skipped: withReason('skipped'),
      failed: withReason('failed'),
      ending: ending(stopping),
      stillCosting: stillCosting(costing, (record) => ends.has(record)),
    };
  }

  private async stopOne(record: InstanceRecord, { keyName }: Caller, dryRun: boolean): Promise<ItemOutcome> {
    const stop = (current: InstanceRecord): InstanceRecord =>
      applyCommand(current, 'stop', `user:${keyName}`, this.clock.now(), this.lifecycle.policy);
    try {
      if (dryRun) return stop(record) === record ? ALREADY : { list: 'stopping' };
      const { outcome } = await updateInstance(this.records, record.id, { kind: 'command' }, stop, () => ({
        reason: 'stop-all was asked for',
      }));
      return outcome === 'written' ? { list: 'stopping' } : ALREADY;
    } catch (error) {
      if (error instanceof Problem) return { list: 'skipped', reason: error.type.title };
      // The store has gone away: all of them are accepted without it.
      if (error instanceof StoreUnavailableError && this.degraded?.isEnabled === true) throw error;
      return { list: 'failed', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  private tryStop(
    record: InstanceRecord,
    { keyName }: Caller,
  ): { readonly outcome: ItemOutcome; readonly next: InstanceRecord | null } {
    try {
      const next = applyCommand(record, 'stop', `user:${keyName}`, this.clock.now(), this.lifecycle.policy);
      return next === record ? { outcome: ALREADY, next: null } : { outcome: { list: 'stopping' }, next };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { outcome: { list: 'skipped', reason: error.type.title }, next: null };
    }
  }

  /** Read before the first write, because the writes move records out of the listed statuses. */
  private async costing(): Promise<readonly InstanceRecord[]> {
    const records: InstanceRecord[] = [];
    let cursor: string | null = null;
    do {
      const page: RecordPage = await this.records.scan(cursor, PAGE, COSTING);
      records.push(...page.instances.map(({ record }) => record));
      cursor = page.nextCursor;
    } while (cursor !== null);
    return records;
  }
}

/** A reclaimed instance whose migration is to be requested, at first or again. */
function isToComeBack({ desired, migration }: InstanceRecord): boolean {
  return desired.state === 'running' && isMigrationDue(migration);
}

/** A failed one may still run, unless it is being stopped already. */
function isToStop(record: InstanceRecord): boolean {
  const { status, desired } = record;
  if (isToComeBack(record)) return true;
  if (status === 'failed') return desired.state === 'running' && meterOf(record).meter !== '';
  return status !== 'stopping' && status !== 'stopped';
}

function isBeingStopped(record: InstanceRecord): boolean {
  const { origin, status, desired } = record;
  return origin !== 'discovered' && status !== 'stopped' && desired.state === 'stopped' && endsBill(record);
}

function ending(stopping: readonly InstanceRecord[]): StopAllOutcome['ending'] {
  const meters = stopping.filter(({ spec }) => spec.billingMode !== 'monthly').map(meterOf);
  const costing = meters.filter(({ meter }) => meter !== '');
  return {
    usdPerHour: usdFromMicro(costing.reduce((sum, { rate }) => sum + rate, 0)),
    instances: costing.length,
    unpriced: costing.filter(({ meter }) => meter === 'unpriced').length,
  };
}

/** @param ends whether a record is being stopped by this command */
function stillCosting(records: readonly InstanceRecord[], ends: (record: InstanceRecord) => boolean): StillCosting {
  const sums = {
    madeElsewhere: { micro: 0, instances: 0 },
    monthly: { micro: 0, instances: 0 },
    notStopped: { micro: 0, instances: 0 },
  };
  let unpriced = 0;
  for (const record of records) {
    const { meter, rate } = meterOf(record);
    if (meter !== 'billing' && meter !== 'unpriced') continue;
    const reason = stillCostingReason(record, ends(record));
    if (reason === null) continue;
    sums[reason].micro += rate;
    sums[reason].instances += 1;
    if (meter === 'unpriced') unpriced += 1;
  }
  const { madeElsewhere, monthly, notStopped } = sums;
  const costOf = ({ micro, instances }: typeof monthly): StillCosting['byReason']['monthly'] => ({
    usdPerHour: usdFromMicro(micro),
    instances,
  });
  return {
    usdPerHour: usdFromMicro(madeElsewhere.micro + monthly.micro + notStopped.micro),
    instances: madeElsewhere.instances + monthly.instances + notStopped.instances,
    unpriced,
    byReason: { madeElsewhere: costOf(madeElsewhere), monthly: costOf(monthly), notStopped: costOf(notStopped) },
  };
}

function stillCostingReason(record: InstanceRecord, ends: boolean): keyof StillCosting['byReason'] | null {
  if (record.origin === 'discovered') return 'madeElsewhere';
  if (record.spec.billingMode === 'monthly') return 'monthly';
  return ends || record.desired.state !== 'running' ? null : 'notStopped';
}

const ALREADY: ItemOutcome = { list: 'skipped', reason: 'it is stopped or gone already' };

function itemOf({ id, name, status, price }: InstanceRecord): StopAllItem {
  return { id, name, status, usdPerHour: price.usdPerHour };
}
