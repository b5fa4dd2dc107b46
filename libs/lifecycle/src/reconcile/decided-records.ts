import {
  IdentityTakenError,
  IdleTracker,
  type InstanceId,
  InstanceRecords,
  type StoredInstance,
  type UnderLock,
  type WriteBasis,
  type WriteResult,
} from '@app/instance-store';
import { Clock } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { withoutPlace } from '../state-machine/migration-outcomes.js';
import type { Decision, LifecyclePolicy, Observation } from '../state-machine/model.js';
import { MigrationPlaces } from './migration-places.js';

/** What came of the write of a decision. */
interface WrittenDecision {
  /** The one that was written: that the instance waits, where it was to migrate and no place was free. */
  readonly decision: Decision;
  /** Null when another process wrote in between, or the observation is older than a desired state we did not know. */
  readonly written: StoredInstance | null;
}

/** The records as a pass reads and writes them. */
@Injectable()
export class DecidedRecords {
  private readonly logger = new Logger('Reconciler');

  constructor(
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly places: MigrationPlaces,
    private readonly clock: Clock,
  ) {}

  /** @throws StoreUnavailableError */
  get(id: InstanceId): Promise<StoredInstance | null> {
    return this.records.get(id);
  }

  /**
   * Writes the observation together with the intent of the decision. A migration or the purchase of a replacement is
   * begun only where a place is free.
   *
   * @throws StoreUnavailableError, IdentityTakenError when another record of ours has the same provider id
   */
  async write(
    stored: StoredInstance,
    decision: Decision,
    observation: Observation,
    policy: LifecyclePolicy,
  ): Promise<WrittenDecision> {
    if (decision.step.kind !== 'migrate' && decision.step.kind !== 'buy-replacement') {
      return { decision, written: await this.writeDecision(stored, decision, observation) };
    }
    const { maxAtOnce } = policy.migration;
    const written = await this.places.take(
      (hold) => this.writeDecision(stored, decision, observation, { hold }),
      maxAtOnce,
    );
    if (written !== 'no-place') return { decision, written };
    const waiting: Decision = {
      step: { kind: 'wait' },
      record: withoutPlace(decision.record, stored.record, this.clock.now(), policy),
      reason: `${maxAtOnce} migrations are under way in the fleet; this one waits`,
    };
    return { decision: waiting, written: await this.writeDecision(stored, waiting, observation) };
  }

  /** @param under a lock that must still be held, if any */
  private async writeDecision(
    stored: StoredInstance,
    decision: Decision,
    observation: Observation,
    under: Partial<UnderLock> = {},
  ): Promise<StoredInstance | null> {
    const { record } = decision;
    if (record === stored.record) return stored;
    // A decision that changes the desired state is a command of our own; any other writes an observation. An observation
    // older than the desired state counts for nothing: only the pause is written, which the store would reject as an
    // observation.
    const isClear = observation.kind === 'found' || observation.kind === 'absent';
    const counts = isClear && observation.at >= stored.record.desired.at;
    const basis: WriteBasis =
      counts && record.desired === stored.record.desired
        ? { kind: 'observation', observedAt: observation.at }
        : { kind: 'command' };
    const result = await this.tryWrite(decision, basis, under);
    if (result?.outcome !== 'written') return null;
    const startedByHand = record.desired !== stored.record.desired && record.desired.state === 'running';
    if (startedByHand) await this.idle.touch(record.id, record.desired.at);
    return result.stored;
  }

  private async tryWrite(
    { record, reason }: Decision,
    basis: WriteBasis,
    under: Partial<UnderLock>,
  ): Promise<WriteResult | null> {
    try {
      return await this.records.write(record, basis, { reason, ...under });
    } catch (error) {
      if (!(error instanceof IdentityTakenError)) throw error;
      await this.releaseIdentity(error);
      return null;
    }
  }

  /**
   * Settles who an instance at the provider belongs to. It can have been listed, and stored as made elsewhere, before the
   * record that made it learned its id; the marker in its name says whose it is.
   *
   * @throws the error again when the holder is not merely a discovered one: two records of ours must not share it
   */
  private async releaseIdentity(error: IdentityTakenError): Promise<void> {
    const holder = await this.records.get(error.holder);
    if (holder === null) return;
    if (holder.record.origin !== 'discovered') throw error;
    this.logger.log('a discovered record gives way to the one that made the instance', { instanceId: error.holder });
    await this.records.remove(holder.record.id, holder.record.revision);
  }
}
