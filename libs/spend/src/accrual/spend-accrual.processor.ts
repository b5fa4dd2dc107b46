import { dayOf, FleetFreshness, SpendMeter } from '@app/instance-store';
import {
  type JobContext,
  type JobHandler,
  JobSchedules,
  type RunAgain,
  SPEND_ACCRUAL,
  type SpendAccrualPayload,
} from '@app/jobs';
import { Clock } from '@app/platform';
import { RedisReadiness } from '@app/redis';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { SpendEnforcement } from '../enforce/spend-enforcement.js';
import { FleetHistory } from '../history/fleet-history.js';
import { RunningCosts } from '../idle/idle-cost.js';
import { IdleCostStore } from '../idle/idle-cost-store.js';
import { SpendOptions } from '../limits/spend-options.js';
import { SpendLimitWatch } from './spend-limit-watch.js';

const SPEND_SCHEDULE = 'spend';
/** Idle costs and the latest sample of the history grow no older than this. */
const LONGEST_MS = 60_000;

/** Records how the fleet stands now, for the charts. */
@Injectable()
export class HistorySampler {
  constructor(
    private readonly spend: SpendMeter,
    private readonly history: FleetHistory,
    private readonly clock: Clock,
  ) {}

  /** @param running instances that are billed as running; @throws StoreUnavailableError */
  async sample(running: number): Promise<void> {
    const at = this.clock.timestamp();
    const { now } = await this.spend.read(dayOf(this.clock.now()));
    await this.history.record({ at, running, usdPerHour: now.usdPerHour });
  }
}

/** Records how the fleet stands now and what of it idles, once a listing has completed: before that, 0 would be a claim. */
@Injectable()
export class FleetSampler {
  constructor(
    private readonly fleet: FleetFreshness,
    private readonly history: HistorySampler,
    private readonly costs: RunningCosts,
    private readonly idleCosts: IdleCostStore,
  ) {}

  /** In proportion to what is up. @throws StoreUnavailableError, the reason of the signal */
  async sample(signal: AbortSignal): Promise<void> {
    if (this.fleet.instancesAsOf() === null) return;
    const { running, idle } = await this.costs.measure(signal);
    await this.history.sample(running);
    await this.idleCosts.record(idle);
  }
}

/** Has the limits enforced, once a listing has completed and Redis has answered for long enough that nothing is missing in it. */
@Injectable()
export class SettledEnforcement {
  constructor(
    private readonly enforcement: SpendEnforcement,
    private readonly fleet: FleetFreshness,
    private readonly redis: RedisReadiness,
  ) {}

  /** @throws StoreUnavailableError, the reason of the signal */
  async run(signal: AbortSignal): Promise<RunAgain | undefined> {
    if (this.fleet.instancesAsOf() === null || this.redis.settlesInMs > 0) return undefined;
    const { stopped, more } = await this.enforcement.run(signal);
    // Others would wait a minute, unless none of these could be stopped.
    return more && stopped > 0 ? { runAgainInMs: 0 } : undefined;
  }
}

/**
 * The job of spend: accrues on the meters what runs has cost since the last time, warns of the limits and enforces them, and
 * samples the fleet.
 */
@Injectable()
export class SpendAccrual implements JobHandler<SpendAccrualPayload> {
  constructor(
    private readonly spend: SpendMeter,
    private readonly limit: SpendLimitWatch,
    @Inject(SettledEnforcement) private readonly enforcement: Pick<SettledEnforcement, 'run'>,
    private readonly sampler: FleetSampler,
    private readonly clock: Clock,
  ) {}

  async handle(_payload: SpendAccrualPayload, { signal }: JobContext): Promise<RunAgain | void> {
    await this.spend.accrue(this.clock.timestamp(), signal);
    await this.limit.check();
    const runAgain = await this.enforcement.run(signal);
    await this.sampler.sample(signal);
    return runAgain;
  }
}

/**
 * Has the accrual run once a minute or more often, whether or not idle instances are stopped: they cost all the same. A sync
 * and a check of auto-stop enqueue the same job when they have changed what runs.
 */
@Injectable()
export class SpendSchedule implements OnModuleInit {
  constructor(
    private readonly schedules: JobSchedules,
    private readonly options: SpendOptions,
  ) {}

  onModuleInit(): void {
    const everyMs = Math.min(this.options.intervalMs, LONGEST_MS);
    this.schedules.add({ key: SPEND_SCHEDULE, job: SPEND_ACCRUAL, payload: {}, everyMs });
  }
}
