import {
  holdLimitMs,
  type IdleClaimResult,
  IdleTracker,
  nextOfHeldStop,
  RecordSettings,
  recordWithDesiredState,
  StopHolders,
  type StoredInstance,
  withHold,
} from '@app/instance-store';
import { Clock, MetricsRegistry } from '@app/platform';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { Counter } from 'prom-client';
import { judgeForLimits, type ReachedLimits, reasonOf, type SpendSkip } from '../limits/spend-limits.js';

/**
 * What became of one stop. `stopped` and `held` are written. `skipped`: it is not to be stopped any more, as it was leased
 * meanwhile. `missing`: its record is gone. `contended`: others kept writing it, so the next check judges it again.
 */
export type SpendStopOutcome =
  | { readonly outcome: 'stopped' | 'held' | 'missing' | 'contended' }
  | { readonly outcome: 'skipped'; readonly why: SpendSkip };

/** Somebody who writes in between this often is busy with the instance. */
const ROUNDS = 3;

const SCOPES = ['fleet', 'owner'] as const;

/** Counts the stops; in the worker only. */
@Injectable()
export class SpendStopMetrics {
  private readonly stops: Counter<'limit'>;

  constructor(registry: MetricsRegistry) {
    this.stops = new Counter({
      name: 'novita_fleet_spend_limit_stops_total',
      help: 'Stops written because a limit of spend was reached, by whose limit it was',
      labelNames: ['limit'],
      registers: [registry],
    });
    for (const limit of SCOPES) this.stops.inc({ limit }, 0);
  }

  /** @param owner null for the limit of the fleet */
  stopped(owner: string | null): void {
    this.stops.inc({ limit: owner === null ? 'fleet' : 'owner' });
  }
}

/**
 * Writes that an instance is stopped by a limit of spend, or first that webhook endpoints hold it. Each write is one
 * compare-and-set on what was judged: revision, lease and latest use. Who loses it judges anew, so a lease that comes in between
 * keeps its instance.
 */
@Injectable()
export class SpendStopClaims {
  constructor(
    private readonly idle: IdleTracker,
    private readonly clock: Clock,
    @Inject(RecordSettings) private readonly settings: Pick<RecordSettings, 'STOP_HOLD_TIMEOUT'>,
    private readonly metrics: SpendStopMetrics,
    @Optional() @Inject(StopHolders) private readonly holders: StopHolders | null = null,
  ) {}

  /**
   * @param day of the limit, such as `2026-03-01`: a stop is held once for each
   * @throws StoreUnavailableError
   */
  async claim(stored: StoredInstance, reached: ReachedLimits, day: string): Promise<SpendStopOutcome> {
    let current = stored;
    for (let round = 0; round < ROUNDS; round += 1) {
      const verdict = judgeForLimits(current, reached, this.clock.now());
      if (verdict.verdict === 'skip') return { outcome: 'skipped', why: verdict.why };
      const { outcome, result } = await this.write(current, reasonOf(verdict.limit), day);
      if (result === null) return { outcome };
      if (result.outcome === 'claimed') {
        if (outcome === 'stopped') this.metrics.stopped(verdict.limit.owner);
        return { outcome };
      }
      if (result.outcome === 'missing') return { outcome: 'missing' };
      current = result.current;
    }
    return { outcome: 'contended' };
  }

  /** @returns the result of the write, null when there was nothing to write, and what it comes to if it takes place */
  private async write(
    { record, lastUsedAt }: StoredInstance,
    reason: string,
    day: string,
  ): Promise<{ readonly outcome: 'stopped' | 'held'; readonly result: IdleClaimResult | null }> {
    const now = this.clock.now();
    const stop = { by: 'spend-limit', occasion: day } as const;
    const claim = { lastUsedAt, reason };
    const next = nextOfHeldStop(record, stop, now);
    // A hold of the day before is ended by `HeldSpendStopJudge` when its time is over; until then it is held all the same.
    if (next === 'wait' || next === 'call-off') return { outcome: 'held', result: null };
    const endpointIds = next === 'go-on' ? [] : ((await this.holders?.of(record)) ?? []);
    if (endpointIds.length > 0) {
      const limitMs = holdLimitMs(record, this.settings.STOP_HOLD_TIMEOUT);
      const held = withHold(record, stop, reason, endpointIds, now, limitMs);
      return { outcome: 'held', result: await this.idle.claim(held, claim) };
    }
    const stopping = { ...recordWithDesiredState(record, 'stopped', 'spend-limit', now), status: 'stopping' } as const;
    return { outcome: 'stopped', result: await this.idle.claim(stopping, claim) };
  }
}
