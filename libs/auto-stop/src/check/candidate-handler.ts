import { AuditLog, IdleTracker, type LedgerEntry, type StoredInstance, underWish } from '@app/instance-store';
import { Clock, msFromTimestamp, oneLine, type Timestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { AutoStopOptions } from '../auto-stop-options.js';
import { GPU_SOURCE } from '../policy/activity-signs.js';
import { evaluate } from '../policy/evaluate.js';
import type { IdleEvaluation } from '../policy/evaluation.js';
import type { IdleSignals, PictureAge } from '../policy/idle-signals.js';
import type { AskBudget } from './ask-budget.js';
import { type Handled, isTimeUp, verdictOf } from './handled.js';
import { ProviderSigns } from './provider-signs.js';

/** What all candidates of one check share. */
export interface CheckScene {
  readonly picture: PictureAge;
  readonly signal: AbortSignal;
  readonly asks: AskBudget;
}

/** Somebody who writes in between this often is busy with the instance; the next check looks again. */
const ROUNDS = 2;

/** Judges one candidate and acts on it, in one script that looks again. */
@Injectable()
export class CandidateHandler {
  private readonly logger = new Logger(CandidateHandler.name);

  constructor(
    private readonly idle: IdleTracker,
    private readonly audit: AuditLog,
    private readonly provider: ProviderSigns,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
  ) {}

  /**
   * What cannot be handled is told as failed.
   * @throws only the reason of the signal: what was not told by then proves nothing
   */
  async handle(stored: StoredInstance, scene: CheckScene): Promise<Handled> {
    try {
      return await this.judge(stored, scene, ROUNDS);
    } catch (error) {
      scene.signal.throwIfAborted();
      const evaluation = this.evaluate(stored, { lastUsedBy: null }, scene);
      this.logger.warn('an idle instance cannot be handled', { instanceId: stored.record.id, err: error });
      const why = oneLine(error instanceof Error ? error.message : String(error), 300);
      return { verdict: verdictOf(stored.record, evaluation, 'failed', why), next: 'put-off' };
    }
  }

  private async judge(stored: StoredInstance, scene: CheckScene, rounds: number): Promise<Handled> {
    const { record, lastUsedAt } = stored;
    const first = this.evaluate(stored, { lastUsedBy: null }, scene);
    if (first.verdict === 'keep' && !isTimeUp(first)) {
      return { verdict: verdictOf(record, first, 'kept'), next: 'reindex' };
    }
    const lastUsedBy = lastUsedAt === null ? null : await this.idle.lastUsedBy(record.id);
    if (first.verdict === 'warn') return this.warn(stored, this.evaluate(stored, { lastUsedBy }, scene));
    if (first.rule === 'suspended' || !this.provider.asks) {
      return this.finish(stored, this.evaluate(stored, { lastUsedBy }, scene), scene, rounds);
    }
    if (!scene.asks.take()) {
      const detail = 'Novita is asked about it at the next check, because this one has asked about many already';
      return { verdict: verdictOf(record, first, 'kept', detail), next: 'nothing' };
    }
    const signs = await this.provider.read(record, scene.signal);
    scene.signal.throwIfAborted();
    const evaluation = this.evaluate(stored, { lastUsedBy, ...signs }, scene);
    if (signs.gpu?.kind === 'used' && !isTimeUp(evaluation)) {
      await this.idle.touch(record.id, signs.gpu.at, GPU_SOURCE);
      return { verdict: verdictOf(record, evaluation, 'kept'), next: 'nothing' };
    }
    return this.finish(stored, evaluation, scene, rounds);
  }

  /** The time is up: it is stopped, or there is a reason that keeps it. */
  private async finish(
    stored: StoredInstance,
    evaluation: IdleEvaluation,
    scene: CheckScene,
    rounds: number,
  ): Promise<Handled> {
    const { record, lastUsedAt } = stored;
    if (evaluation.verdict !== 'stop') {
      await this.enterKept(stored, evaluation);
      return { verdict: verdictOf(record, evaluation, 'kept'), next: 'put-off' };
    }
    const wished = { ...underWish(record, 'stopped', 'auto-stop', this.clock.now()), status: 'stopping' as const };
    const result = await this.idle.claim(wished, { lastUsedAt, reason: evaluation.reason });
    switch (result.outcome) {
      case 'claimed':
        this.tellStop(stored, evaluation);
        return { verdict: verdictOf(record, evaluation, 'stopped'), next: 'reconcile' };
      case 'used-meanwhile':
        return { verdict: verdictOf(record, evaluation, 'used-meanwhile'), next: 'nothing' };
      case 'missing':
        return { verdict: verdictOf(record, evaluation, 'kept', 'it is gone'), next: 'nothing' };
      case 'stale':
        if (rounds > 1) return this.judge(result.current, scene, rounds - 1);
        return { verdict: verdictOf(record, evaluation, 'kept', 'its record changed meanwhile'), next: 'nothing' };
    }
  }

  private async warn({ record, lastUsedAt }: StoredInstance, evaluation: IdleEvaluation): Promise<Handled> {
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

  /** Once, until something else happens to it; that nothing is stopped at all is told elsewhere. */
  private async enterKept({ record }: StoredInstance, { rule, reason, evaluatedAt }: IdleEvaluation): Promise<void> {
    if (rule === 'suspended') return;
    const [latest] = await this.audit.entries(record.id, 1);
    if (latest?.kind === 'decision' && latest.to === rule) return;
    const entry: LedgerEntry = { at: evaluatedAt, kind: 'decision', by: 'auto-stop', to: rule, reason };
    await this.audit.append([{ id: record.id, entry }]);
  }

  private evaluate(
    { record, lastUsedAt }: StoredInstance,
    signals: Omit<IdleSignals, 'lastUsedAt'>,
    { picture }: CheckScene,
  ): IdleEvaluation {
    return evaluate(record, { lastUsedAt, ...signals }, this.options.rules, picture, this.clock.now());
  }

  private tellStop({ record }: StoredInstance, { idleSince, signs, reason, stopAt }: IdleEvaluation): void {
    this.logger.log('an idle instance is being stopped', {
      instanceId: record.id,
      name: record.name,
      idleSince,
      lastUsedBy: signs[0]?.by ?? null,
      thresholdMinutes: minutesBetween(idleSince, stopAt),
      usdPerHour: record.price.usdPerHour,
      reason,
    });
  }
}

const MINUTE_MS = 60_000;

function minutesBetween(from: Timestamp | null, to: Timestamp | null): number | null {
  return from === null || to === null ? null : (msFromTimestamp(to) - msFromTimestamp(from)) / MINUTE_MS;
}
