import {
  IdentityTakenError,
  IdleTracker,
  type InstanceId,
  type InstanceRecord,
  InstanceRecords,
  type InstanceStatus,
  type StoredInstance,
  type UnderLock,
  type WriteBasis,
  type WriteResult,
} from '@app/instance-store';
import { Clock, msFromTimestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { decide } from '../state-machine/decide.js';
import { withoutPlace } from '../state-machine/migration-outcomes.js';
import {
  type Decision,
  endsBill,
  type LifecyclePolicy,
  NOT_OBSERVED,
  type Observation,
  type Step,
} from '../state-machine/model.js';
import { MigrationMetrics } from './migration-metrics.js';
import { MigrationPlaces } from './migration-places.js';
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

/**
 * One pass over one record: read it, observe the provider if need be, decide, write the observation together with the
 * intent, carry out one step, write its outcome. A pass never sleeps, and two of them on one record do no harm: only the
 * one whose intent was written calls out.
 */
@Injectable()
export class Reconciler {
  private readonly logger = new Logger(Reconciler.name);

  constructor(
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly observer: ProviderObserver,
    private readonly steps: StepRunner,
    private readonly policies: PolicySource,
    private readonly places: MigrationPlaces,
    private readonly clock: Clock,
    private readonly metrics: LifecycleMetrics,
    private readonly migrations: MigrationMetrics,
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

    const written =
      decision.step.kind === 'migrate'
        ? await this.places.take(
            (hold) => this.write(stored, decision, observation, { hold }),
            policy.migration.maxAtOnce,
          )
        : await this.write(stored, decision, observation);
    if (written === 'no-place') return this.withoutPlace(stored, decision, observation, policy);
    if (written === null) {
      this.metrics.countStep(decision.step.kind, 'lost');
      return { inMs: AFTER_LOST_RACE_MS, startingUp: isStartingUp(record), urgent: endsBill(record) };
    }
    if (!callsOut(decision.step)) {
      this.metrics.countStep(decision.step.kind, 'written');
      return this.nextPass(written.record);
    }
    const after = await this.steps.run(decision.step, { record: written.record, policy, signal });
    if (after !== null) this.migrations.note(written.record, after.record);
    return after === null ? null : this.nextPass(after.record);
  }

  /** @returns null when somebody else wrote in between, or the observation is older than a desired state we did not know */
  private async write(
    stored: StoredInstance,
    decision: Decision,
    observation: Observation,
    under: Partial<UnderLock> = {},
  ): Promise<StoredInstance | null> {
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
    const result = await this.tryWrite(decision, basis, under);
    if (result?.outcome !== 'written') return null;
    this.migrations.note(stored.record, result.stored.record);
    const startedByHand = record.desired !== stored.record.desired && record.desired.state === 'running';
    if (startedByHand) await this.idle.touch(record.id, record.desired.at);
    return result.stored;
  }

  private async tryWrite(
    { record, reason }: Decision,
    basis: WriteBasis,
    under: Partial<UnderLock>,
  ): Promise<WriteResult | null> {
    try {
      return await this.records.write(record, basis, { reason, ...under });
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

  /** As many migrations run as may: the instance waits for its turn. */
  private async withoutPlace(
    stored: StoredInstance,
    decision: Decision,
    observation: Observation,
    policy: LifecyclePolicy,
  ): Promise<NextPass | null> {
    const reason = `${policy.migration.maxAtOnce} migrations are under way in the fleet; this one waits`;
    const record = withoutPlace(decision.record, stored.record, this.clock.now(), policy);
    const waiting: Decision = { step: { kind: 'wait' }, record, reason };
    this.report(stored.record, waiting);
    const written = await this.write(stored, waiting, observation);
    return this.nextPass((written ?? stored).record);
  }

  private nextPass(record: InstanceRecord): NextPass | null {
    const next = record.deadlines.nextReconcileAt;
    if (next === undefined || record.status === 'terminated') return null;
    const inMs = Math.max(0, msFromTimestamp(next) - this.clock.now());
    return { inMs, startingUp: isStartingUp(record), urgent: endsBill(record) };
  }

  private report(record: InstanceRecord, { step, reason }: Decision): void {
    const members = { instanceId: record.id, step: step.kind, reason };
    if (callsOut(step) || step.kind === 'adopt' || step.kind === 'fail') this.logger.log('reconcile', members);
    else this.logger.debug('reconcile', members);
  }
}

function callsOut(step: Step): boolean {
  switch (step.kind) {
    case 'create':
    case 'start':
    case 'stop':
    case 'restart':
    case 'delete':
    case 'migrate':
    case 'stop-surplus':
    case 'delete-surplus':
    case 'probe':
      return true;
    case 'look':
    case 'adopt':
    case 'fail':
    case 'poll':
    case 'wait':
    case 'done':
      return false;
  }
}

/** At rest, waiting for a migration, or not made yet: whatever it does, it is not coming up. */
const NOT_STARTING: ReadonlySet<InstanceStatus> = new Set(['creating', 'ready', 'stopped', 'failed', 'migrating']);

function isStartingUp({ desired, status }: InstanceRecord): boolean {
  return desired.state === 'running' && !NOT_STARTING.has(status);
}

function callPriorityOf(record: InstanceRecord): 'urgent' | 'background' {
  return endsBill(record) ? 'urgent' : 'background';
}
