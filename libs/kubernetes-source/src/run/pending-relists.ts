import { KUBERNETES_KINDS, type KubernetesKind } from '../model/kinds.js';
import type { ReflectorState } from '../reflector/reflector-sink.js';
import { cannotBeRead } from './kind-standing.js';
import type { MirrorSink } from './mirror-sink.js';

/** Parts of the cluster that are read anew because somebody asked for them. */
export interface Relist {
  /** Whether all of it was read, or cannot be; false when the worker ended before. Never rejects. */
  readonly isRead: Promise<boolean>;
  /** The kinds of which a part was not read yet; stands still when the worker has ended. */
  unread(): readonly KubernetesKind[];
}

interface Pending {
  readonly expected: ReadonlyMap<MirrorSink, Expectation>;
  readonly isForced: boolean;
  readonly settle: (isRead: boolean) => void;
}

interface Expectation {
  /** It or a later one is complete when the sink was read. */
  readonly set: number;
  /** How its reflector stood when that was asked for: what it says of itself then is no answer. */
  readonly before: ReflectorState;
}

/** What was asked for and has not been read yet. */
export class PendingRelists {
  private readonly pending = new Set<Pending>();

  /** @param sinks each is to complete a full set that begins after this */
  begin(sinks: readonly MirrorSink[], isForced: boolean): Relist {
    const { promise: isRead, resolve: settle } = Promise.withResolvers<boolean>();
    const expected = new Map(sinks.map((sink) => [sink, { set: sink.begunSets + 1, before: sink.reflector }]));
    this.pending.add({ expected, isForced, settle });
    return { isRead, unread: () => kindsOf(unreadOf(expected)) };
  }

  /** To be called when a sink has moved. */
  check(): void {
    for (const relist of this.pending) {
      const unread = unreadOf(relist.expected);
      const isOver = unread.every((sink) => sink.reflector !== relist.expected.get(sink)?.before && cannotBeRead(sink));
      if (!isOver) continue;
      this.pending.delete(relist);
      // Whoever forced it learns that it is over: a set that comes when RBAC is mended is judged as any other.
      if (relist.isForced) for (const sink of unread) if (!this.isForced(sink)) sink.disarm();
      relist.settle(true);
    }
  }

  abandon(): void {
    for (const { settle } of this.pending) settle(false);
    this.pending.clear();
  }

  private isForced(sink: MirrorSink): boolean {
    return [...this.pending].some(({ expected, isForced }) => isForced && expected.has(sink));
  }
}

function unreadOf(expected: ReadonlyMap<MirrorSink, Expectation>): readonly MirrorSink[] {
  return [...expected].flatMap(([sink, { set }]) => (sink.latestSet < set ? [sink] : []));
}

function kindsOf(sinks: readonly MirrorSink[]): readonly KubernetesKind[] {
  return KUBERNETES_KINDS.filter((kind) => sinks.some((sink) => sink.kind === kind));
}
