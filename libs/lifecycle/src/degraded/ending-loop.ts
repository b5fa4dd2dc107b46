import {
  DegradedMode,
  type EndingEntry,
  type EndingObservation,
  type InstanceId,
  type InstanceRecord,
  StoreAvailability,
  timestampsOfNewRun,
} from '@app/instance-store';
import { phaseOf } from '@app/novita-client';
import { Clock, delay, MINUTE_MS, msFromTimestamp, type Timestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { LifecycleOptions } from '../reconcile/policy-source.js';
import { applyObservation, decide } from '../state-machine/decide.js';
import { backOffMs, endsBill, type Found, type LifecyclePolicy, NOT_OBSERVED } from '../state-machine/model.js';
import { EndingCalls } from './ending-calls.js';
import { EndingEntries } from './ending-entries.js';
import { observeEnding } from './observe-ending.js';

/** Until the next pass over a record that does not say when. */
const NEXT_PASS_MS = 5_000;
/** After errors that are no answer of the provider; a bill runs on meanwhile. */
const LONGEST_PAUSE_MS = MINUTE_MS;
/** Between two passes in any case: a decision that is due at once, again and again, must not keep the process busy. */
const SHORTEST_PAUSE_MS = 50;

/** One instance that is being ended. */
interface Ending {
  record: InstanceRecord;
  /** The newest command for it; null for one whose stop or delete stood in the store before it went away. */
  entry: EndingEntry | null;
  observed: EndingObservation | null;
  isLeft: boolean;
  /** Aborted to observe again at once. */
  sleep: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Stops and deletes instances straight at the provider, by the decisions that the workers take, on records in memory: it
 * observes before it acts, and goes on until the provider agrees. Its observations are shown, and are not written; the
 * workers observe again. Another process that does the same at the same time does no harm.
 */
@Injectable()
export class EndingLoop {
  private readonly logger = new Logger('EndingLoop');
  private readonly endings = new Map<InstanceId, Ending>();
  private readonly shutdown = new AbortController();

  constructor(
    private readonly entries: EndingEntries,
    private readonly calls: EndingCalls,
    private readonly degraded: DegradedMode,
    private readonly availability: StoreAvailability,
    private readonly clock: Clock,
    private readonly options: LifecycleOptions,
  ) {}

  /** Whether nothing is left to be done for this entry: the provider was observed to agree, or something newer counts. */
  isSettled(entryId: string): boolean {
    return this.entries.isSettled(entryId);
  }

  /**
   * Ends what entries of the journal ask for; those that are under way already go on.
   * @param entries in the order in which they were asked for
   */
  carryOut(entries: readonly EndingEntry[]): void {
    for (const { record, entry } of this.entries.toCarryOut(entries)) this.begin(record, entry);
  }

  /** Takes no further step for these, as somebody else decides what becomes of their instances. Waits for those under way. */
  async leave(entries: readonly EndingEntry[]): Promise<void> {
    const ids = new Set(entries.map(({ id }) => id));
    const left = [...this.endings.values()].filter(({ entry }) => entry !== null && ids.has(entry.id));
    for (const ending of left) {
      ending.isLeft = true;
      ending.sleep.abort();
    }
    await Promise.all(left.map(({ ended }) => ended));
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

  private begin(record: InstanceRecord, entry: EndingEntry | null): void {
    const present = this.endings.get(record.id);
    if (present !== undefined) {
      present.isLeft = false;
      const isNew = entry !== null && entry.id !== present.entry?.id;
      if (isNew) {
        present.entry = entry;
        present.observed = entry.observed ?? null;
      }
      if (present.record.desired.state === record.desired.state) {
        if (isNew) {
          // An observation from before the command does not count for it.
          const { at, by } = entry;
          present.record = this.due({ ...present.record, desired: { ...present.record.desired, at, by } });
          present.sleep.abort();
        }
        // A process that began without the store shows the provider's listing, which knows of no commands.
        this.degraded.showDesired(present.record);
        return;
      }
      present.record = this.degraded.show(record);
      present.sleep.abort();
      return;
    }
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const observed = entry?.observed ?? null;
    const sleep = new AbortController();
    const ending: Ending = { record: this.due(record), entry, observed, isLeft: false, sleep, ended };
    this.endings.set(record.id, ending);
    this.degraded.showDesired(record);
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
    let failures = 0;
    while (!this.shutdown.signal.aborted && this.isNeeded(ending)) {
      const before = ending.record;
      let pauseMs: number;
      try {
        const next = await this.pass(ending);
        // Another command may have come meanwhile.
        if (ending.record === before) {
          ending.record = next;
          if (isShownOtherwise(before, next)) this.degraded.show(next);
          if (!endsBill(next) || next.status === 'terminated') return this.end(ending);
        }
        const at = ending.record.deadlines.nextReconcileAt;
        pauseMs = at === undefined ? NEXT_PASS_MS : msFromTimestamp(at) - this.clock.now();
        failures = 0;
      } catch (error) {
        if (this.shutdown.signal.aborted) return;
        // No answer of the provider: those are taken into the record. Whatever it is, it may last.
        failures += 1;
        pauseMs = Math.min(backOffMs(this.options.policy, failures), LONGEST_PAUSE_MS);
        this.logger.warn('the pass over an instance failed', { instanceId: before.id, failures, pauseMs, err: error });
      }
      if (this.shutdown.signal.aborted) return;
      ending.sleep = new AbortController();
      await delay(Math.max(SHORTEST_PAUSE_MS, pauseMs), ending.sleep.signal);
    }
  }

  private end({ record, entry }: Ending): void {
    if (entry !== null) this.entries.settle(entry);
    if (record.desired.state === 'running') return;
    this.logger.log('ended at Novita without Redis', { instanceId: record.id, status: record.status });
  }

  private isNeeded({ entry, isLeft }: Ending): boolean {
    if (isLeft) return false;
    if (this.availability.state === 'degraded') return true;
    return entry !== null && this.entries.isOpen(entry);
  }

  /** Observes, decides, and carries out one step. @returns the record with what came of it */
  private async pass(ending: Ending): Promise<InstanceRecord> {
    const { policy } = this.options;
    const { record } = ending;
    let decision = decide(record, NOT_OBSERVED, this.clock.now(), policy);
    if (decision.step.kind === 'look') {
      const observation = await this.calls.observe(record, decision.step.by, this.shutdown.signal);
      // A command that came meanwhile is looked for anew.
      if (ending.record !== record) return record;
      if (observation.kind === 'found' && observation.at >= record.desired.at) {
        const startedAgainAt = await this.observe(ending, observation);
        if (startedAgainAt !== null) return leftRunning(record, observation, startedAgainAt, policy);
        if (ending.record !== record) return record;
      }
      decision = decide(record, observation, this.clock.now(), policy);
    }
    return this.calls.carryOut(decision, this.shutdown.signal);
  }

  /**
   * Remembers what was observed, in the journal too, so that a process which takes it over knows it.
   * @returns since when it runs again, if it was started after the stop or delete was asked for
   */
  private async observe(ending: Ending, found: Found): Promise<Timestamp | null> {
    const { entry, record } = ending;
    const asked = entry ?? { at: record.desired.at, record };
    const observed = observeEnding(ending.observed, found, asked);
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
    if (entry !== null) await this.entries.keepObservation(entry, observed);
    return startedAgainAt;
  }
}

/** As it is shown until Redis says more: somebody has started it, at another process or at the provider. */
function leftRunning(
  record: InstanceRecord,
  found: Found,
  startedAt: Timestamp,
  policy: LifecyclePolicy,
): InstanceRecord {
  const isUp = phaseOf(found.instance.status) === 'up';
  const observed = applyObservation(record, found, policy);
  const timestamps = timestampsOfNewRun(observed.timestamps);
  return {
    ...observed,
    status: isUp ? 'running' : 'starting',
    // Any stop that is asked for from now on is newer, whatever the provider's clock says.
    desired: { ...observed.desired, state: 'running', by: 'console' },
    confirmedAt: isUp ? found.at : null,
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
