import { randomBytes } from 'node:crypto';
import {
  AUDIT_LOG_LENGTH,
  type AuditEntry,
  AuditLog,
  type InstanceRecord,
  InstanceRecords,
  instanceToken,
  type StoredInstance,
  updateInstance,
  type WriteBasis,
  withFurtherToken,
} from '@app/instance-store';
import { Novita, NovitaError, type NovitaErrorKind, type NovitaInstanceId } from '@app/novita-client';
import { Clock, msFromTimestamp, type Timestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { problemCodeOf, providerErrorOf } from '../problems/provider-errors.js';
import { applyCreateOutcome, type CreateOutcome } from '../state-machine/crash-safe-create.js';
import { applyMigrateOutcome, type MigrateOutcome } from '../state-machine/migration-answers.js';
import { applyPurchaseOutcome } from '../state-machine/migration-fallback.js';
import type { LifecyclePolicy, Step } from '../state-machine/model.js';
import {
  applyCommandAccepted,
  applyCommandError,
  applyDuplicate,
  applyProbes,
  type CommandKind,
} from '../state-machine/outcomes.js';
import { type CallWindow, sendCreate, sendMigrate } from './bounded-calls.js';
import { PortProber } from './port-prober.js';
import { type CreateResult, LifecycleMetrics } from './reconcile-metrics.js';

/** No answer came, or it is that there is no such instance. */
const NO_REFUSAL: ReadonlySet<NovitaErrorKind> = new Set(['not-found', 'network', 'timeout', 'circuit-open']);

export interface StepContext {
  /** As it was written with the intent of the step. */
  readonly record: InstanceRecord;
  readonly policy: LifecyclePolicy;
  readonly signal: AbortSignal;
}

/**
 * Carries out one step whose intent is written, and writes its outcome. The one call that must not be repeated blindly
 * is the create; state-machine/crash-safe-create.ts explains how it is made safe.
 */
@Injectable()
export class StepRunner {
  private readonly logger = new Logger(StepRunner.name);

  constructor(
    private readonly novita: Novita,
    private readonly records: InstanceRecords,
    private readonly audit: AuditLog,
    private readonly prober: PortProber,
    private readonly clock: Clock,
    private readonly metrics: LifecycleMetrics,
  ) {}

  /** @returns the record after the step; null when it is gone */
  async run(step: Step, context: StepContext): Promise<StoredInstance | null> {
    switch (step.kind) {
      case 'create':
        this.metrics.countStep(step.kind, 'taken');
        return this.create(context);
      case 'start':
      case 'stop':
      case 'restart':
      case 'delete':
        return this.command(step.kind, step.target, context);
      case 'migrate':
        return this.migrate(step.target, context);
      case 'buy-replacement':
        return this.buyReplacement(context);
      case 'stop-surplus':
      case 'delete-surplus':
        return this.endDuplicate(step.kind, step.target, context);
      case 'probe':
        return this.probe(context);
      case 'look':
      case 'adopt':
      case 'fail':
      case 'poll':
      case 'wait':
      case 'done':
        throw new Error(`${step.kind} has nothing to carry out`);
    }
  }

  /** The outcome is written to the record as it stands by then: the id of a machine that was paid for is never dropped. */
  private async create({ record, policy }: StepContext): Promise<StoredInstance | null> {
    const attempt = record.attempts.openCreate;
    if (attempt === null) throw new Error(`create of ${record.id} without a written intent`);
    const token = await this.tokenFor(record);
    const outcome = await sendCreate(this.novita, record, token, this.windowOf(attempt.startedAt, policy));
    this.metrics.countCreate(resultOf(outcome));
    this.logger.log('create answered', { instanceId: record.id, ...summaryOf(outcome) });
    const written = await updateInstance(
      this.records,
      record.id,
      { kind: 'command' },
      (current) => applyCreateOutcome(current, attempt, outcome, this.clock.now(), policy),
      () => ({ reason: reasonOf(outcome) }),
    );
    if (written.outcome !== 'missing') return written.stored;
    this.logger.error('the record was removed during its create', { instanceId: record.id, ...summaryOf(outcome) });
    return null;
  }

  /**
   * The token of the machine that is about to be bought. Its hash is in the record before the call: whatever becomes of
   * the call and of this process, the token of a machine that is adopted later is accepted.
   *
   * @returns null where none is wanted
   */
  private async tokenFor({ id, reportToken }: InstanceRecord): Promise<string | null> {
    if (reportToken?.givenAtCreate !== true) return null;
    const token = instanceToken(id, randomBytes(32).toString('hex'));
    const written = await updateInstance(this.records, id, { kind: 'command' }, (current) =>
      // It may have been revoked meanwhile.
      current.reportToken?.givenAtCreate === true ? withFurtherToken(current, token, this.clock.timestamp()) : current,
    );
    return written.outcome === 'written' ? token : null;
  }

  private windowOf(intentAt: Timestamp, policy: LifecyclePolicy): CallWindow {
    return { beganAt: msFromTimestamp(intentAt), now: this.clock.now(), policy };
  }

  private async command(
    command: CommandKind,
    target: NovitaInstanceId,
    { record, policy, signal }: StepContext,
  ): Promise<StoredInstance | null> {
    try {
      await this.sendCommand(command, target, signal);
      this.metrics.countStep(command, 'taken');
      const accepted = applyCommandAccepted(record, command, this.clock.now(), policy);
      return await this.write(accepted, { kind: 'command' }, `Novita took the ${command}`);
    } catch (error) {
      if (!(error instanceof NovitaError)) throw error;
      this.metrics.countStep(command, 'refused');
      this.logger.warn('command refused', { instanceId: record.id, command, fault: error.kind, detail: error.message });
      const refused = applyCommandError(record, command, providerErrorOf(error), this.clock.now(), policy);
      const entry = await this.refusalEntry(record, command, error);
      return this.write(refused, { kind: 'command' }, `Novita refused the ${command}: ${error.message}`, entry);
    }
  }

  /**
   * What the audit log says of a refused stop or delete, which is repeated for ever and changes nothing that is logged by
   * itself: one line for each kind of answer.
   *
   * @returns null when the line is there already, and for what is no refusal
   */
  private async refusalEntry(
    { id, desired }: InstanceRecord,
    command: CommandKind,
    error: NovitaError,
  ): Promise<AuditEntry | null> {
    if ((command !== 'stop' && command !== 'delete') || NO_REFUSAL.has(error.kind)) return null;
    const what = `Novita refused the ${command} (${problemCodeOf(error.kind)})`;
    const lines = await this.audit.entries(id, AUDIT_LOG_LENGTH);
    if (lines.some(({ at, reason }) => at >= desired.at && reason.startsWith(what))) return null;
    const reason = `${what}: ${error.message}; it is repeated until Novita takes it`;
    return { at: this.clock.timestamp(), kind: 'warning', by: 'lifecycle', reason };
  }

  /** The answer is written to the record as it stands by then: an instance made in place of ours is never dropped. */
  private async migrate(target: NovitaInstanceId, { record, policy }: StepContext): Promise<StoredInstance | null> {
    const requestedAt = record.migration?.requestedAt ?? null;
    if (requestedAt === null) throw new Error(`migration of ${record.id} without a written intent`);
    const outcome = await sendMigrate(this.novita, target, this.windowOf(requestedAt, policy));
    this.metrics.countStep('migrate', outcome.kind === 'accepted' ? 'taken' : 'refused');
    const reason = describeMigrate(outcome);
    this.logger.log('migration answered', { instanceId: record.id, target, outcome: outcome.kind, detail: reason });
    const written = await updateInstance(
      this.records,
      record.id,
      { kind: 'command' },
      (current) => applyMigrateOutcome(current, requestedAt, outcome, this.clock.now(), policy),
      () => ({ reason }),
    );
    return written.outcome === 'missing' ? null : written.stored;
  }

  /** A create in the place of a migration, under the same marker. */
  private async buyReplacement({ record, policy }: StepContext): Promise<StoredInstance | null> {
    const { requestedAt, fallback } = record.migration ?? {};
    if (requestedAt === undefined || requestedAt === null || fallback?.state !== 'open') {
      throw new Error(`purchase in place of ${record.id} without a written intent`);
    }
    const { usdPerHour: _usdPerHour, ...place } = fallback.product;
    const wanted = { ...record, spec: { ...record.spec, ...place } };
    const token = await this.tokenFor(record);
    const outcome = await sendCreate(this.novita, wanted, token, this.windowOf(requestedAt, policy));
    this.metrics.countStep('buy-replacement', outcome.kind === 'created' ? 'taken' : 'refused');
    this.logger.log('purchase in place of a migration answered', { instanceId: record.id, ...summaryOf(outcome) });
    const written = await updateInstance(
      this.records,
      record.id,
      { kind: 'command' },
      (current) => applyPurchaseOutcome(current, requestedAt, outcome, this.clock.now(), policy),
      () => ({ reason: reasonOf(outcome) }),
    );
    if (written.outcome !== 'missing') return written.stored;
    this.logger.error('the record was removed during a purchase', { instanceId: record.id, ...summaryOf(outcome) });
    return null;
  }

  private async endDuplicate(
    kind: 'stop-surplus' | 'delete-surplus',
    target: NovitaInstanceId,
    { record, signal }: StepContext,
  ): Promise<StoredInstance | null> {
    try {
      await this.sendCommand(kind === 'stop-surplus' ? 'stop' : 'delete', target, signal);
      this.metrics.countStep(kind, 'taken');
    } catch (error) {
      if (!(error instanceof NovitaError)) throw error;
      this.metrics.countStep(kind, 'refused');
      this.logger.warn('duplicate instance not ended yet', { instanceId: record.id, target, detail: error.message });
    }
    // What a migration has replaced is deleted without a word; whether it is gone is observed.
    if (record.migration?.replaced === target) return { record, lastUsedAt: null };
    const next = applyDuplicate(record, target, this.clock.now());
    return this.write(next, { kind: 'command' }, `${target} is a duplicate`);
  }

  private async probe({ record, policy, signal }: StepContext): Promise<StoredInstance | null> {
    const observedAt = record.observedAt;
    if (observedAt === null) throw new Error(`probe of ${record.id}, which was not observed`);
    const probes = await this.prober.probe(record.spec.ports, record.connection.portMappings, signal);
    const next = applyProbes(record, probes, observedAt, this.clock.now(), policy);
    this.metrics.countStep('probe', 'taken');
    const basis: WriteBasis =
      next.desired === record.desired ? { kind: 'observation', observedAt } : { kind: 'command' };
    const silent = next.lastError?.message ?? 'not every port answers yet';
    const after = await this.write(next, basis, next.status === 'ready' ? 'every port answers' : silent);
    // Not what another process wrote instead.
    if (after !== null && after.record.timestamps.ready === next.timestamps.ready) {
      this.metrics.written(record, after.record);
    }
    return after;
  }

  private async sendCommand(command: CommandKind, target: NovitaInstanceId, signal: AbortSignal): Promise<void> {
    switch (command) {
      case 'start':
        return this.novita.instances.start(target, { signal });
      case 'stop':
        return this.novita.instances.stop(target, { signal, priority: 'urgent' });
      case 'restart':
        return this.novita.instances.restart(target, { signal });
      case 'delete':
        return this.novita.instances.delete(target, { signal, priority: 'urgent' });
    }
  }

  /** Another process's write in between makes ours void: the next observation brings all of it again. */
  private async write(
    next: InstanceRecord,
    basis: WriteBasis,
    reason: string,
    entry: AuditEntry | null = null,
  ): Promise<StoredInstance | null> {
    const result = await this.records.write(next, basis, { reason, ...(entry !== null && { entry }) });
    switch (result.outcome) {
      case 'written':
        return result.stored;
      case 'stale':
      case 'outdated-observation':
        return result.current;
      case 'missing':
        return null;
    }
  }
}

function resultOf(outcome: CreateOutcome): CreateResult {
  if (outcome.kind !== 'refused') return outcome.kind;
  return outcome.error.effectUnknown ? 'unknown' : 'refused';
}

function describeMigrate(outcome: MigrateOutcome): string {
  switch (outcome.kind) {
    case 'accepted':
      return outcome.newId === null ? 'Novita took the migration' : `Novita migrates it to ${outcome.newId}`;
    case 'refused':
      return `the migration was not taken: ${outcome.error.message}`;
    case 'not-sent':
      return 'the migration was not requested: too late';
  }
}

function reasonOf(outcome: CreateOutcome): string {
  switch (outcome.kind) {
    case 'created':
      return `Novita made ${outcome.id}`;
    case 'refused':
      return `the create failed: ${outcome.error.message}`;
    case 'not-sent':
      return 'the create was not sent: too late';
  }
}

function summaryOf(outcome: CreateOutcome): Readonly<Record<string, unknown>> {
  switch (outcome.kind) {
    case 'created':
      return { result: 'created', novitaInstanceId: outcome.id };
    case 'refused':
      return { result: resultOf(outcome), fault: outcome.error.kind, detail: outcome.error.message };
    case 'not-sent':
      return { result: 'not-sent' };
  }
}
