import {
  CommandJournal,
  DegradedMode,
  type EndingEntry,
  FleetView,
  type InstanceId,
  type InstanceRecord,
  StoreAvailability,
} from '@app/instance-store';
import { NovitaApi, NovitaError, type NovitaInstanceId } from '@app/novita-client';
import { Clock, delay, msFromTimestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { providerErrorOf } from '../problems/provider-errors.js';
import { LifecycleOptions } from '../reconcile/policy-source.js';
import { MarkerListing, ProviderObserver } from '../reconcile/provider-observer.js';
import { decide } from '../state-machine/decide.js';
import { type Decision, endsBill, NOT_LOOKED, type Step } from '../state-machine/model.js';
import { noteCommandRefused, noteCommandTaken } from '../state-machine/outcomes.js';
import { mergeEnding } from './merge-ending.js';

/** After an error that is no answer of the provider. */
const RETRY_MS = 5_000;

/** One instance that is being ended. */
interface Ending {
  record: InstanceRecord;
  /** Null for one whose stop or delete stood in the store before it went away. */
  entryId: string | null;
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
  private readonly confirmed = new Set<string>();
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

  /** Whether the provider was seen to agree with this entry. */
  isConfirmed(entryId: string): boolean {
    return this.confirmed.has(entryId);
  }

  /** Ends what entries of the journal ask for; those that are under way already go on. */
  carryOut(entries: readonly EndingEntry[]): void {
    for (const entry of entries) {
      if (this.confirmed.has(entry.id)) continue;
      const { instanceId, novitaInstanceId } = entry.target;
      const known =
        this.fleet.known(instanceId) ?? (novitaInstanceId === null ? null : this.fleet.known(novitaInstanceId));
      const merge = mergeEnding(known ?? entry.record, entry, this.options.policy);
      if (merge.kind === 'applies') this.begin(merge.record, entry.id);
      else if (merge.kind === 'is-so') this.begin(known ?? entry.record, entry.id);
      // The store has lost its record, and what a sync has imported since is nobody's: the command was for ours.
      else if (merge.kind === 'not-ours') this.begin(entry.record, entry.id);
      else if (merge.kind === 'gone' || merge.kind === 'superseded') this.confirmed.add(entry.id);
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

  private begin(record: InstanceRecord, entryId: string | null): void {
    const present = this.endings.get(record.id);
    if (present !== undefined) {
      present.entryId = entryId ?? present.entryId;
      if (present.record.desired.state === record.desired.state) {
        // A process that began without the store shows the provider's listing, which knows of no commands.
        if (!this.isShown(present.record)) this.degraded.show(present.record);
        return;
      }
      present.record = this.degraded.show(record);
      present.sleep.abort();
      return;
    }
    // Due at once, whatever a worker had put it off to.
    const due = { ...record, deadlines: { ...record.deadlines, nextReconcileAt: this.clock.timestamp() } };
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const ending: Ending = { record: due, entryId, sleep: new AbortController(), ended };
    this.endings.set(record.id, ending);
    if (!this.isShown(record)) this.degraded.show(record);
    void this.drive(ending).finally(() => {
      this.endings.delete(record.id);
      resolve();
    });
  }

  private async drive(ending: Ending): Promise<void> {
    while (!this.shutdown.signal.aborted && this.isNeeded(ending)) {
      const before = ending.record;
      let pauseMs = RETRY_MS;
      try {
        const next = await this.pass(before);
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

  private end({ record, entryId }: Ending): void {
    if (entryId !== null) this.confirmed.add(entryId);
    this.logger.log('ended at Novita without Redis', { instanceId: record.id, status: record.status });
  }

  private isShown({ id, desired }: InstanceRecord): boolean {
    return this.fleet.known(id)?.desired.state === desired.state;
  }

  private isNeeded({ entryId }: Ending): boolean {
    if (this.availability.state === 'degraded') return true;
    return entryId !== null && this.journal.has(entryId);
  }

  /** Looks, decides, and carries out one step. @returns the record with what came of it */
  private async pass(record: InstanceRecord): Promise<InstanceRecord> {
    const { policy } = this.options;
    let decision = decide(record, NOT_LOOKED, this.clock.now(), policy);
    if (decision.step.kind === 'look') {
      const { signal } = this.shutdown;
      const seen = await this.observer.observe(record, decision.step.by, { signal, priority: 'urgent' });
      decision = decide(record, seen, this.clock.now(), policy);
    }
    return this.carryOutStep(decision);
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
      return noteCommandTaken(record, kind, this.clock.now(), policy);
    } catch (error) {
      if (!(error instanceof NovitaError)) throw error;
      this.logger.warn('command refused', { instanceId: record.id, command: kind, detail: error.message });
      return noteCommandRefused(record, kind, providerErrorOf(error), this.clock.now(), policy);
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
      this.logger.warn('surplus instance not dealt with yet', { instanceId: id, target, detail: error.message });
    }
  }

  private async send(kind: 'stop' | 'delete', target: NovitaInstanceId): Promise<void> {
    const options = { signal: this.shutdown.signal, priority: 'urgent' } as const;
    if (kind === 'stop') await this.api.stopInstance(target, options);
    else await this.api.deleteInstance(target, options);
  }
}

function isShownOtherwise(before: InstanceRecord, after: InstanceRecord): boolean {
  return (
    before.status !== after.status ||
    before.novitaStatus !== after.novitaStatus ||
    before.novitaInstanceId !== after.novitaInstanceId ||
    before.confirmedAt !== after.confirmedAt ||
    before.lastError?.code !== after.lastError?.code
  );
}
