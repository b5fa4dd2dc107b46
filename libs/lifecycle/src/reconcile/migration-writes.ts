import type { InstanceRecord, StoredInstance } from '@app/instance-store';
import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { withoutPlace } from '../state-machine/migration-outcomes.js';
import type { Decision, LifecyclePolicy, Observation } from '../state-machine/model.js';
import { DecidedRecords } from './decided-records.js';
import { MigrationMetrics } from './migration-metrics.js';
import { MigrationPlaces } from './migration-places.js';

/** What came of the write of an intent. */
interface BegunMigration {
  /** The one that was written: to migrate, or to wait for a place. */
  readonly decision: Decision;
  /** Null when somebody else wrote in between. */
  readonly written: StoredInstance | null;
}

/** Writes the intents of migrations, as many as may run at the same time, and counts what becomes of them. */
@Injectable()
export class MigrationWrites {
  constructor(
    private readonly records: DecidedRecords,
    private readonly places: MigrationPlaces,
    private readonly metrics: MigrationMetrics,
    private readonly clock: Clock,
  ) {}

  /**
   * Writes the intent where a place is free; otherwise that the instance waits for one.
   *
   * @param decision to migrate the instance
   * @throws StoreUnavailableError
   */
  async begin(
    stored: StoredInstance,
    decision: Decision,
    observation: Observation,
    policy: LifecyclePolicy,
  ): Promise<BegunMigration> {
    const { maxAtOnce } = policy.migration;
    const written = await this.places.take(
      (hold) => this.records.write(stored, decision, observation, { hold }),
      maxAtOnce,
    );
    if (written !== 'no-place') return { decision, written };
    const waiting: Decision = {
      step: { kind: 'wait' },
      record: withoutPlace(decision.record, stored.record, this.clock.now(), policy),
      reason: `${maxAtOnce} migrations are under way in the fleet; this one waits`,
    };
    return { decision: waiting, written: await this.records.write(stored, waiting, observation) };
  }

  /** @param after as it was written in place of `before` */
  count(before: InstanceRecord, after: InstanceRecord): void {
    this.metrics.note(before, after);
  }
}
