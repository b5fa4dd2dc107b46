import { type InstanceRecord, InstanceRecords, type StoredInstance, type WriteBasis } from '@app/instance-store';
import { NovitaApi, NovitaError, type NovitaInstanceId } from '@app/novita-client';
import { Clock } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { type CommandKind, noteCommandRefused, noteCommandTaken, noteSurplus } from '../decide/command-outcome.js';
import type { Step } from '../decide/decision.js';
import type { LifecyclePolicy } from '../decide/policy.js';
import { noteProbes } from '../decide/probe-outcome.js';
import { PortProber } from '../probe/port-prober.port.js';
import { faultOf } from '../problems/provider-fault.js';
import { CreateSender } from './create-sender.js';
import { LifecycleMetrics } from './reconcile-metrics.js';

export interface StepContext {
  /** As it was written with the intent of the step. */
  readonly record: InstanceRecord;
  readonly policy: LifecyclePolicy;
  readonly signal: AbortSignal;
}

/** Carries out one step whose intent is written, and writes what came of it. */
@Injectable()
export class StepRunner {
  private readonly logger = new Logger(StepRunner.name);

  constructor(
    private readonly api: NovitaApi,
    private readonly records: InstanceRecords,
    private readonly prober: PortProber,
    private readonly creates: CreateSender,
    private readonly clock: Clock,
    private readonly metrics: LifecycleMetrics,
  ) {}

  /** @returns the record after the step; null when it is gone */
  async run(step: Step, context: StepContext): Promise<StoredInstance | null> {
    switch (step.kind) {
      case 'create':
        this.metrics.countStep(step.kind, 'taken');
        return this.creates.send(context.record, context.policy);
      case 'start':
      case 'stop':
      case 'restart':
      case 'delete':
        return this.command(step.kind, step.target, context);
      case 'stop-surplus':
      case 'delete-surplus':
        return this.surplus(step.kind, step.target, context);
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

  private async command(
    command: CommandKind,
    target: NovitaInstanceId,
    { record, policy, signal }: StepContext,
  ): Promise<StoredInstance | null> {
    try {
      await this.send(command, target, signal);
      this.metrics.countStep(command, 'taken');
      const taken = noteCommandTaken(record, command, this.clock.now(), policy);
      return await this.write(taken, { kind: 'command' }, `Novita took the ${command}`);
    } catch (error) {
      if (!(error instanceof NovitaError)) throw error;
      this.metrics.countStep(command, 'refused');
      this.logger.warn('command refused', { instanceId: record.id, command, fault: error.kind, detail: error.message });
      const refused = noteCommandRefused(record, command, faultOf(error), this.clock.now(), policy);
      return this.write(refused, { kind: 'command' }, `Novita refused the ${command}: ${error.message}`);
    }
  }

  private async surplus(
    kind: 'stop-surplus' | 'delete-surplus',
    target: NovitaInstanceId,
    { record, signal }: StepContext,
  ): Promise<StoredInstance | null> {
    try {
      await this.send(kind === 'stop-surplus' ? 'stop' : 'delete', target, signal);
      this.metrics.countStep(kind, 'taken');
    } catch (error) {
      if (!(error instanceof NovitaError)) throw error;
      this.metrics.countStep(kind, 'refused');
      this.logger.warn('surplus instance not dealt with yet', { instanceId: record.id, target, detail: error.message });
    }
    const noted = noteSurplus(record, target, this.clock.now());
    return this.write(noted, { kind: 'command' }, `${target} is surplus`);
  }

  private async probe({ record, policy, signal }: StepContext): Promise<StoredInstance | null> {
    const observedAt = record.observedAt;
    if (observedAt === null) throw new Error(`probe of ${record.id}, which was not looked at`);
    const probes = await this.prober.probe(record.spec.ports, record.connection.portMappings, signal);
    const next = noteProbes(record, probes, observedAt, this.clock.now(), policy);
    this.metrics.countStep('probe', 'taken');
    const basis: WriteBasis =
      next.desired === record.desired ? { kind: 'observation', observedAt } : { kind: 'command' };
    const silent = next.lastError?.message ?? 'not every port answers yet';
    return this.write(next, basis, next.status === 'ready' ? 'every port answers' : silent);
  }

  private async send(command: CommandKind, target: NovitaInstanceId, signal: AbortSignal): Promise<void> {
    switch (command) {
      case 'start':
        return this.api.startInstance(target, { signal });
      case 'stop':
        return this.api.stopInstance(target, { signal, priority: 'urgent' });
      case 'restart':
        return this.api.restartInstance(target, { signal });
      case 'delete':
        return this.api.deleteInstance(target, { signal, priority: 'urgent' });
    }
  }

  /** Somebody else's write in between makes ours void: all of this is learned again by the next look. */
  private async write(next: InstanceRecord, basis: WriteBasis, reason: string): Promise<StoredInstance | null> {
    const result = await this.records.write(next, basis, { reason });
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
