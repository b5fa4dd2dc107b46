import { FleetNotLoadedError, FleetView, StoreUnavailableError } from '@app/instance-store';
import {
  type KindFreshness,
  KUBERNETES_KINDS,
  type KubernetesKind,
  type KubernetesView,
  type Resource,
  type ResourceKey,
} from '@app/kubernetes-source';
import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { ApiHeaders } from '../core/http/api-headers.js';
import {
  addNode,
  addPod,
  type ClusterTotals,
  emptyTotals,
  type NodeFacts,
  nodeFactsOf,
  type PodFacts,
  podFactsOf,
} from './cluster-totals.js';

/** Resources that are counted in one turn of the event loop. */
const PAGE = 1_000;
/** However fast the cluster changes, it is counted at most so often; and so often although it seems not to have changed. */
const BETWEEN_MS = 2_000;
const LONGEST_MS = 30_000;

interface KindFigures extends KindFreshness {
  readonly kind: KubernetesKind;
}

export interface ClusterFigures {
  /** Each kind as of when it was counted; whether it can be followed, at present. */
  readonly kinds: readonly KindFigures[];
  readonly totals: ClusterTotals;
  /** GPUs of the instances that are billed now; null while no listing of Novita has completed, or Redis is away. */
  readonly rentedGpus: number | null;
}

interface Counted {
  readonly position: string;
  readonly atMs: number;
  readonly kinds: readonly KindFigures[];
  readonly totals: ClusterTotals;
  readonly rentedGpus: number | null;
}

/**
 * What the pods and nodes of the cluster add up to. It is counted when somebody asks and something has changed, once for
 * all who ask meanwhile; what was read from a resource is remembered as long as the resource stays as it is.
 */
@Injectable()
export class ClusterFigureReads {
  private readonly pods = new WeakMap<Resource, PodFacts>();
  private readonly nodes = new WeakMap<Resource, NodeFacts>();
  private counted: Counted | null = null;
  private counting: Promise<Counted> | null = null;

  constructor(
    private readonly fleet: FleetView,
    private readonly headers: ApiHeaders,
    private readonly clock: Clock,
  ) {}

  async read(view: KubernetesView): Promise<ClusterFigures> {
    const { position, kinds, totals, rentedGpus } = await this.current(view);
    // As long as nothing has changed since, what was counted is as fresh as the mirror is.
    const isCurrent = position === view.position();
    return {
      kinds: kinds.map((counted) => (isCurrent ? kindOf(view, counted.kind) : datedBack(view, counted))),
      totals,
      rentedGpus,
    };
  }

  private async current(view: KubernetesView): Promise<Counted> {
    const known = this.counted;
    if (known !== null) {
      const ageMs = this.clock.now() - known.atMs;
      const isCurrent = known.position === view.position() && ageMs < LONGEST_MS;
      // The clock may have been set back.
      if (ageMs >= 0 && (isCurrent || ageMs < BETWEEN_MS)) return known;
    }
    this.counting ??= this.count(view).finally(() => {
      this.counting = null;
    });
    return this.counting;
  }

  private async count(view: KubernetesView): Promise<Counted> {
    // Before the first page: what changes meanwhile is counted anew.
    const position = view.position();
    const atMs = this.clock.now();
    const kinds = KUBERNETES_KINDS.map((kind) => kindOf(view, kind));
    const totals = emptyTotals();
    for await (const node of resourcesOf(view, 'Node')) addNode(totals, remembered(this.nodes, node, nodeFactsOf));
    for await (const pod of resourcesOf(view, 'Pod')) addPod(totals, remembered(this.pods, pod, podFactsOf));
    const counted = { position, atMs, kinds, totals, rentedGpus: await this.rentedGpus() };
    this.counted = counted;
    return counted;
  }

  private async rentedGpus(): Promise<number | null> {
    if (!this.headers.knowsFleet()) return null;
    try {
      const { records } = await this.fleet.match({ show: 'billed' });
      return records.reduce((sum, { spec }) => sum + spec.gpuNum, 0);
    } catch (error) {
      if (error instanceof FleetNotLoadedError || error instanceof StoreUnavailableError) return null;
      throw error;
    }
  }
}

function kindOf(view: KubernetesView, kind: KubernetesKind): KindFigures {
  return { kind, ...view.freshness(kind) };
}

function datedBack(view: KubernetesView, { kind, count, asOf }: KindFigures): KindFigures {
  return { ...kindOf(view, kind), count, asOf };
}

async function* resourcesOf(view: KubernetesView, kind: KubernetesKind): AsyncGenerator<Resource> {
  let after: ResourceKey | null = null;
  do {
    const page = view.page(kind, { namespace: null, matches: null, after, limit: PAGE });
    yield* page.items;
    after = page.next;
    // Others get their turn between two pages.
    if (after !== null) await new Promise(setImmediate);
  } while (after !== null);
}

function remembered<Facts>(
  known: WeakMap<Resource, Facts>,
  resource: Resource,
  read: (resource: Resource) => Facts,
): Facts {
  let facts = known.get(resource);
  if (facts === undefined) {
    facts = read(resource);
    known.set(resource, facts);
  }
  return facts;
}
