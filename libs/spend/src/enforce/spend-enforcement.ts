import {
  HeldSpendStops,
  type InstanceId,
  InstanceRecords,
  isHoldOver,
  openHold,
  type StoredInstance,
  updateInstance,
  withoutHold,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Clock, inBatches, sideBySide } from '@app/platform';
import { RedisReadiness } from '@app/redis';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { SpendOptions } from '../limits/spend-options.js';
import { SpentToday } from '../reports/spent-today.js';
import { SpendStopClaims, type SpendStopOutcome } from './spend-stop-claims.js';
import { SpendStopPlan } from './spend-stop-plan.js';

/** Records read in one round trip; the store's own limit. */
const BATCH = 200;
/** Instances acted on at the same time. */
const SIDE_BY_SIDE = 16;

/** How far a check came. */
export interface EnforcementResult {
  readonly stopped: number;
  /** Whether instances are left for the next check. */
  readonly more: boolean;
}

/** Stops what runs while a limit is reached and SPEND_ENFORCE says so. Idempotent: what is being stopped is not up for it again. */
@Injectable()
export class SpendEnforcement {
  private readonly logger = new Logger(SpendEnforcement.name);

  constructor(
    private readonly plan: SpendStopPlan,
    private readonly records: InstanceRecords,
    private readonly claims: SpendStopClaims,
    @Inject(ReconcileRequests) private readonly requests: Pick<ReconcileRequests, 'now'>,
    private readonly options: SpendOptions,
  ) {}

  /** @throws StoreUnavailableError, the reason of the signal */
  async run(signal: AbortSignal): Promise<EnforcementResult> {
    const { dailyLimitUsd, ownerDailyLimitUsd, enforcement } = this.options;
    if (enforcement !== 'stop' || (dailyLimitUsd === null && ownerDailyLimitUsd === null)) return NOTHING;
    const { day, reached, stops, total } = await this.plan.make(signal);
    let stopped = 0;
    for (const batch of inBatches(stops, BATCH)) {
      signal.throwIfAborted();
      // Anew, since a plan of a large fleet takes its time: what is judged is what the claim compares.
      const read = await this.records.getMany(batch.map(({ id }) => id));
      const outcomes = await sideBySide(read, SIDE_BY_SIDE, (stored) => this.stop(stored, reached, day));
      await this.requestReconciles(read, outcomes);
      stopped += outcomes.filter(({ outcome }) => outcome === 'stopped').length;
    }
    return { stopped, more: total > stops.length };
  }

  private async stop(
    stored: StoredInstance,
    reached: Parameters<SpendStopClaims['claim']>[1],
    day: string,
  ): Promise<SpendStopOutcome> {
    const result = await this.claims.claim(stored, reached, day);
    if (result.outcome !== 'stopped') return result;
    const { id, name, price } = stored.record;
    this.logger.log('an instance is being stopped, since a limit of spend is reached', {
      instanceId: id,
      name,
      usdPerHour: price.usdPerHour,
    });
    return result;
  }

  private async requestReconciles(
    read: readonly StoredInstance[],
    outcomes: readonly SpendStopOutcome[],
  ): Promise<void> {
    const of = (wanted: SpendStopOutcome['outcome']): InstanceId[] =>
      read.flatMap(({ record }, place) => (outcomes[place]?.outcome === wanted ? [record.id] : []));
    await this.requests.now(of('stopped'), { urgent: true });
    await this.requests.now(of('held'));
  }
}

const NOTHING: EnforcementResult = { stopped: 0, more: false };

/** Goes on with stops of the limits that webhook endpoints have held. */
@Injectable()
export class HeldSpendStopJudge extends HeldSpendStops {
  constructor(
    private readonly today: SpentToday,
    private readonly claims: SpendStopClaims,
    private readonly records: InstanceRecords,
    private readonly clock: Clock,
    private readonly options: SpendOptions,
    @Inject(RedisReadiness) private readonly redis: Pick<RedisReadiness, 'settlesInMs'>,
  ) {
    super();
  }

  override async goOn(stored: StoredInstance): Promise<void> {
    const hold = stored.record.stopHold;
    if (hold === null || this.redis.settlesInMs > 0) return;
    const { spent, reached } = await this.today.read();
    if (this.options.enforcement === 'stop' && spent.day === hold.occasion) {
      const { outcome } = await this.claims.claim(stored, reached, spent.day);
      if (outcome !== 'skipped') return;
    }
    await this.end(stored.record.id, hold.since);
  }

  /** The instance is left running: it was leased, the limit was raised, or the day is over. */
  private async end(id: InstanceId, since: string): Promise<void> {
    const at = this.clock.timestamp();
    await updateInstance(
      this.records,
      id,
      { kind: 'command' },
      (record) => {
        const hold = openHold(record);
        // Somebody else has ended it, or another one has begun.
        if (hold === null || hold.since !== since || !isHoldOver(hold, this.clock.now())) return record;
        return withoutHold(record, 'called-off', 'spend-limit', at);
      },
      () => ({ reason: 'no limit of spend has it stopped any more' }),
    );
  }
}
