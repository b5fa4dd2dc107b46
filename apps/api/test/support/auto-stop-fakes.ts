import type {
  AutoStopStanding,
  AutoStopStatistics,
  AutoStopStats,
  CheckReport,
  CheckTrigger,
  IdleEvaluation,
  IdleExplanation,
  IdleExplanations,
  LeaseRequest,
  Leases,
  TriggeredCheck,
} from '@app/auto-stop';
import type { InstanceId, NovitaInstanceId, StoredInstance } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import {
  FleetHistory,
  type FleetSample,
  type OwnerSpend,
  type Purchase,
  type SpendReport,
  type SpendReports,
  type SpendSummary,
} from '@app/spend';
import { anInstance } from '@app/testing';

type Rejection = Error | null;

const AT = '2026-01-01T12:00:00.000Z' as Timestamp;
const CHECK_ID = '01JQ7ZC8M4T5V6W7X8Y9ZABCDE';

export function anEvaluation(overrides: Partial<IdleEvaluation> = {}): IdleEvaluation {
  return {
    verdict: 'keep',
    rule: 'used-lately',
    exemption: null,
    evaluatedAt: AT,
    idleSince: AT,
    stopAt: '2026-01-01T12:20:00.000Z' as Timestamp,
    nextEvaluation: '2026-01-01T12:15:00.000Z' as Timestamp,
    signals: [{ kind: 'use', at: AT, by: 'user:ci:gateway', detail: null }],
    reason: 'Used just now.',
    whatWouldChangeIt: ['Nothing.'],
    ...overrides,
  };
}

export function aCheck(overrides: Partial<CheckReport> = {}): CheckReport {
  return {
    checkId: CHECK_ID,
    trigger: 'manual',
    dryRun: true,
    startedAt: AT,
    endedAt: AT,
    suspended: null,
    checked: 0,
    eligible: 0,
    warned: 0,
    stopped: 0,
    failed: 0,
    more: false,
    verdicts: [],
    ...overrides,
  };
}

export const NO_CHECKS: AutoStopStats = {
  enabled: true,
  intervalMs: 300_000,
  thresholdMs: 1_200_000,
  warningMs: 300_000,
  lastRun: null,
  nextRun: null,
  totals: { checked: 0, eligible: 0, stopped: 0, failed: 0 },
  suspended: null,
  savedUsd: 0,
  savedByDay: [],
};

type Public<Class> = Pick<Class, keyof Class>;

/** The services of auto-stop in one: answers as a test says and remembers what it was asked. */
export class FakeAutoStop
  implements Public<AutoStopStatistics>, Public<CheckTrigger>, Public<IdleExplanations>, Public<Leases>
{
  readonly calls: unknown[] = [];
  failure: Rejection = null;
  stored: StoredInstance = { record: Object.freeze(anInstance()), lastUsedAt: null };
  evaluation: IdleEvaluation = anEvaluation();
  report: CheckReport = aCheck();
  figures: AutoStopStats = NO_CHECKS;

  async lease(
    id: InstanceId | NovitaInstanceId,
    lease: LeaseRequest,
    { keyName }: { readonly keyName: string },
  ): Promise<StoredInstance> {
    this.take({ command: 'lease', id, lease, by: keyName });
    return this.stored;
  }

  async endLease(
    id: InstanceId | NovitaInstanceId,
    { keyName }: { readonly keyName: string },
  ): Promise<StoredInstance> {
    this.take({ command: 'end-lease', id, by: keyName });
    return this.stored;
  }

  async explain(id: InstanceId | NovitaInstanceId): Promise<IdleExplanation> {
    this.take({ command: 'explain', id });
    return { stored: this.stored, evaluation: this.evaluation };
  }

  async trigger(
    { dryRun }: { readonly dryRun: boolean },
    { keyName }: { readonly keyName: string },
  ): Promise<TriggeredCheck> {
    this.take({ command: 'trigger', dryRun, by: keyName });
    return dryRun ? { kind: 'report', report: this.report } : { kind: 'begun', checkId: CHECK_ID };
  }

  async read(): Promise<AutoStopStats> {
    this.take({ command: 'stats' });
    return this.figures;
  }

  standing(): AutoStopStanding {
    const { enabled, suspended } = this.figures;
    return { enabled, suspended };
  }

  private take(call: unknown): void {
    this.calls.push(call);
    if (this.failure !== null) throw this.failure;
  }
}

const NO_SPEND: SpendReport = {
  asOf: AT,
  todayUsd: 0,
  monthUsd: 0,
  today: [],
  month: [],
  savedTodayUsd: 0,
  savedMonthUsd: 0,
  limit: null,
  ownerLimit: null,
};

const NOTHING_SPENT: OwnerSpend = { commitments: new Map(), todayUsd: 0, accruedAt: null };

export class FakeSpendReports implements Public<SpendReports> {
  readonly limits: number[] = [];
  /** How often the summary was asked for. */
  summaries = 0;
  /** Thrown when a create asks. */
  rejection: Rejection = null;
  /** Thrown when a start asks. */
  startRejection: Rejection = null;
  /** Who asked to buy what. */
  readonly purchases: Purchase[] = [];
  figures: SpendReport = NO_SPEND;
  /** What it says of every owner. */
  owner: OwnerSpend = NOTHING_SPENT;

  /** As it was when it was made. */
  clear(): void {
    this.limits.length = 0;
    this.summaries = 0;
    this.rejection = null;
    this.startRejection = null;
    this.purchases.length = 0;
    this.figures = NO_SPEND;
    this.owner = NOTHING_SPENT;
  }

  async report(limit: number): Promise<SpendReport> {
    this.limits.push(limit);
    return this.figures;
  }

  async summary(): Promise<SpendSummary> {
    this.summaries += 1;
    return this.figures;
  }

  async ofOwner(): Promise<OwnerSpend> {
    return this.owner;
  }

  async assertWithinLimit(purchase: Purchase): Promise<void> {
    this.purchases.push(purchase);
    const rejection = purchase.kind === 'create' ? this.rejection : this.startRejection;
    if (rejection !== null) throw rejection;
  }
}

/** Holds what a test puts there, and remembers from when on it was asked for. */
export class FakeFleetHistory extends FleetHistory {
  readonly samples: FleetSample[] = [];
  readonly asked: Timestamp[] = [];

  clear(): void {
    this.samples.length = 0;
    this.asked.length = 0;
  }

  override async record(sample: FleetSample): Promise<void> {
    this.samples.push(sample);
    return Promise.resolve();
  }

  override async latest(since: Timestamp): Promise<readonly FleetSample[]> {
    this.asked.push(since);
    return Promise.resolve(this.samples.filter(({ at }) => at >= since));
  }
}
