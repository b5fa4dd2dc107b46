import {
  HeldSpendStops,
  HeldStops,
  IdentityTakenError,
  IdleTracker,
  type InstanceId,
  InstanceRecords,
  isHoldOver,
  openHold,
  type StoredInstance,
  type UnderLock,
  type WriteBasis,
  type WriteResult,
} from '@app/instance-store';
import { Clock } from '@app/platform';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { callsOut, type Decision, type Observation } from '../state-machine/model.js';
import { withoutNeedlessHold } from './held-migration.js';
import { LifetimeEnds } from './lifetime-ends.js';
import { LifecycleMetrics } from './reconcile-metrics.js';

/** The records as a pass reads and writes them; it counts what it writes. */
@Injectable()
export class DecidedRecords {
  private readonly logger = new Logger('Reconciler');

  constructor(
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly lifetimes: LifetimeEnds,
    private readonly clock: Clock,
    private readonly metrics: LifecycleMetrics,
    @Optional() @Inject(HeldStops) private readonly heldStops: HeldStops | null = null,
    @Optional() @Inject(HeldSpendStops) private readonly heldSpendStops: HeldSpendStops | null = null,
  ) {}

  /**
   * The record of a pass. A stop of auto-stop or of the spend limit whose hold is over goes on first, then the end of its
   * lifetime.
   *
   * @throws StoreUnavailableError, the reason of the signal
   */
  async get(id: InstanceId, signal: AbortSignal): Promise<StoredInstance | null> {
    const stored = await this.afterHold(id, signal);
    return stored === null ? null : this.lifetimes.apply(stored);
  }

  private async afterHold(id: InstanceId, signal: AbortSignal): Promise<StoredInstance | null> {
    const stored = await this.records.get(id);
    const hold = stored === null ? null : openHold(stored.record);
    if (stored === null || hold === null || !isHoldOver(hold, this.clock.now())) return stored;
    switch (hold.by) {
      case 'migration':
      case 'max-lifetime':
        return stored;
      case 'auto-stop':
        await this.heldStops?.goOn(stored, signal);
        return this.records.get(id);
      case 'spend-limit':
        await this.heldSpendStops?.goOn(stored);
        return this.records.get(id);
    }
  }

  /**
   * Writes the observation together with the intent of the decision.
   *
   * @param under a lock that must still be held, if any
   * @returns null when somebody else wrote in between, or the observation is older than a desired state we did not know
   * @throws StoreUnavailableError, IdentityTakenError when another record of ours has the same provider id
   */
  async write(
    stored: StoredInstance,
    decision: Decision,
    observation: Observation,
    under: Partial<UnderLock> = {},
  ): Promise<StoredInstance | null> {
    const written = await this.writeUncounted(stored, decision, observation, under);
    const { kind } = decision.step;
    if (written === null) this.metrics.countStep(kind, 'lost');
    else if (!callsOut(kind)) this.metrics.countStep(kind, 'written');
    if (written !== null) this.metrics.written(stored.record, written.record);
    return written;
  }

  private async writeUncounted(
    stored: StoredInstance,
    decision: Decision,
    observation: Observation,
    under: Partial<UnderLock>,
  ): Promise<StoredInstance | null> {
    if (decision.record === stored.record) return stored;
    const record = withoutNeedlessHold(decision.record, this.clock.timestamp());
    // A decision that changes the desired state is a command of our own; any other writes an observation. An observation
    // older than the desired state counts for nothing: only the pause is written, which the store would refuse as an
    // observation.
    const isClear = observation.kind === 'found' || observation.kind === 'absent';
    const counts = isClear && observation.at >= stored.record.desired.at;
    const basis: WriteBasis =
      counts && record.desired === stored.record.desired
        ? { kind: 'observation', observedAt: observation.at }
        : { kind: 'command' };
    const result = await this.tryWrite({ ...decision, record }, basis, under);
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
