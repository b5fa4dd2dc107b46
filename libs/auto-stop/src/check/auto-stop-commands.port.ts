import type { InstanceId, NovitaInstanceId, StoredInstance } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import type { IdleEvaluation } from '../policy/evaluation.js';
import type { IdleCost } from '../spend/idle-cost.js';

export interface InstanceVerdict {
  readonly id: InstanceId;
  readonly name: string;
  readonly usdPerHour: number | null;
  readonly evaluation: IdleEvaluation;
  /** What came of it; `failed` with the error's text in `detail`. A dry run does nothing. */
  readonly outcome: 'kept' | 'warned' | 'stopped' | 'used-meanwhile' | 'failed' | 'nothing-done';
  readonly detail: string | null;
}

/** What one check did. */
export interface CheckReport {
  readonly checkId: string;
  readonly trigger: 'schedule' | 'manual';
  readonly dryRun: boolean;
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  /** Why nothing could be stopped; null when that is not so. */
  readonly suspended: string | null;
  /** Candidates whose idle deadline was due. */
  readonly checked: number;
  /** Of them, those whose time was up. */
  readonly eligible: number;
  readonly warned: number;
  readonly stopped: number;
  readonly failed: number;
  /** More were due than one check takes. */
  readonly more: boolean;
  /** At most 1,000. */
  readonly verdicts: readonly InstanceVerdict[];
}

export interface AutoStopStats {
  readonly enabled: boolean;
  readonly intervalMs: number;
  readonly thresholdMs: number;
  readonly warningMs: number;
  /** The latest check that was no dry run; null before the first. */
  readonly lastRun: Omit<CheckReport, 'verdicts'> | null;
  /** Null when no job exists that would begin it. */
  readonly nextRun: Timestamp | null;
  /** Since the fleet's first check. */
  readonly totals: {
    readonly checked: number;
    readonly eligible: number;
    readonly stopped: number;
    readonly failed: number;
  };
  readonly suspended: string | null;
  /** As it was last measured; null before the first time. */
  readonly idle: IdleCost | null;
  /** Since the fleet's first day. */
  readonly savedUsd: number;
  /** The last 62 days. */
  readonly savedByDay: readonly { readonly day: string; readonly usd: number }[];
}

export interface AutoStopStanding {
  readonly enabled: boolean;
  /** Why nothing is stopped although it is enabled; null when that is not so. */
  readonly suspended: string | null;
}

export interface LeaseRequest {
  readonly until: Timestamp;
  readonly reason: string;
}

/** What callers may ask of auto-stop. Every refusal is a `Problem`. */
export abstract class AutoStopCommands {
  /**
   * Declares it busy until then. A lease replaces the one before.
   * @throws Problem `lease-not-plausible` (422: in the past, or beyond AUTO_STOP_MAX_LEASE), `instance-not-found`, and
   *   409 for an instance that is terminated or made elsewhere
   */
  abstract lease(
    id: InstanceId | NovitaInstanceId,
    lease: LeaseRequest,
    caller: { readonly keyName: string },
  ): Promise<StoredInstance>;

  /** Idempotent: one without a lease is answered as it is. */
  abstract endLease(id: InstanceId | NovitaInstanceId, caller: { readonly keyName: string }): Promise<StoredInstance>;

  /** Why it is kept or will be stopped, by what is known now. Reads nothing at the provider and writes nothing. */
  abstract explain(
    id: InstanceId | NovitaInstanceId,
  ): Promise<{ readonly stored: StoredInstance; readonly evaluation: IdleEvaluation }>;

  /** A dry run answers its report; a real one is begun by a worker. */
  abstract trigger(
    options: { readonly dryRun: boolean },
    caller: { readonly keyName: string },
  ): Promise<
    { readonly kind: 'report'; readonly report: CheckReport } | { readonly kind: 'begun'; readonly checkId: string }
  >;

  abstract stats(): Promise<AutoStopStats>;

  /** Whether idle instances are stopped at present; costs no round trip. */
  abstract standing(): AutoStopStanding;
}
