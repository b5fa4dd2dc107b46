import {
  holdLimitMs,
  type InstanceRecord,
  nextOfHeldStop,
  RecordSettings,
  StopHolders,
  type StoredInstance,
  withHold,
  withoutHold,
} from '@app/instance-store';
import { Clock, timestampFromMs } from '@app/platform';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { withoutPlace } from '../state-machine/migration-outcomes.js';
import type { Decision, LifecyclePolicy, Observation } from '../state-machine/model.js';
import { wakeAt } from '../state-machine/transitions.js';
import { DecidedRecords } from './decided-records.js';
import { heldMigrationOf, waitingDecision, withHoldEnded } from './held-migration.js';
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
    private readonly settings: RecordSettings,
    @Optional() @Inject(StopHolders) private readonly holders: StopHolders | null = null,
  ) {}

  /**
   * Writes the intent where a place is free and no endpoint holds the instance; otherwise that it waits.
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
    const held = await this.held(stored.record, decision, policy);
    if (held !== null) return { decision: held, written: await this.records.write(stored, held, observation) };
    const going = withHoldEnded(decision, this.clock.timestamp());
    const { maxAtOnce } = policy.migration;
    const written = await this.places.take(
      (hold) => this.records.write(stored, going, observation, { hold }),
      maxAtOnce,
    );
    if (written !== 'no-place') return { decision: going, written };
    const waiting: Decision = {
      step: { kind: 'wait' },
      record: withoutPlace(going.record, stored.record, this.clock.now(), policy),
      reason: `${maxAtOnce} migrations are under way in the fleet; this one waits`,
    };
    return { decision: waiting, written: await this.records.write(stored, waiting, observation) };
  }

  /** What is to be written instead of the intent because endpoints hold the migration; null for nothing. */
  private async held(before: InstanceRecord, decision: Decision, policy: LifecyclePolicy): Promise<Decision | null> {
    const stop = heldMigrationOf(before);
    const now = this.clock.now();
    switch (nextOfHeldStop(before, stop, now)) {
      case 'go-on':
        return null;
      case 'wait':
        return waitingDecision(decision, before, now, policy);
      case 'call-off': {
        const { record, ...rest } = waitingDecision(decision, before, now, policy);
        return { ...rest, record: wakeAt(withoutHold(record, 'called-off', 'migration', timestampFromMs(now)), now) };
      }
      case 'ask': {
        const endpointIds = (await this.holders?.of(before)) ?? [];
        if (endpointIds.length === 0) return null;
        const limitMs = holdLimitMs(before, this.settings.STOP_HOLD_TIMEOUT);
        const { record, ...rest } = waitingDecision(decision, before, now, policy);
        return {
          ...rest,
          record: wakeAt(withHold(record, stop, decision.reason, endpointIds, now, limitMs), now + limitMs),
        };
      }
    }
  }

  /** @param after as it was written in place of `before` */
  count(before: InstanceRecord, after: InstanceRecord): void {
    this.metrics.note(before, after);
  }
}
