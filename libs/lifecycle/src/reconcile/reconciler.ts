import {
  IdentityTakenError,
  IdleTracker,
  type InstanceId,
  type InstanceRecord,
  InstanceRecords,
  type StoredInstance,
  type WriteBasis,
  type WriteResult,
} from '@app/instance-store';
import { Clock, msFromTimestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { decide } from '../state-machine/decide.js';
import { callsOut, type Decision, endsBill, NOT_OBSERVED, type Observation } from '../state-machine/model.js';
import { PolicySource } from './policy-source.js';
import { ProviderObserver } from './provider-observer.js';
import { LifecycleMetrics } from './reconcile-metrics.js';
import { StepRunner } from './step-runner.js';

/** What to do after a pass. */
export interface NextPass {
  readonly inMs: number;
  /** The instance is on its way to ready: the next pass polls its start-up. */
  readonly startingUp: boolean;
  /** It is to end a bill, so it goes before other passes. */
  readonly urgent: boolean;
}

/** After a lost race: the winner's write asks for a pass of its own, this one is only to be sure. */
const AFTER_LOST_RACE_MS = 250;

/** The records as a pass reads and writes them. */
@Injectable()
export class DecidedRecords {
  private readonly logger = new Logger('Reconciler');

  constructor(
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
  ) {}

  /** @throws StoreUnavailableError */
  get(id: InstanceId): Promise<StoredInstance | null> {
    return this.records.get(id);
  }

  /**
   * Writes the observation together with the intent of the decision.
   *
   * @returns null when somebody else wrote in between, or the observation is older than a desired state we did not know
   * @throws StoreUnavailableError, IdentityTakenError when another record of ours has the same provider id
   */
  async write(stored: StoredInstance, decision: Decision, observation: Observation): Promise<StoredInstance | null> {
    const { record } = decision;
    if (record === stored.record) return stored;
    // A decision that changes the desired state is a command of our own; any other writes an observation. An observation
    // older than the desired state counts for nothing: only the pause is written, which the store would refuse as an
    // observation.
    const isClear = observation.kind === 'found' || observation.kind === 'absent';
    const counts = isClear && observation.at >= stored.record.desired.at;
    const basis: WriteBasis =
      counts && record.desired === stored.record.desired
        ? { kind: 'observation', observedAt: observation.at }
        : { kind: 'command' };
    const result = await this.tryWrite(decision, basis);
    if (result?.outcome !== 'written') return null;
    const startedByHand = record.desired !== stored.record.desired && record.desired.state === 'running';
    if (startedByHand) await this.idle.touch(record.id, record.desired.at);
    return result.stored;
  }

  private async tryWrite({ record, reason }: Decision, basis: WriteBasis): Promise<WriteResult | null> {
    try {
      return await this.records.write(record, basis, { reason });
    } catch (error) {
      if (!(error instanceof IdentityTakenError)) throw error;
      await this.releaseIdentity(error);
      return null;
    }
  }

  /**
   * Settles who an instance at the provider belongs to. It can have been listed, and stored as made elsewhere, before the
   * record that made it learned its id; the marker in its name says whose it is.
   *
   * @throws the error again when the holder is not merely a discovered one: two records of ours must not share it
   */
  private async releaseIdentity(error: IdentityTakenError): Promise<void> {
    const holder = await this.records.get(error.holder);
    if (holder === null) return;
    if (holder.record.origin !== 'discovered') throw error;
    this.logger.log('a discovered record gives way to the one that made the instance', { instanceId: error.holder });
    await this.records.remove(holder.record.id, holder.record.revision);
  }
}

/**
 * One pass over one record: read it, observe the provider if need be, decide, write the observation together with the
 * intent, carry out one step, write its outcome. A pass never sleeps, and two of them on one record do no harm: only the
 * one whose intent was written calls out.
 */
@Injectable()
export class Reconciler {
  private readonly logger = new Logger(Reconciler.name);

  constructor(
    private readonly records: DecidedRecords,
    private readonly observer: ProviderObserver,
    private readonly steps: StepRunner,
    private readonly policies: PolicySource,
    private readonly clock: Clock,
    private readonly metrics: LifecycleMetrics,
  ) {}

  /**
   * @returns when to come again; null when the record needs nobody any more
   * @throws StoreUnavailableError, and whatever is no answer of the provider; the deadline in the record stays
   */
  async reconcile(id: InstanceId, signal: AbortSignal): Promise<NextPass | null> {
    const stored = await this.records.get(id);
    if (stored === null) return null;
    const policy = await this.policies.current();
    const { record } = stored;

    let observation: Observation = NOT_OBSERVED;
    let decision = decide(record, observation, this.clock.now(), policy);
    if (decision.step.kind === 'look') {
      const options = { signal, priority: callPriorityOf(record) };
      observation = await this.observer.observe(record, decision.step.by, options);
      decision = decide(record, observation, this.clock.now(), policy);
    }
    this.report(record, decision);
    // Not between the intent and the call: an open create costs a grace.
    signal.throwIfAborted();

    const written = await this.records.write(stored, decision, observation);
    if (written === null) {
      this.metrics.countStep(decision.step.kind, 'lost');
      return { inMs: AFTER_LOST_RACE_MS, startingUp: isStartingUp(record), urgent: endsBill(record) };
    }
    this.metrics.written(record, written.record, policy.startupTimeoutMs);
    if (!callsOut(decision.step.kind)) {
      this.metrics.countStep(decision.step.kind, 'written');
      return this.nextPass(written.record);
    }
    const after = await this.steps.run(decision.step, { record: written.record, policy, signal });
    return after === null ? null : this.nextPass(after.record);
  }

  private nextPass(record: InstanceRecord): NextPass | null {
    const next = record.deadlines.nextReconcileAt;
    if (next === undefined || record.status === 'terminated') return null;
    const inMs = Math.max(0, msFromTimestamp(next) - this.clock.now());
    return { inMs, startingUp: isStartingUp(record), urgent: endsBill(record) };
  }

  private report(record: InstanceRecord, { step, reason }: Decision): void {
    const members = { instanceId: record.id, step: step.kind, reason };
    if (callsOut(step.kind) || step.kind === 'adopt' || step.kind === 'fail') this.logger.log('reconcile', members);
    else this.logger.debug('reconcile', members);
  }
}

function isStartingUp({ desired, status }: InstanceRecord): boolean {
  return desired.state === 'running' && status !== 'ready' && status !== 'creating';
}

function callPriorityOf(record: InstanceRecord): 'urgent' | 'background' {
  return endsBill(record) ? 'urgent' : 'background';
}
