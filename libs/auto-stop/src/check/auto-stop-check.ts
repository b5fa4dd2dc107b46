import { Deadlines, type InstanceId, InstanceRecords } from '@app/instance-store';
import { Clock, inBatches, oneLine, sideBySide } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { Suspension } from '../options/auto-stop-options.js';
import { CheckRecorder } from '../stats/check-recorder.js';
import { CheckCounters, type CheckOrder, type CheckReport } from '../stats/check-report.js';
import { CandidateHandler, type CheckContext } from './candidate-handler.js';
import { ProbeBudget } from './provider-signals.js';

/** Candidates that one check takes; more come with the next, which follows at once while there is progress. */
const MOST_CANDIDATES = 2_000;
/** Records read in one round trip; the store's own limit. */
const BATCH = 200;
/** Candidates acted on at the same time. */
const SIDE_BY_SIDE = 16;
/** Instances that Novita is asked about in one check: at ten calls a second they take a minute of its budget. */
const MOST_PROBED = 500;

/**
 * Checks the instances whose idle deadline is due, and no others, so that a check costs what is due and not what exists.
 * `CandidateHandler` judges each by the rule in `policy/idle-policy.ts`.
 */
@Injectable()
export class AutoStopCheck {
  private readonly logger = new Logger(AutoStopCheck.name);

  constructor(
    private readonly deadlines: Deadlines,
    private readonly records: InstanceRecords,
    private readonly candidates: CandidateHandler,
    private readonly suspension: Suspension,
    private readonly recorder: CheckRecorder,
    private readonly clock: Clock,
  ) {}

  /**
   * A dry run writes nothing, asks Novita nothing, and answers what a check would do by what is known here.
   * @throws StoreUnavailableError, the reason of the signal
   */
  async run(order: CheckOrder): Promise<CheckReport> {
    try {
      return await this.carryOut(order);
    } catch (error) {
      if (!order.dryRun && !order.signal.aborted) this.recorder.checkFailed();
      throw error;
    }
  }

  private async carryOut(order: CheckOrder): Promise<CheckReport> {
    const startedAt = this.clock.timestamp();
    const dataAge = this.suspension.dataAge();
    const context = { dataAge, signal: order.signal, probes: new ProbeBudget(MOST_PROBED) };
    const due = await this.deadlines.due('autoStopAt', startedAt, MOST_CANDIDATES + 1);
    const counters = new CheckCounters();
    for (const ids of inBatches(due.slice(0, MOST_CANDIDATES), BATCH)) {
      order.signal.throwIfAborted();
      await this.checkBatch(ids, order, context, counters);
    }
    const report = counters.report(order, {
      startedAt,
      endedAt: this.clock.timestamp(),
      suspended: this.suspension.reason(),
      more: due.length > MOST_CANDIDATES,
    });
    if (!order.dryRun) await this.recorder.checkEnded(report);
    return report;
  }

  private async checkBatch(
    ids: readonly InstanceId[],
    { dryRun }: CheckOrder,
    context: CheckContext,
    counters: CheckCounters,
  ): Promise<void> {
    const stored = await this.records.getMany(ids);
    const read = new Set(stored.map(({ record }) => record.id));
    const results = await sideBySide(stored, SIDE_BY_SIDE, (candidate) =>
      dryRun ? this.candidates.preview(candidate, context) : this.candidates.handle(candidate, context),
    );
    const verdicts = results.map(({ verdict }) => verdict);
    counters.add(verdicts);
    const unread = ids.filter((id) => !read.has(id));
    const unreadable = (await sideBySide(unread, SIDE_BY_SIDE, (id) => this.isUnreadable(id))).filter(Boolean).length;
    counters.addUnreadable(unreadable);
    if (dryRun) return;
    this.recorder.batchEnded(verdicts, unreadable);
    await this.candidates.finishBatch(results, unread);
  }

  /** Whether a record that was not read cannot be understood. One that is gone is no error. */
  private async isUnreadable(id: InstanceId): Promise<boolean> {
    try {
      await this.records.get(id);
      return false;
    } catch (error) {
      const why = oneLine(error instanceof Error ? error.message : String(error), 300);
      this.logger.warn('the record of an idle instance cannot be read', { instanceId: id, why });
      return true;
    }
  }
}
