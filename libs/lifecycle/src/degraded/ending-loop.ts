import {
  CommandJournal,
  DegradedMode,
  type EndingEntry,
  type EndingObservation,
  FleetView,
  type InstanceId,
  type InstanceRecord,
  isEnding,
  StoreAvailability,
  timestampsOfNewRun,
} from '@app/instance-store';
import { NovitaApi, NovitaError, type NovitaInstanceId, phaseOf } from '@app/novita-client';
import { Clock, delay, msFromTimestamp, type Timestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { providerErrorOf } from '../problems/provider-errors.js';
import { LifecycleOptions } from '../reconcile/policy-source.js';
import { MarkerListing, ProviderObserver } from '../reconcile/provider-observer.js';
import { applyObservation, decide } from '../state-machine/decide.js';
import {
  type Decision,
  endsBill,
  type Found,
  type LifecyclePolicy,
  NOT_OBSERVED,
  type Step,
} from '../state-machine/model.js';
import { applyCommandAccepted, applyCommandError } from '../state-machine/outcomes.js';
import { mergeEnding } from './merge-ending.js';
import { observeEnding } from './observe-ending.js';

/** After an error that is no answer of the provider. */
const RETRY_MS = 5_000;

/** One instance that is being ended. */
interface Ending {
  record: InstanceRecord;
  /** The newest command for it; null for one whose stop or delete stood in the store before it went away. */
  entry: EndingEntry | null;
  observed: EndingObservation | null;
  /** Aborted to look again at once. */
  sleep: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Stops and deletes instances straight at the provider, by the decisions that the workers take, on records in memory: it
 * looks before it acts, and goes on until the provider agrees. What it sees is shown, and is not written; the workers see
 * it again. Another process that does the same at the same time does no harm.
 */
@Injectable()
export class EndingLoop {
  private readonly logger = new Logger('EndingLoop');
  private readonly endings = new Map<InstanceId, Ending>();
  private readonly settled = new Set<string>();
  private readonly shutdown = new AbortController();
  private readonly observer: ProviderObserver;

  constructor(
    private readonly api: NovitaApi,
    private readonly fleet: FleetView,
    private readonly degraded: DegradedMode,
    private readonly journal: CommandJournal,
    private readonly availability: StoreAvailability,
    private readonly clock: Clock,
    private readonly options: LifecycleOptions,
    listing: MarkerListing,
  ) {
    const holders = {
      getManyByNovitaId: (ids: readonly NovitaInstanceId[]) =>
        Promise.resolve(
          ids.flatMap((id) => {
            const record = fleet.known(id);
            return record === null ? [] : [{ record, lastUsedAt: null }];
          }),
        ),
    };
    this.observer = new ProviderObserver(api, holders, clock, listing);
  }

  /** Whether nothing is left to be done for this entry: the provider was seen to agree, or something newer counts. */
  isSettled(entryId: string): boolean {
    return this.settled.has(entryId);
  }

  /**
   * Ends what entries of the journal ask for; those that are under way already go on.
   * @param entries in the order in which they were asked for
   */
  carryOut(entries: readonly EndingEntry[]): void {
    for (const entry of this.newestOfEach(entries)) {
      const known = this.known(entry);
      // An observation of this process or of the one before it says more than what is shown.
      if (entry.observed?.startedAgainAt !== undefined) {
        this.settle(entry);
        continue;
      }
      const merge = mergeEnding(known ?? entry.record, entry, this.options.policy);
      switch (merge.kind) {
        case 'applies':
          this.begin(merge.record, entry);
          break;
        case 'is-so':
          this.begin(known ?? entry.record, entry);
          break;
        case 'not-ours':
          // The store has lost its record, and what a sync has imported since is nobody's: the command was for ours.
          this.begin(entry.record, entry);
          break;
        case 'gone':
        case 'superseded':
        case 'started-again':
          this.settle(entry);
          break;
        case 'busy':
      }
    }
  }

  /** Ends what was to be ended when the store went away, as nobody else can now. */
  async carryOutKnown(): Promise<void> {
    const leaving = await this.degraded.knownAll({ statuses: ['stopping', 'deleting', 'failed'] });
    for (const record of leaving) if (endsBill(record) && record.origin !== 'discovered') this.begin(record, null);
  }

  async stop(): Promise<void> {
    this.shutdown.abort();
    for (const { sleep } of this.endings.values()) sleep.abort();
    await Promise.all([...this.endings.values()].map(({ ended }) => ended));
  }

  /** The newest entry for each instance says all; a stop does not take a delete back. */
  private newestOfEach(entries: readonly EndingEntry[]): readonly EndingEntry[] {
    const newest = new Map<InstanceId, EndingEntry>();
    for (const entry of entries) {
      if (this.settled.has(entry.id)) continue;
      const id = this.known(entry)?.id ?? entry.target.instanceId;
      if (newest.get(id)?.kind !== 'delete' || entry.kind === 'delete') newest.set(id, entry);
    }
    return [...newest.values()];
  }

  private known({ target: { instanceId, novitaInstanceId } }: EndingEntry): InstanceRecord | null {
    return this.fleet.known(instanceId) ?? (novitaInstanceId === null ? null : this.fleet.known(novitaInstanceId));
  }

  /** With it what was asked for before of the same instance. @returns those that stand in the journal */
  private settle(entry: EndingEntry): readonly EndingEntry[] {
    const { instanceId, novitaInstanceId } = entry.target;
    const settled = this.journal
      .entries()
      .filter(isEnding)
      .filter(
        ({ target, at }) =>
          at <= entry.at &&
          (target.instanceId === instanceId ||
            (novitaInstanceId !== null && target.novitaInstanceId === novitaInstanceId)),
      );
    // A repeat that was replaced by a later one is not in the journal any more.
    for (const { id } of [entry, ...settled]) this.settled.add(id);
    return settled;
  }

  private begin(record: InstanceRecord, entry: EndingEntry | null): void {
    const present = this.endings.get(record.id);
    if (present !== undefined) {
      const isNew = entry !== null && entry.id !== present.entry?.id;
      if (isNew) {
        present.entry = entry;
        present.observed = entry.observed ?? null;
      }
      if (present.record.desired.state === record.desired.state) {
        if (isNew) {
          // What was observed before it was asked for does not count for it.
          const { at, by } = entry;
          present.record = this.due({ ...present.record, desired: { ...present.record.desired, at, by } });
          present.sleep.abort();
        }
        // A process that began without the store shows the provider's listing, which knows of no commands.
        if (!this.isShown(present.record)) this.degraded.show(present.record);
        return;
      }
      present.record = this.degraded.show(record);
      present.sleep.abort();
      return;
    }
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const observed = entry?.observed ?? null;
    const ending: Ending = { record: this.due(record), entry, observed, sleep: new AbortController(), ended };
    this.endings.set(record.id, ending);
    if (!this.isShown(record)) this.degraded.show(record);
    void this.drive(ending).finally(() => {
      this.endings.delete(record.id);
      resolve();
    });
  }

  /** Due at once, whatever a worker had put it off to. */
  private due(record: InstanceRecord): InstanceRecord {
    return { ...record, deadlines: { ...record.deadlines, nextReconcileAt: this.clock.timestamp() } };
  }

  private async drive(ending: Ending): Promise<void> {
    while (!this.shutdown.signal.aborted && this.isNeeded(ending)) {
      const before = ending.record;
      let pauseMs = RETRY_MS;
      try {
        const next = await this.pass(ending);
        // Another command may have come meanwhile.
        if (ending.record === before) {
          ending.record = next;
          if (isShownOtherwise(before, next)) this.degraded.show(next);
          if (!endsBill(next) || next.status === 'terminated') return this.end(ending);
        }
        const at = ending.record.deadlines.nextReconcileAt;
        pauseMs = at === undefined ? RETRY_MS : Math.max(0, msFromTimestamp(at) - this.clock.now());
      } catch (error) {
        if (this.shutdown.signal.aborted) return;
        this.logger.warn('an instance could not be looked after', { instanceId: before.id, err: error });
      }
      if (this.shutdown.signal.aborted) return;
      ending.sleep = new AbortController();
      await delay(pauseMs, ending.sleep.signal);
    }
  }

  private end({ record, entry }: Ending): void {
    if (entry !== null) this.settle(entry);
    if (record.desired.state === 'running') return;
    this.logger.log('ended at Novita without Redis', { instanceId: record.id, status: record.status });
  }

  private isShown({ id, desired }: InstanceRecord): boolean {
    return this.fleet.known(id)?.desired.state === desired.state;
  }

  private isNeeded({ entry }: Ending): boolean {
    if (this.availability.state === 'degraded') return true;
    return entry !== null && this.journal.has(entry.id);
  }

  /** Looks, decides, and carries out one step. @returns the record with what came of it */
  private async pass(ending: Ending): Promise<InstanceRecord> {
    const { policy } = this.options;
    const { record } = ending;
    let decision = decide(record, NOT_OBSERVED, this.clock.now(), policy);
    if (decision.step.kind === 'look') {
      const { signal } = this.shutdown;
      const seen = await this.observer.observe(record, decision.step.by, { signal, priority: 'urgent' });
      // A command that came meanwhile is looked for anew.
      if (ending.record !== record) return record;
      if (seen.kind === 'found' && seen.at >= record.desired.at) {
        const startedAgainAt = await this.observe(ending, seen);
        if (startedAgainAt !== null) return leftRunning(record, seen, startedAgainAt, policy);
        if (ending.record !== record) return record;
      }
      decision = decide(record, seen, this.clock.now(), policy);
    }
    return this.carryOutStep(decision);
  }

  /**
   * Remembers what was observed, in the journal too, so that a process which takes it over knows it.
   * @returns since when it runs again, if it was started after the stop or delete was asked for
   */
  private async observe(ending: Ending, seen: Found): Promise<Timestamp | null> {
    const { entry, record } = ending;
    const asked = entry ?? { at: record.desired.at, record };
    const observed = observeEnding(ending.observed, seen, asked);
    if (observed === null || observed === ending.observed) return null;
    ending.observed = observed;
    const { startedAgainAt = null } = observed;
    if (startedAgainAt !== null) {
      this.logger.warn('left running: it was started again after its end was asked for', {
        instanceId: record.id,
        desired: record.desired.state,
        askedAt: asked.at,
        startedAgainAt,
      });
    }
    if (entry === null) return startedAgainAt;
    const concerned = startedAgainAt === null ? [entry] : this.settle(entry);
    try {
      await Promise.all(concerned.map(({ id }) => this.journal.observe(id, observed)));
    } catch (error) {
      this.logger.warn('what was observed of an instance could not be kept in the journal', {
        instanceId: record.id,
        err: error,
      });
    }
    return startedAgainAt;
  }

  private async carryOutStep({ step, record, reason }: Decision): Promise<InstanceRecord> {
    switch (step.kind) {
      case 'stop':
      case 'delete':
        this.logger.log('without Redis', { instanceId: record.id, step: step.kind, reason });
        return this.command(step.kind, step.target, record);
      case 'stop-surplus':
      case 'delete-surplus':
        await this.endSurplus(step, record);
        return record;
      // Nothing else ends a bill; looks and pauses stand in the record.
      case 'look':
      case 'create':
      case 'start':
      case 'restart':
      case 'migrate':
      case 'probe':
      case 'adopt':
      case 'fail':
      case 'poll':
      case 'wait':
      case 'done':
        return record;
    }
  }

  private async command(
    kind: 'stop' | 'delete',
    target: NovitaInstanceId,
    record: InstanceRecord,
  ): Promise<InstanceRecord> {
    const { policy } = this.options;
    try {
      await this.send(kind, target);
      return applyCommandAccepted(record, kind, this.clock.now(), policy);
    } catch (error) {
      if (!(error instanceof NovitaError)) throw error;
      this.logger.warn('command refused', { instanceId: record.id, command: kind, detail: error.message });
      return applyCommandError(record, kind, providerErrorOf(error), this.clock.now(), policy);
    }
  }

  private async endSurplus(
    { kind, target }: Extract<Step, { kind: 'stop-surplus' | 'delete-surplus' }>,
    { id }: InstanceRecord,
  ): Promise<void> {
    try {
      await this.send(kind === 'stop-surplus' ? 'stop' : 'delete', target);
    } catch (error) {
      if (!(error instanceof NovitaError)) throw error;
      this.logger.warn('a duplicate instance could not be ended yet', {
        instanceId: id,
        target,
        detail: error.message,
      });
    }
  }

  private async send(kind: 'stop' | 'delete', target: NovitaInstanceId): Promise<void> {
    const options = { signal: this.shutdown.signal, priority: 'urgent' } as const;
    if (kind === 'stop') await this.api.stopInstance(target, options);
    else await this.api.deleteInstance(target, options);
  }
}

/** As it is shown until Redis says more: somebody has started it, at another process or at the provider. */
function leftRunning(
  record: InstanceRecord,
  seen: Found,
  startedAt: Timestamp,
  policy: LifecyclePolicy,
): InstanceRecord {
  const isUp = phaseOf(seen.instance.status) === 'up';
  const noted = applyObservation(record, seen, policy);
  const timestamps = timestampsOfNewRun(noted.timestamps);
  return {
    ...noted,
    status: isUp ? 'running' : 'starting',
    // Any stop that is asked for from now on is newer, whatever the provider's clock says.
    desired: { ...noted.desired, state: 'running', by: 'console' },
    confirmedAt: isUp ? seen.at : null,
    timestamps: isUp ? { ...timestamps, started: startedAt } : timestamps,
  };
}

function isShownOtherwise(before: InstanceRecord, after: InstanceRecord): boolean {
  return (
    before.status !== after.status ||
    before.desired.state !== after.desired.state ||
    before.novitaStatus !== after.novitaStatus ||
    before.novitaInstanceId !== after.novitaInstanceId ||
    before.confirmedAt !== after.confirmedAt ||
    before.lastError?.code !== after.lastError?.code
  );
}
