import { type InstanceRecord, InstanceRecords, type StoredInstance } from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Clock, Problem } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { decide } from '../decide/decide.js';
import { type Decision, wakeAt } from '../decide/decision.js';
import type { Observation } from '../decide/observation.js';
import { endsBill } from '../decide/situation.js';
import { takeNote } from '../decide/take-note.js';
import type { InstanceRef } from '../instance-commands.js';
import { lifecycleProblems } from '../problems/lifecycle.problems.js';
import { problemCodeOf } from '../problems/provider-fault.js';
import { PolicySource } from '../reconcile/policy-source.js';
import { ProviderObserver } from '../reconcile/provider-observer.js';
import { notFound } from './find-instance.js';

/**
 * Reads an instance at the provider while a person waits. What was seen is written; what would have to be done about it
 * is left to the workers, who are told.
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
    // Before the provider has told an id there is nothing to read.
    if (record.novitaInstanceId === null || record.status === 'terminated') return stored;
    const seen = await this.observer.look(record, 'id', { signal, priority: 'interactive' });
    if (seen.kind === 'not-looked') return stored;
    if (seen.kind === 'unclear') throw unclear(seen);
    const policy = await this.policies.current();
    const now = this.clock.now();
    const noted = takeNote(record, seen, policy);
    const decision = decide(record, seen, now, policy);
    const leaveToWorkers = record.origin !== 'discovered' && !isOnlyNoted(decision, record);
    const next = leaveToWorkers ? wakeAt(noted, now) : record.origin === 'discovered' ? noted : decision.record;
    const options = next === decision.record ? { reason: decision.reason } : {};
    const result = await this.records.write(next, { kind: 'observation', observedAt: seen.at }, options);
    if (leaveToWorkers) await this.requests.now([record.id], { urgent: endsBill(next) });
    switch (result.outcome) {
      case 'written':
        return result.stored;
      // Somebody has written since: theirs is as new as ours.
      case 'stale':
      case 'outdated-observation':
        return result.current;
      case 'missing':
        throw notFound(ref);
    }
  }
}

/** Whether the decision is nothing but what was seen: no call to make and no new wish. */
function isOnlyNoted({ step, record }: Decision, before: InstanceRecord): boolean {
  return (step.kind === 'poll' || step.kind === 'wait' || step.kind === 'done') && record.desired === before.desired;
}

function unclear({ fault }: Extract<Observation, { kind: 'unclear' }>): Problem {
  const { message, retryAfterMs } = fault;
  return new Problem(lifecycleProblems[problemCodeOf(fault.kind)], {
    detail: message,
    ...(retryAfterMs === null ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1_000)) }),
  });
}
