import { IdleTracker, type InstanceId, type InstanceRecord, type StoredInstance } from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Clock, MINUTE_MS, msFromTimestamp, oneLine, type Timestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { AutoStopOptions } from '../options/auto-stop-options.js';
import { evaluate, GPU_SOURCE, type IdleEvaluation } from '../policy/evaluation.js';
import { type FleetDataAge, type IdleSignals, isTimeUp } from '../policy/idle-policy.js';
import type { InstanceVerdict } from '../stats/check-report.js';
import { type ProbeBudget, ProviderSignals } from './provider-signals.js';
import { StopClaims } from './stop-claims.js';

/** What all candidates of one check share. */
export interface CheckContext {
  readonly dataAge: FleetDataAge;
  readonly signal: AbortSignal;
  readonly probes: ProbeBudget;
}

/** What became of one candidate, and what is left to do about it together with others. */
export interface CandidateResult {
  readonly verdict: InstanceVerdict;
  /**
   * `reindex`: it is no candidate, so its deadline was wrong. `postpone`: it had to be kept although its time is up, so
   * the others come first at the next check. `reconcile`: the life cycle is to stop it. `hold`: the life cycle is to wait
   * for the end of a hold that has just begun.
   */
  readonly next: 'nothing' | 'reindex' | 'postpone' | 'reconcile' | 'hold';
}

/** Somebody who writes in between this often is busy with the instance; the next check judges it again. */
const ROUNDS = 2;

/** Judges one candidate of a check and acts on it: warns about it, claims it for its stop, or keeps it. */
@Injectable()
export class CandidateHandler {
  private readonly logger = new Logger(CandidateHandler.name);

  constructor(
    private readonly idle: IdleTracker,
    private readonly provider: ProviderSignals,
    private readonly claims: StopClaims,
    private readonly requests: ReconcileRequests,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
  ) {}

  /**
   * An error in the handling of the candidate is part of the result: `failed`.
   * @throws only the reason of the signal: an answer that has not come by then proves nothing
   */
  async handle(stored: StoredInstance, check: CheckContext): Promise<CandidateResult> {
    try {
      return await this.judge(stored, check, ROUNDS);
    } catch (error) {
      check.signal.throwIfAborted();
      const evaluation = this.evaluate(stored, { lastUsedBy: null }, check);
      this.logger.warn('an idle instance cannot be handled', { instanceId: stored.record.id, err: error });
      const why = oneLine(error instanceof Error ? error.message : String(error), 300);
      return { verdict: verdictOf(stored.record, evaluation, 'failed', why), next: 'postpone' };
    }
  }

  private async judge(stored: StoredInstance, check: CheckContext, rounds: number): Promise<CandidateResult> {
    const { record } = stored;
    const first = this.evaluate(stored, { lastUsedBy: null }, check);
    if (first.verdict === 'keep' && !isTimeUp(first)) {
      return { verdict: verdictOf(record, first, 'kept'), next: 'reindex' };
    }
    if (first.rule === 'held') return { verdict: verdictOf(record, first, 'kept'), next: 'postpone' };
    const lastUsedBy = await this.lastUsedBy(stored);
    if (first.verdict === 'warn') return this.warn(stored, this.evaluate(stored, { lastUsedBy }, check));
    if (first.rule === 'suspended' || !this.provider.isNeeded) {
      return this.stopOrKeep(stored, this.evaluate(stored, { lastUsedBy }, check), check, rounds);
    }
    if (!check.probes.take()) {
      const detail = 'Novita is asked about it at the next check, because this one has asked about many already';
      return { verdict: verdictOf(record, first, 'kept', detail), next: 'nothing' };
    }
    const signals = await this.provider.read(record, check.signal);
    check.signal.throwIfAborted();
    const evaluation = this.evaluate(stored, { lastUsedBy, ...signals }, check);
    if (signals.gpu?.kind === 'used' && !isTimeUp(evaluation)) {
      await this.idle.touch(record.id, signals.gpu.at, GPU_SOURCE);
      return { verdict: verdictOf(record, evaluation, 'kept'), next: 'nothing' };
    }
    return this.stopOrKeep(stored, evaluation, check, rounds);
  }

