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
import { decide } from '../decide/decide.js';
import type { Decision, Step } from '../decide/decision.js';
import { NOT_LOOKED, type Observation } from '../decide/observation.js';
import { endsBill } from '../decide/situation.js';
import { PolicySource } from './policy-source.js';
import { ProviderObserver } from './provider-observer.js';
import { LifecycleMetrics } from './reconcile-metrics.js';
import { StepRunner } from './step-runner.js';
import { TakenIdentity } from './taken-identity.js';

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
 * One pass over one record: read it, look at the provider if need be, decide, write what was seen together with the
 * intent, carry out one step, write what came of it. It never sleeps, and two of them on one record do no harm: only
 * the one whose intent was written reaches out.
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
    private readonly identities: TakenIdentity,
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

    let seen: Observation = NOT_LOOKED;
    let decision = decide(record, seen, this.clock.now(), policy);
    if (decision.step.kind === 'look') {
      seen = await this.observer.look(record, decision.step.by, { signal, priority: callPriorityOf(record) });
      decision = decide(record, seen, this.clock.now(), policy);
    }
    this.report(record, decision);
    // Not between the intent and the call: an open create costs a grace.
    signal.throwIfAborted();

    const written = await this.write(stored, decision, seen);
    if (written === null) {
      this.metrics.countStep(decision.step.kind, 'lost');
      return { inMs: AFTER_LOST_RACE_MS, startingUp: isStartingUp(record), urgent: endsBill(record) };
    }
    if (!reachesOut(decision.step)) {
      this.metrics.countStep(decision.step.kind, 'written');
      return this.nextPass(written.record);
    }
    const after = await this.steps.run(decision.step, { record: written.record, policy, signal });
    return after === null ? null : this.nextPass(after.record);
  }

  /** @returns null when somebody else wrote in between, or the look is older than a wish we did not know of */
  private async write(stored: StoredInstance, decision: Decision, seen: Observation): Promise<StoredInstance | null> {
    const { record } = decision;
    if (record === stored.record) return stored;
    // A decision that changes the wish is a command of our own; all else is what was seen. A look that is older than the
    // wish teaches nothing: only the pause is written, which the store would refuse as an observation.
    const looked = (seen.kind === 'found' || seen.kind === 'absent') && seen.at >= stored.record.desired.at;
    const observed = looked && record.desired === stored.record.desired;
    const basis: WriteBasis = observed ? { kind: 'observation', observedAt: seen.at } : { kind: 'command' };
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
      await this.identities.release(error);
      return null;
    }
  }

  private nextPass(record: InstanceRecord): NextPass | null {
    const next = record.deadlines.nextReconcileAt;
    if (next === undefined || record.status === 'terminated') return null;
    const inMs = Math.max(0, msFromTimestamp(next) - this.clock.now());
    return { inMs, startingUp: isStartingUp(record), urgent: endsBill(record) };
  }

  private report(record: InstanceRecord, { step, reason }: Decision): void {
    const members = { instanceId: record.id, step: step.kind, reason };
    if (reachesOut(step) || step.kind === 'adopt' || step.kind === 'fail') this.logger.log('reconcile', members);
    else this.logger.debug('reconcile', members);
  }
}

function reachesOut(step: Step): boolean {
  switch (step.kind) {
    case 'create':
    case 'start':
    case 'stop':
    case 'restart':
    case 'delete':
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

function isStartingUp({ desired, status }: InstanceRecord): boolean {
  return desired.state === 'running' && status !== 'ready' && status !== 'creating';
}

function callPriorityOf(record: InstanceRecord): 'urgent' | 'background' {
  return endsBill(record) ? 'urgent' : 'background';
}
