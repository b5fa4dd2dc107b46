import {
  type InstanceId,
  type InstanceRecord,
  type InstanceStatus,
  lifetimeDueMs,
  type StoredInstance,
} from '@app/instance-store';
import { Clock, msFromTimestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { decide } from '../state-machine/decide.js';
import { callsOut, type Decision, endsBill, NOT_OBSERVED, type Observation } from '../state-machine/model.js';
import { DecidedRecords } from './decided-records.js';
import { MigrationWrites } from './migration-writes.js';
import { PolicySource } from './policy-source.js';
import { ProviderObserver } from './provider-observer.js';
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
/** After a hold, or an instance whose lifetime is over, could not be ended. */
const END_RETRY_MS = 5_000;

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
    private readonly migrations: MigrationWrites,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns when to come again; null when the record needs nobody any more
   * @throws StoreUnavailableError, and whatever is no answer of the provider; the deadline in the record stays
   */
  async reconcile(id: InstanceId, signal: AbortSignal): Promise<NextPass | null> {
    const stored = await this.records.get(id, signal);
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

    let written: StoredInstance | null;
    if (decision.step.kind === 'migrate' || decision.step.kind === 'buy-replacement') {
      ({ decision, written } = await this.migrations.begin(stored, decision, observation, policy));
    } else {
      written = await this.records.write(stored, decision, observation);
    }
    if (written === null) {
      return { inMs: AFTER_LOST_RACE_MS, startingUp: isStartingUp(record), urgent: endsBill(record) };
    }
    this.migrations.count(record, written.record);
    if (!callsOut(decision.step.kind)) return this.nextPass(written.record);
    const after = await this.steps.run(decision.step, { record: written.record, policy, signal });
    if (after === null) return null;
    this.migrations.count(written.record, after.record);
    return this.nextPass(after.record);
  }

  private nextPass(record: InstanceRecord): NextPass | null {
    const now = this.clock.now();
    const { nextReconcileAt, holdUntil } = record.deadlines;
    const next = record.status === 'terminated' ? undefined : nextReconcileAt;
    const lifetimeMs = lifetimeDueMs(record);
    const waitsMs = [
      ...(next === undefined ? [] : [Math.max(0, msFromTimestamp(next) - now)]),
      // What is over although this pass was to end it is tried again, after a pause.
      ...(holdUntil === undefined ? [] : [endInMs(msFromTimestamp(holdUntil) - now)]),
      ...(lifetimeMs === null ? [] : [endInMs(lifetimeMs - now)]),
    ];
    if (waitsMs.length === 0) return null;
    const inMs = Math.min(...waitsMs);
    return { inMs, startingUp: isStartingUp(record), urgent: endsBill(record) };
  }

  private report(record: InstanceRecord, { step, reason }: Decision): void {
    const members = { instanceId: record.id, step: step.kind, reason };
    if (callsOut(step.kind) || step.kind === 'adopt' || step.kind === 'fail') this.logger.log('reconcile', members);
    else this.logger.debug('reconcile', members);
  }
}

const endInMs = (leftMs: number): number => (leftMs > 0 ? leftMs : END_RETRY_MS);

/** At rest, waiting for a migration, or not made yet: whatever it does, it is not coming up. */
const NOT_STARTING: ReadonlySet<InstanceStatus> = new Set(['creating', 'ready', 'stopped', 'failed', 'migrating']);

function isStartingUp({ desired, status }: InstanceRecord): boolean {
  return desired.state === 'running' && !NOT_STARTING.has(status);
}

function callPriorityOf(record: InstanceRecord): 'urgent' | 'background' {
  return endsBill(record) ? 'urgent' : 'background';
}
