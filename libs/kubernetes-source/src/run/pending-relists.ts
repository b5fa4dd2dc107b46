import { cannotBeRead } from './kind-standing.js';
import type { MirrorSink } from './mirror-sink.js';

/** Parts of the cluster that are read anew because somebody asked for them. */
export interface Relist {
  /** Whether all of it was read, or cannot be; false when the worker ended before. Never rejects. */
  readonly isRead: Promise<boolean>;
}

interface Pending {
  /** How many full sets of each will have been completed when it is over. */
  readonly expected: ReadonlyMap<MirrorSink, number>;
  readonly settle: (isRead: boolean) => void;
}

/** What was asked for and has not been read yet. */
export class PendingRelists {
  private readonly pending = new Set<Pending>();

  /** @param sinks each is to complete one more full set */
  begin(sinks: readonly MirrorSink[]): Relist {
    const { promise: isRead, resolve: settle } = Promise.withResolvers<boolean>();
    this.pending.add({ expected: new Map(sinks.map((sink) => [sink, sink.fullSets + 1])), settle });
    return { isRead };
  }

  /** To be called when a sink has moved. */
  look(): void {
    for (const relist of this.pending) {
      if (![...relist.expected].every(([sink, fullSets]) => sink.fullSets >= fullSets || cannotBeRead(sink))) continue;
      this.pending.delete(relist);
      relist.settle(true);
    }
  }

  abandon(): void {
    for (const { settle } of this.pending) settle(false);
    this.pending.clear();
  }
}
