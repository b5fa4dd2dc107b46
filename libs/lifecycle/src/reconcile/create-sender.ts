import { type InstanceRecord, InstanceRecords, type StoredInstance, updateInstance } from '@app/instance-store';
import { NovitaApi, NovitaError } from '@app/novita-client';
import { Clock, msFromTimestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { type CreateOutcome, noteCreateOutcome } from '../decide/create-outcome.js';
import { createWindowMs, type LifecyclePolicy } from '../decide/policy.js';
import { faultOf } from '../problems/provider-fault.js';
import { createInputOf } from './create-input.js';
import { type CreateResult, LifecycleMetrics } from './reconcile-metrics.js';

/**
 * Sends the one call that costs money and must not be repeated blindly. Its intent is in the record already, written
 * by this process alone.
 */
@Injectable()
export class CreateSender {
  private readonly logger = new Logger(CreateSender.name);

  constructor(
    private readonly api: NovitaApi,
    private readonly records: InstanceRecords,
    private readonly clock: Clock,
    private readonly metrics: LifecycleMetrics,
  ) {}

  /** @returns the record with the answer in it; null when it is gone */
  async send(record: InstanceRecord, policy: LifecyclePolicy): Promise<StoredInstance | null> {
    const attempt = record.attempts.openCreate;
    if (attempt === null) throw new Error(`create of ${record.id} without a written intent`);
    const outcome = await this.call(record, msFromTimestamp(attempt.startedAt), policy);
    this.metrics.countCreate(resultOf(outcome));
    this.logger.log('create answered', { instanceId: record.id, ...summaryOf(outcome) });
    const written = await updateInstance(
      this.records,
      record.id,
      { kind: 'command' },
      (current) => noteCreateOutcome(current, attempt, outcome, this.clock.now(), policy),
      () => ({ reason: reasonOf(outcome) }),
    );
    if (written.outcome !== 'missing') return written.stored;
    this.logger.error('the record was removed during its create', { instanceId: record.id, ...summaryOf(outcome) });
    return null;
  }

  /**
   * Late or long creates would reach the provider after another process has looked for them in vain. Draining does not
   * end the call: its answer is worth the wait.
   */
  private async call(record: InstanceRecord, startedAt: number, policy: LifecyclePolicy): Promise<CreateOutcome> {
    const { sendWithin, endWithin } = createWindowMs(policy);
    const age = this.clock.now() - startedAt;
    if (age > sendWithin) return { kind: 'not-sent' };
    const signal = AbortSignal.timeout(Math.max(1, Math.floor(endWithin - Math.max(0, age))));
    try {
      const { id } = await this.api.createInstance(createInputOf(record), { signal });
      return { kind: 'created', id };
    } catch (error) {
      if (error instanceof NovitaError) return { kind: 'refused', fault: faultOf(error) };
      const message = `the create ended without an answer: ${String(error)}`;
      return { kind: 'refused', fault: { kind: 'network', message, effectUnknown: true, retryAfterMs: null } };
    }
  }
}

function resultOf(outcome: CreateOutcome): CreateResult {
  if (outcome.kind !== 'refused') return outcome.kind;
  return outcome.fault.effectUnknown ? 'unknown' : 'refused';
}

function reasonOf(outcome: CreateOutcome): string {
  switch (outcome.kind) {
    case 'created':
      return `Novita made ${outcome.id}`;
    case 'refused':
      return `the create failed: ${outcome.fault.message}`;
    case 'not-sent':
      return 'the create was not sent: too late';
  }
}

function summaryOf(outcome: CreateOutcome): Readonly<Record<string, unknown>> {
  switch (outcome.kind) {
    case 'created':
      return { result: 'created', novitaInstanceId: outcome.id };
    case 'refused':
      return { result: resultOf(outcome), fault: outcome.fault.kind, detail: outcome.fault.message };
    case 'not-sent':
      return { result: 'not-sent' };
  }
}
