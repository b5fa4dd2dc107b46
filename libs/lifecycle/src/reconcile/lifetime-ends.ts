import {
  endOfLifetime,
  holdLimitMs,
  type InstanceRecord,
  InstanceRecords,
  lifetimeEndsAt,
  nextOfLifetime,
  RecordSettings,
  recordWithDesiredState,
  StopHolders,
  type StoredInstance,
  withHold,
  withoutHold,
} from '@app/instance-store';
import { Clock } from '@app/platform';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';

/** Somebody who writes in between this often is busy with the instance; the next pass comes soon. */
const ROUNDS = 4;

/**
 * Stops an instance whose lifetime is over, whatever its use: it writes the desired state, or first that endpoints hold the
 * stop. Each write is one compare-and-set on what was judged, so a lifetime that is lengthened in between counts.
 */
@Injectable()
export class LifetimeEnds {
  private readonly logger = new Logger(LifetimeEnds.name);

  constructor(
    private readonly records: InstanceRecords,
    private readonly clock: Clock,
    @Inject(RecordSettings) private readonly settings: Pick<RecordSettings, 'STOP_HOLD_TIMEOUT'>,
    @Optional() @Inject(StopHolders) private readonly holders: StopHolders | null = null,
  ) {}

  /**
   * @returns the record as it stands then; null when it is gone
   * @throws StoreUnavailableError
   */
  async apply(stored: StoredInstance): Promise<StoredInstance | null> {
    let current = stored;
    for (let round = 0; round < ROUNDS; round += 1) {
      const change = await this.changeOf(current.record);
      if (change === null) return current;
      const result = await this.records.write(change.next, { kind: 'command' }, { reason: change.reason });
      if (result.outcome === 'missing') return null;
      if (result.outcome !== 'written') {
        current = result.current;
        continue;
      }
      current = result.stored;
      const { id, name, desired } = current.record;
      if (desired.state === 'stopped') {
        this.logger.log('an instance is being stopped, since its lifetime is over', { instanceId: id, name });
      }
    }
    return current;
  }

  /** @returns null when there is nothing to write */
  private async changeOf(
    record: InstanceRecord,
  ): Promise<{ readonly next: InstanceRecord; readonly reason: string } | null> {
    const now = this.clock.now();
    const endsAt = lifetimeEndsAt(record);
    const next = nextOfLifetime(record, now);
    if (next === 'nothing') return null;
    if (next === 'call-off' || endsAt === null) {
      const isOwn = record.stopHold?.by === 'max-lifetime';
      const reason = isOwn ? 'its lifetime has no such end any more' : 'its lifetime is over, which is another stop';
      return { next: withoutHold(record, 'called-off', 'max-lifetime', this.clock.timestamp()), reason };
    }
    const reason = `its lifetime of ${record.maxLifetimeMinutes} min ended at ${endsAt}`;
    const endpointIds = next === 'ask' ? ((await this.holders?.of(record)) ?? []) : [];
    if (endpointIds.length > 0) {
      const limitMs = holdLimitMs(record, this.settings.STOP_HOLD_TIMEOUT);
      return { next: withHold(record, endOfLifetime(endsAt), reason, endpointIds, now, limitMs), reason };
    }
    return { next: { ...recordWithDesiredState(record, 'stopped', 'max-lifetime', now), status: 'stopping' }, reason };
  }
}
