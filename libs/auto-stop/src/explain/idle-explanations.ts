import {
  IdleTracker,
  type InstanceId,
  InstanceRecords,
  type NovitaInstanceId,
  type StoredInstance,
} from '@app/instance-store';
import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { instanceNotFound } from '../leases/leases.js';
import { AutoStopOptions, Suspension } from '../options/auto-stop-options.js';
import { evaluate, type IdleEvaluation } from '../policy/evaluation.js';

export interface IdleExplanation {
  readonly stored: StoredInstance;
  readonly evaluation: IdleEvaluation;
}

/** Explains why an instance is kept or will be stopped. The next check decides by the same rule. */
@Injectable()
export class IdleExplanations {
  constructor(
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly suspension: Suspension,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
  ) {}

  /**
   * By what is known now. Reads nothing at the provider and writes nothing.
   * @throws Problem `instance-not-found`, StoreUnavailableError
   */
  async explain(ref: InstanceId | NovitaInstanceId): Promise<IdleExplanation> {
    const stored = await this.records.get(ref);
    if (stored === null) throw instanceNotFound(ref);
    const { record, lastUsedAt } = stored;
    const lastUsedBy = lastUsedAt === null ? null : await this.idle.lastUsedBy(record.id);
    const signals = { lastUsedAt, lastUsedBy };
    const dataAge = this.suspension.dataAge();
    return { stored, evaluation: evaluate(record, signals, this.options.rules, dataAge, this.clock.now()) };
  }
}
