import type { SyncTrigger } from '@app/jobs';
import type { SyncKind } from '../sync-kinds.js';

/** How one run is to go about it. */
export interface SyncOptions {
  /** Lets a held listing through, after the provider has denied each missing instance. */
  readonly forceSync: boolean;
  /** False: records are updated and added, and nothing that is missing is touched. */
  readonly handleObsoleteInstances: boolean;
  /** Changes nothing and tells what it would do. */
  readonly dryRun: boolean;
  /** Never empty. */
  readonly resources: readonly SyncKind[];
}

/** A run that was asked for. */
export interface SyncOrder extends SyncOptions {
  /** A ULID. */
  readonly runId: string;
  readonly trigger: SyncTrigger;
  /** `sync`, or `user:<key name>`. */
  readonly requestedBy: string;
  /** How many runs in a row had failed before this one. */
  readonly retry: number;
}
