import { KUBERNETES_KINDS, type KubernetesKind } from '@app/kubernetes-source';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { present } from '../core/http/answer.js';
import type { ClusterFigures } from './cluster-figures.js';
import { type NodeTotals, POD_PHASES, type PodPhase } from './cluster-totals.js';

const COUNT = { type: 'integer' } as const;
/** Nodes that one answer names; those with the most GPUs asked for. */
const MOST_NODES = 200;

export class KubernetesKindView {
  @ApiProperty({ enum: KUBERNETES_KINDS, enumName: 'KubernetesKind', example: 'Pod' })
  kind!: KubernetesKind;

  @ApiProperty({ ...COUNT, nullable: true, description: 'Null while the kind was never read.', example: 12 })
  count!: number | null;

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'When the mirror last agreed with the cluster; absent while the kind was never read.',
    example: '2026-03-01T10:00:00.000Z',
  })
  asOf?: string;

  @ApiProperty({
    description: 'Whether it cannot be followed at present, so that `asOf` stands still.',
    example: false,
  })
  stale!: boolean;

  @ApiPropertyOptional({ description: 'Why it cannot be followed.', example: 'pods is forbidden' })
  error?: string;
}

export class KubernetesPodPhasesView implements Record<PodPhase, number> {
  @ApiProperty({ ...COUNT, example: 1 })
  Pending!: number;

  @ApiProperty({ ...COUNT, example: 10 })
  Running!: number;

  @ApiProperty({ ...COUNT, example: 1 })
  Succeeded!: number;

  @ApiProperty({ ...COUNT, example: 0 })
  Failed!: number;

  @ApiProperty({ ...COUNT, description: 'Also those that say no phase.', example: 0 })
  Unknown!: number;
}

export class KubernetesNodeView {
  @ApiProperty({ example: 'gpu-1' })
  name!: string;

  @ApiProperty({ type: Boolean, nullable: true, description: 'Null for a node that is not mirrored.', example: true })
  ready!: boolean | null;

  @ApiProperty({ ...COUNT, example: 4 })
  pods!: number;

  @ApiProperty({ type: KubernetesPodPhasesView })
  byPhase!: KubernetesPodPhasesView;

  @ApiProperty({ ...COUNT, description: '`nvidia.com/gpu` that pods on it ask for which are not over.', example: 2 })
  requestedGpus!: number;

  @ApiProperty({ ...COUNT, nullable: true, description: 'Null where the node does not say.', example: 8 })
  allocatableGpus!: number | null;
}

export class KubernetesGpusView {
  @ApiProperty({ ...COUNT, description: '`nvidia.com/gpu` that all pods ask for which are not over.', example: 3 })
  requested!: number;

  @ApiProperty({ ...COUNT, description: 'Of these, by pods that no node has.', example: 1 })
  unscheduled!: number;

  @ApiProperty({ ...COUNT, nullable: true, description: 'Of all nodes; null while none says.', example: 8 })
  allocatable!: number | null;

  @ApiProperty({
    ...COUNT,
    nullable: true,
    description: 'GPUs of the instances here that are billed now; null while that is not known.',
    example: 8,
  })
  rented!: number | null;
}

export class KubernetesPodsView {
  @ApiProperty({ ...COUNT, example: 12 })
  total!: number;

  @ApiProperty({ ...COUNT, description: 'Pods that no node has.', example: 1 })
  unscheduled!: number;

  @ApiProperty({ type: KubernetesPodPhasesView })
  byPhase!: KubernetesPodPhasesView;
}

export class KubernetesSummaryView {
  @ApiProperty({ type: [KubernetesKindView], description: 'Each kind that is mirrored.' })
  kinds!: readonly KubernetesKindView[];

  @ApiProperty({ type: KubernetesPodsView, nullable: true, description: 'Null while pods were never read.' })
  pods!: KubernetesPodsView | null;

  @ApiProperty({
    type: [KubernetesNodeView],
    description: `Those on which the most GPUs are asked for come first; at most ${MOST_NODES}.`,
  })
  nodes!: readonly KubernetesNodeView[];

  @ApiProperty({ ...COUNT, nullable: true, description: 'Of all nodes; null while nodes were never read.', example: 1 })
  totalNodes!: number | null;

  @ApiProperty({ type: KubernetesGpusView, nullable: true, description: 'Null while pods were never read.' })
  gpus!: KubernetesGpusView | null;
}

export function renderSummary({ kinds, totals, rentedGpus }: ClusterFigures): KubernetesSummaryView {
  const wasRead = (wanted: KubernetesKind): boolean => kinds.some(({ kind, asOf }) => kind === wanted && asOf !== null);
  const arePodsKnown = wasRead('Pod');
  const places = [...totals.byNode].map(([name, place]) => ({ name, place }));
  const onNodes = sumOf(places, ({ place }) => place.requestedGpus);
  const stated = places.flatMap(({ place: { facts } }) => facts?.allocatableGpus ?? []);
  const pods: KubernetesPodsView = {
    total: sumOf(POD_PHASES, (phase) => totals.byPhase[phase]),
    unscheduled: totals.unscheduled.pods,
    byPhase: { ...totals.byPhase },
  };
  const gpus: KubernetesGpusView = {
    requested: onNodes + totals.unscheduled.requestedGpus,
    unscheduled: totals.unscheduled.requestedGpus,
    allocatable: wasRead('Node') && stated.length > 0 ? sumOf(stated, (count) => count) : null,
    rented: rentedGpus,
  };
  return {
    kinds: kinds.map(({ kind, count, asOf, isStale, error }) => ({
      kind,
      count: asOf === null ? null : count,
      ...present('asOf', asOf),
      stale: isStale,
      ...present('error', error),
    })),
    pods: arePodsKnown ? pods : null,
    nodes: places
      .toSorted((a, b) => byWeight(a.place, b.place) || (a.name < b.name ? -1 : 1))
      .slice(0, MOST_NODES)
      .map(({ name, place }) => ({
        name,
        ready: place.facts?.isReady ?? null,
        pods: place.pods,
        byPhase: { ...place.byPhase },
        requestedGpus: place.requestedGpus,
        allocatableGpus: place.facts?.allocatableGpus ?? null,
      })),
    totalNodes: wasRead('Node') ? places.length : null,
    gpus: arePodsKnown ? gpus : null,
  };
}

function byWeight(a: NodeTotals, b: NodeTotals): number {
  return b.requestedGpus - a.requestedGpus || b.pods - a.pods;
}

function sumOf<Item>(items: readonly Item[], count: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0);
}

export const KUBERNETES_EXAMPLE: KubernetesSummaryView = {
  kinds: KUBERNETES_KINDS.map((kind) => ({
    kind,
    count: kind === 'Pod' ? 12 : 1,
    asOf: '2026-03-01T10:00:00.000Z',
    stale: false,
  })),
  pods: { total: 12, unscheduled: 1, byPhase: { Pending: 1, Running: 10, Succeeded: 1, Failed: 0, Unknown: 0 } },
  nodes: [
    {
      name: 'gpu-1',
      ready: true,
      pods: 11,
      byPhase: { Pending: 0, Running: 10, Succeeded: 1, Failed: 0, Unknown: 0 },
      requestedGpus: 2,
      allocatableGpus: 8,
    },
  ],
  totalNodes: 1,
  gpus: { requested: 3, unscheduled: 1, allocatable: 8, rented: 8 },
};
