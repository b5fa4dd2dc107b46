import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { Answer } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { ClusterFigureReads, type ClusterFigures } from './cluster-figures.js';
import { ResourceReads } from './resource-reads.js';
import { KUBERNETES_EXAMPLE, KubernetesSummaryView, renderSummary } from './summary.dto.js';

/** The cluster at a glance. */
@ApiTags('kubernetes')
@Controller(apiPath('kubernetes'))
export class ClusterController {
  constructor(
    private readonly reads: ResourceReads,
    private readonly figures: ClusterFigureReads,
  ) {}

  @Get()
  @Operation({
    id: 'summarizeCluster',
    summary: 'The cluster at a glance',
    description:
      'How many resources of each kind are mirrored and how fresh they are; pods by node and phase; and the GPUs that pods ask for beside those that nodes have and those that are rented here. Counted at most every two seconds.',
    access: 'viewer',
    datesItself: true,
    syncSource: 'kubernetes',
    answers: {
      200: {
        description: 'As it is mirrored. `X-Data-As-Of` is the age of the oldest kind.',
        type: KubernetesSummaryView,
        example: KUBERNETES_EXAMPLE,
        headers: { 'X-Data-Stale': '`true` while a kind cannot be followed; else absent.' },
      },
    },
    problems: [API_PROBLEMS['kubernetes-off'], API_PROBLEMS['kubernetes-not-loaded']],
  })
  async summary(): Promise<Answer<KubernetesSummaryView>> {
    const figures = await this.figures.read(this.reads.view());
    return new Answer(renderSummary(figures), {
      asOf: oldestOf(figures),
      isStale: figures.kinds.some(({ isStale }) => isStale),
    });
  }
}

/** Null while a kind was never read. */
function oldestOf({ kinds }: ClusterFigures): ClusterFigures['kinds'][number]['asOf'] {
  let oldest: ClusterFigures['kinds'][number]['asOf'] = null;
  for (const { asOf } of kinds) {
    if (asOf === null) return null;
    if (oldest === null || asOf < oldest) oldest = asOf;
  }
  return oldest;
}
