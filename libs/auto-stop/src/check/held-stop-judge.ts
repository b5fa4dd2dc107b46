import {
  HeldStops,
  IdleTracker,
  InstanceRecords,
  isHoldOver,
  openHold,
  type StoredInstance,
  updateInstance,
  withHoldOver,
  withoutHold,
} from '@app/instance-store';
import { Clock } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { Suspension } from '../options/auto-stop-options.js';
import { isTimeUp } from '../policy/idle-policy.js';
import { CheckRecorder } from '../stats/check-recorder.js';
import type { InstanceVerdict } from '../stats/check-report.js';
import { CandidateHandler } from './candidate-handler.js';
import { ProbeBudget } from './provider-signals.js';

/** Judges instances whose hold is over, each as a check does, and at once: a check may be minutes away. */
@Injectable()
export class HeldStopJudge extends HeldStops {
  private readonly logger = new Logger(HeldStopJudge.name);

  constructor(
    private readonly candidates: CandidateHandler,
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly suspension: Suspension,
    private readonly recorder: CheckRecorder,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async goOn(stored: StoredInstance, signal: AbortSignal): Promise<void> {
    if (this.suspension.settlesInMs() > 0) return;
    const context = { dataAge: this.suspension.dataAge(), signal, probes: new ProbeBudget(1) };
    const result = await this.candidates.handle(stored, context);
    await this.candidates.finishBatch([result], []);
    await this.recorder.heldStopEnded(result.verdict);
    if (mayBeStoppedYet(result.verdict)) return;
    await this.end(stored, result.verdict);
  }

  /** The instance is left running. One whose time is up is stopped by a later check, which is not held again. */
  private async end(stored: StoredInstance, verdict: InstanceVerdict): Promise<void> {
    const { evaluation, outcome, id } = verdict;
    const since = stored.record.stopHold?.since;
    const at = this.clock.timestamp();
    const isUsed = outcome === 'used-meanwhile' || !isTimeUp(evaluation);
    const by = isUsed ? await this.userOf(verdict) : 'auto-stop';
    const result = await updateInstance(
      this.records,
      id,
      { kind: 'command' },
      (record) => {
        const hold = openHold(record);
        // Somebody else has ended it, or another one has begun.
        if (hold === null || hold.since !== since || !isHoldOver(hold, this.clock.now())) return record;
        return isUsed ? withoutHold(record, 'called-off', by, at) : withHoldOver(record, at);
      },
      () => ({ reason: evaluation.reason }),
    );
    if (result.outcome !== 'written') return;
    this.logger.log('an instance whose stop was held is left running', { instanceId: id, reason: evaluation.reason });
  }

  /** Who keeps it running, as far as it is known. */
  private async userOf({ id, evaluation, outcome }: InstanceVerdict): Promise<string> {
    // Its settings or its status say that it is not to be stopped; who is behind that is another entry of its audit log.
    if (evaluation.rule === 'exempt') return 'auto-stop';
    const [latest] = evaluation.signals;
    const isReported = outcome === 'used-meanwhile' || latest?.kind === 'use';
    return (isReported ? await this.idle.lastUsedBy(id) : null) ?? latest?.by ?? 'auto-stop';
  }
}

/** Whether the stop was written, or another hold has begun, or it is to be tried again. */
function mayBeStoppedYet({ outcome, evaluation }: InstanceVerdict): boolean {
  switch (outcome) {
    case 'stopped':
    case 'held':
    case 'failed':
    case 'nothing-done':
      return true;
    case 'used-meanwhile':
    case 'warned':
      return false;
    case 'kept':
      return evaluation.verdict === 'stop';
  }
}