  /**
   * The time is up. The claim writes the stop, or that it is held, in one script that checks again: revision, status,
   * latest use and lease must still be those that were judged.
   */
  private async stopOrKeep(
    stored: StoredInstance,
    evaluation: IdleEvaluation,
    check: CheckContext,
    rounds: number,
  ): Promise<CandidateResult> {
    const { record } = stored;
    if (evaluation.verdict !== 'stop') {
      await this.claims.logKept(stored, evaluation);
      return { verdict: verdictOf(record, evaluation, 'kept'), next: 'postpone' };
    }
    const result = await this.claims.claim(stored, evaluation);
    switch (result.outcome) {
      case 'claimed':
        this.logStop(stored, evaluation);
        return { verdict: verdictOf(record, evaluation, 'stopped'), next: 'reconcile' };
      case 'held':
        return { verdict: verdictOf(record, evaluation, 'held'), next: 'hold' };
      case 'used-meanwhile':
        return { verdict: verdictOf(record, evaluation, 'used-meanwhile'), next: 'nothing' };
      case 'missing':
        return { verdict: verdictOf(record, evaluation, 'kept', 'it is gone'), next: 'nothing' };
      case 'stale':
        if (rounds > 1) return this.judge(result.current, check, rounds - 1);
        return { verdict: verdictOf(record, evaluation, 'kept', 'its record changed meanwhile'), next: 'nothing' };
    }
  }

  private async warn({ record, lastUsedAt }: StoredInstance, evaluation: IdleEvaluation): Promise<CandidateResult> {
    const { idleSince, stopAt, reason } = evaluation;
    if (idleSince === null || stopAt === null) throw new Error('a warning needs the time of the stop');
    const { id, revision } = record;
    const outcome = await this.idle.warn({ id, revision, lastUsedAt, idleSince, stopAt, reason });
    switch (outcome) {
      case 'warned':
        return { verdict: verdictOf(record, evaluation, 'warned'), next: 'nothing' };
      case 'already':
        return { verdict: verdictOf(record, evaluation, 'kept', 'it was warned about before'), next: 'reindex' };
      case 'used-meanwhile':
        return { verdict: verdictOf(record, evaluation, 'used-meanwhile'), next: 'nothing' };
      case 'stale':
        return { verdict: verdictOf(record, evaluation, 'kept', 'its record changed meanwhile'), next: 'nothing' };
      case 'missing':
        return { verdict: verdictOf(record, evaluation, 'kept', 'it is gone'), next: 'nothing' };
    }
  }

  /** What a check would make of a candidate by what is known here. Says what it would ask Novita first, and asks nothing. */
  async preview(stored: StoredInstance, check: CheckContext): Promise<CandidateResult> {
    const evaluation = this.evaluate(stored, { lastUsedBy: await this.lastUsedBy(stored) }, check);
    const questions = [
      ...(this.options.synchronised ? [] : ['whether it runs']),
      ...(this.options.gpuThresholdPercent === null ? [] : ['how busy its GPU was']),
    ];
    const asks = isTimeUp(evaluation) && evaluation.rule !== 'suspended' && questions.length > 0;
    const detail = asks ? `A check asks Novita first ${questions.join(' and ')}; the answer can keep it.` : null;
    return { verdict: verdictOf(stored.record, evaluation, 'nothing-done', detail), next: 'nothing' };
  }

  /**
   * Does together what the results of a batch leave to do.
   *
   * @param unread candidates whose record was not read
   */
  async finishBatch(results: readonly CandidateResult[], unread: readonly InstanceId[]): Promise<void> {
    const of = (next: CandidateResult['next']): InstanceId[] =>
      results.flatMap((result) => (result.next === next ? [result.verdict.id] : []));
    const reindexed = of('reindex');
    const postponed = [...of('postpone'), ...unread];
    await this.requests.now(of('reconcile'), { urgent: true });
    await this.requests.now(of('hold'));
    if (reindexed.length > 0) await this.idle.reindex(reindexed);
    if (postponed.length > 0) await this.idle.postpone(postponed, this.clock.timestamp());
  }

  private evaluate(
    { record, lastUsedAt }: StoredInstance,
    signals: Omit<IdleSignals, 'lastUsedAt'>,
    { dataAge }: CheckContext,
  ): IdleEvaluation {
    return evaluate(record, { lastUsedAt, ...signals }, this.options.rules, dataAge, this.clock.now());
  }

  private async lastUsedBy({ record, lastUsedAt }: StoredInstance): Promise<string | null> {
    return lastUsedAt === null ? null : this.idle.lastUsedBy(record.id);
  }

  private logStop({ record }: StoredInstance, { idleSince, signals, reason, stopAt }: IdleEvaluation): void {
    this.logger.log('an idle instance is being stopped', {
      instanceId: record.id,
      name: record.name,
      idleSince,
      lastUsedBy: signals[0]?.by ?? null,
      thresholdMinutes: minutesBetween(idleSince, stopAt),
      usdPerHour: record.price.usdPerHour,
      reason,
    });
  }
}

function verdictOf(
  { id, name, price }: InstanceRecord,
  evaluation: IdleEvaluation,
  outcome: InstanceVerdict['outcome'],
  detail: string | null = null,
): InstanceVerdict {
  return { id, name, usdPerHour: price.usdPerHour, evaluation, outcome, detail };
}

function minutesBetween(from: Timestamp | null, to: Timestamp | null): number | null {
  return from === null || to === null ? null : (msFromTimestamp(to) - msFromTimestamp(from)) / MINUTE_MS;
}
