import type { Clock, IdGenerator, Timestamp } from '@app/platform';
import type { HeldLock } from '@app/redis';
import { RunReporter as PublishingReporter, type RunDetails, type SyncStatusStore } from '@app/sync-status';
import type { KubernetesKind } from '../model/kinds.js';

export type RunTrigger = 'startup' | 'manual' | 'retry';
export type RunStep = 'cleanup' | 'sync' | 'informer' | 'done';

export interface NamespaceProgress {
  readonly name: string;
  /** Objects read so far. */
  readonly count: number;
  /** Objects that are still to come, when the apiserver says so. */
  readonly remaining: number | null;
}

export interface KindProgress {
  readonly status: 'in_progress' | 'completed' | 'failed';
  readonly count: number;
  /** Objects that there should be, when the apiserver has said so. */
  readonly total: number | null;
  readonly error: string | null;
  /** Something worth knowing, such as that a full set is held. */
  readonly note: string | null;
  /** Left out by kinds that stand in no namespace. */
  readonly namespaces?: readonly NamespaceProgress[];
}

/** Learns how runs go on: each from beginning to end, and as often as anything moves in between. Never throws. */
export abstract class RunReporter {
  /** @param requestedBy `sync`, or `user:<key name>` */
  abstract began(trigger: RunTrigger, kinds: readonly KubernetesKind[], requestedBy: string): void;
  abstract step(step: RunStep): void;
  abstract kind(kind: KubernetesKind, progress: KindProgress): void;
  abstract ended(outcome: 'completed' | 'failed', error: string | null, details: RunDetails): void;
  /** The lock was renewed, and lapses then unless it is again. */
  abstract leased(until: Timestamp): void;
  /** Comes back when all that was reported has arrived, or cannot arrive any more. */
  abstract close(): Promise<void>;
}

/** Makes the reporter of each session: what it publishes is proven by the lock of the session. */
export abstract class RunReports {
  abstract under(lock: HeldLock): RunReporter;
}

/** Publishes runs in the shared status of the sync, which every process shows. */
export class PublishedRuns extends RunReports {
  constructor(
    private readonly store: SyncStatusStore,
    private readonly ids: IdGenerator,
    private readonly clock: Clock,
  ) {
    super();
  }

  override under(lock: HeldLock): RunReporter {
    return new PublishingReporter(this.store, lock, this.ids, this.clock);
  }
}
