import { FleetView } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { type NovitaInstanceId, NovitaNotFoundError } from '@app/novita-client';
import { Clock, PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { type Utilisation, UtilisationReader } from '@app/utilisation';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { API_PROBLEMS, PROVIDER_PROBLEMS } from '../core/errors/api.problems.js';
import { Answer } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { InstanceIdParam, instanceNotFound, parseInstanceRef } from '../instances/read-instance.js';
import { newestOf, renderMetrics, renderUnknown, unknownWithoutAsking } from './render-utilisation.js';
import { InstanceMetricsView, METRICS_EXAMPLE, MetricsQuery, rangeOf } from './utilisation.dto.js';

/** Somebody waits for a chart; the call itself goes on for the next one who asks. */
const LIMIT_MS = 15_000;

/** How busy an instance is, as Novita measures it. */
@ApiTags('instances')
@Controller(apiPath('instances'))
export class UtilisationController {
  constructor(
    private readonly fleet: FleetView,
    private readonly utilisation: UtilisationReader,
    private readonly clock: Clock,
  ) {}

  @Get(':id/metrics')
  @InstanceIdParam()
  @Operation({
    id: 'readInstanceMetrics',
    summary: 'How busy the GPU, its memory, the CPU, memory and disk of an instance were',
    description:
      'As Novita measures it, for charts. Novita is asked at most once a minute for one instance and length of time, however many ask here; it is about a minute late. What is not known is null, and `unknown` says why. Reading is no use of the instance.',
    access: 'viewer',
    datesItself: true,
    answers: {
      200: {
        description: 'The series, at most some 240 points each. `X-Data-As-Of` is the time of the newest point.',
        type: InstanceMetricsView,
        example: METRICS_EXAMPLE,
      },
    },
    problems: [
      PLATFORM_PROBLEMS['validation-failed'],
      lifecycleProblems['instance-not-found'],
      API_PROBLEMS['record-unreadable'],
      ...PROVIDER_PROBLEMS,
    ],
  })
  async metrics(
    @Param('id') id: string,
    @Query(new Validated(MetricsQuery, 'query')) query: MetricsQuery,
  ): Promise<InstanceMetricsView | Answer<InstanceMetricsView>> {
    const range = rangeOf(query, this.clock.now());
    const stored = await this.fleet.get(parseInstanceRef(id));
    if (stored === null) throw instanceNotFound();
    const { record } = stored;
    const reason = unknownWithoutAsking(record, range);
    // Without an id there is nobody to ask about, which `unknownWithoutAsking` has said then.
    if (reason !== null || record.novitaInstanceId === null) {
      return renderUnknown(record, range, reason ?? 'not-at-novita');
    }
    const utilisation = await this.read(record.novitaInstanceId, range);
    if (utilisation === null) return renderUnknown(record, range, 'gone');
    const view = renderMetrics(record, utilisation);
    return new Answer(view, { asOf: newestOf(utilisation) ?? utilisation.readAt });
  }

  /**
   * @returns null when Novita has no such instance
   * @throws NovitaError, Problem `network-error` when it takes too long
   */
  private async read(id: NovitaInstanceId, range: ReturnType<typeof rangeOf>): Promise<Utilisation | null> {
    const signal = AbortSignal.timeout(LIMIT_MS);
    try {
      return await this.utilisation.read(id, range, { signal, priority: 'interactive' });
    } catch (error) {
      if (error instanceof NovitaNotFoundError) return null;
      if (error !== signal.reason) throw error;
      throw new Problem(lifecycleProblems['network-error'], {
        detail: `Novita did not say within ${LIMIT_MS / 1_000} s how busy the instance is.`,
        cause: error,
      });
    }
  }
}
