import type { ListingVerdict } from '@app/novita-client';
import type { LockHold } from '@app/redis';
import type { SyncOptions } from '../run/sync-options.js';
import type { ChangeCounts, HeldSummary, PlannedAction } from '../run/sync-report.js';

/** USD per hour of an instance by its product; null when nobody knows. */
export interface PriceBook {
  usdPerHour(what: {
    readonly productId: string | null;
    readonly productName: string | null;
    readonly gpuNum: number;
    readonly billingMode: string | null;
  }): number | null;
}

export interface PassContext {
  readonly runId: string;
  /** Null in a dry run, which writes nothing. */
  readonly hold: LockHold | null;
  /** Aborted when the lock is lost or the process drains. */
  readonly signal: AbortSignal;
  readonly options: SyncOptions;
  /** Never rejects; answers null for everything when prices could not be read. */
  readonly prices: Promise<PriceBook>;
  /** What an earlier run held back; null for none. */
  readonly heldBefore: { readonly summary: HeldSummary; readonly ids: ReadonlySet<string> } | null;
  /** Called after every page, and while absences are being confirmed. */
  readonly onProgress: (count: number, total: number | null) => void;
}

export interface InstancePassResult {
  /** Of the last try. */
  readonly verdict: ListingVerdict;
  readonly changes: ChangeCounts;
  readonly held: { readonly summary: HeldSummary; readonly ids: readonly string[] } | null;
  /** Collected in a dry run only; at most `MAX_ACTIONS`. */
  readonly actions: readonly PlannedAction[];
  readonly actionCount: number;
  /** What is worth knowing although it is no failure, such as why the listing proves no absence; null for nothing. */
  readonly note: string | null;
}

/** Brings the records in line with one listing of all instances. */
export abstract class InstancePass {
  /**
   * @throws NovitaError when the listing fails, StoreUnavailableError, LockLostError, the reason of the signal
   */
  abstract run(context: PassContext): Promise<InstancePassResult>;
}
