import {
  type AuditEntry,
  AuditLog,
  holdLimitMs,
  type IdleClaimResult,
  IdleTracker,
  type InstanceRecord,
  nextOfHeldStop,
  RecordSettings,
  recordWithDesiredState,
  StopHolders,
  type StoredInstance,
  withHold,
  withoutHold,
} from '@app/instance-store';
import { Clock, msFromTimestamp } from '@app/platform';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { IdleEvaluation } from '../policy/evaluation.js';
import { heldStopOf } from '../policy/idle-policy.js';

/** `held`: endpoints hold the stop from now on; nothing else has changed. */
export type StopClaimResult = IdleClaimResult | { readonly outcome: 'held' };

/**
 * Writes what was decided about an instance whose time is up: its stop, or first that endpoints hold it, or why it is kept.
 * Stop and hold are one script each, which checks again: revision, status, latest use and lease must still be those that
 * were judged. So a use before the hold, or during it, wins.
 */
@Injectable()
export class StopClaims {
  constructor(
    private readonly idle: IdleTracker,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    private readonly settings: RecordSettings,
    @Optional() @Inject(StopHolders) private readonly holders: StopHolders | null = null,
  ) {}

  /**
   * @param evaluation with the verdict `stop`
   * @throws StoreUnavailableError
   */
  async claim(stored: StoredInstance, evaluation: IdleEvaluation): Promise<StopClaimResult> {
    const { record } = stored;
    if (evaluation.idleSince === null) throw new Error('a stop needs the beginning of the idle period');
    const stop = heldStopOf(msFromTimestamp(evaluation.idleSince));
    const now = this.clock.now();
    switch (nextOfHeldStop(record, stop, now)) {
      case 'wait':
        return { outcome: 'held' };
      case 'call-off': {
        const reason = 'its stop was held for another reason than the present one';
        const ended = withoutHold(record, 'called-off', stop.by, this.clock.timestamp());
        const result = await this.write(ended, stored, reason);
        return result.outcome === 'claimed' ? this.claim(result.stored, evaluation) : result;
      }
      case 'ask': {
        const endpointIds = (await this.holders?.of(record)) ?? [];
        if (endpointIds.length === 0) break;
        const limitMs = holdLimitMs(record, this.settings.STOP_HOLD_TIMEOUT);
        const held = withHold(record, stop, evaluation.reason, endpointIds, now, limitMs);
        const result = await this.write(held, stored, evaluation.reason);
        return result.outcome === 'claimed' ? { outcome: 'held' } : result;
      }
      case 'go-on':
        break;
    }
    const stopping: InstanceRecord = {
      ...recordWithDesiredState(record, 'stopped', 'auto-stop', now),
      status: 'stopping',
    };
    return this.write(stopping, stored, evaluation.reason);
  }

  /**
   * One line in the audit log until something else happens to the instance. A suspension concerns all and is shown elsewhere.
   * @param evaluation with another verdict than `stop`
   * @throws StoreUnavailableError
   */
  async logKept({ record }: StoredInstance, { rule, reason, evaluatedAt }: IdleEvaluation): Promise<void> {
    if (rule === 'suspended') return;
    const [latest] = await this.audit.entries(record.id, 1);
    if (latest?.kind === 'decision' && latest.to === rule) return;
    const entry: AuditEntry = { at: evaluatedAt, kind: 'decision', by: 'auto-stop', to: rule, reason };
    await this.audit.append([{ id: record.id, entry }]);
  }

  private write(next: InstanceRecord, { lastUsedAt }: StoredInstance, reason: string): Promise<IdleClaimResult> {
    return this.idle.claim(next, { lastUsedAt, reason });
  }
}
