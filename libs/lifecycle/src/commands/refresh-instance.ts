import { type InstanceRecord, InstanceRecords, type StoredInstance } from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Clock, Problem } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { lifecycleProblems } from '../problems/lifecycle.problems.js';
import { problemCodeOf } from '../problems/provider-errors.js';
import { PolicySource } from '../reconcile/policy-source.js';
import { ProviderObserver } from '../reconcile/provider-observer.js';
import { applyObservation, decide } from '../state-machine/decide.js';
import { type Decision, endsBill, type Observation } from '../state-machine/model.js';
import { wakeAt } from '../state-machine/transitions.js';
import { notFound } from './command-rules.js';
import type { InstanceRef } from './instance-commands.js';

/**
 * Observes an instance at the provider while a person waits. The observation is written; a step that it calls for is left
 * to the workers, and a reconcile is enqueued for it.
 */
@Injectable()
export class RefreshInstance {
  constructor(
    private readonly records: InstanceRecords,
    private readonly observer: ProviderObserver,
    private readonly policies: PolicySource,
    private readonly requests: ReconcileRequests,
    private readonly clock: Clock,
  ) {}

  /** @throws Problem for every failure of the provider */
  async refresh(ref: InstanceRef, signal: AbortSignal): Promise<StoredInstance> {
    const stored = await this.records.get(ref);
    if (stored === null) throw notFound(ref);
    const { record } = stored;
    // Before the provider has given an id there is nothing to read.
    if (record.novitaInstanceId === null || record.status === 'terminated') return stored;
    const observation = await this.observer.observe(record, 'id', { signal, priority: 'interactive' });
    if (observation.kind === 'not-observed') return stored;
    if (observation.kind === 'unclear') throw unclear(observation);
    const policy = await this.policies.current();
    const now = this.clock.now();
    const observed = applyObservation(record, observation, policy);
    const decision = decide(record, observation, now, policy);
    const leaveToWorkers = record.origin !== 'discovered' && !isOnlyObserved(decision, record);
    const next = leaveToWorkers ? wakeAt(observed, now) : record.origin === 'discovered' ? observed : decision.record;
    const options = next === decision.record ? { reason: decision.reason } : {};
    const result = await this.records.write(next, { kind: 'observation', observedAt: observation.at }, options);
    if (leaveToWorkers) await this.requests.now([record.id], { urgent: endsBill(next) });
    switch (result.outcome) {
      case 'written':
        return result.stored;
      // Another process has written since: its observation is as new as ours.
      case 'stale':
      case 'outdated-observation':
        return result.current;
      case 'missing':
        throw notFound(ref);
    }
  }
}

/** Whether the decision only writes the observation: no call to make and no new desired state. */
function isOnlyObserved({ step, record }: Decision, before: InstanceRecord): boolean {
  return (step.kind === 'poll' || step.kind === 'wait' || step.kind === 'done') && record.desired === before.desired;
}

function unclear({ error }: Extract<Observation, { kind: 'unclear' }>): Problem {
  const { message, retryAfterMs } = error;
  return new Problem(lifecycleProblems[problemCodeOf(error.kind)], {
    detail: message,
    ...(retryAfterMs === null ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1_000)) }),
  });
}
