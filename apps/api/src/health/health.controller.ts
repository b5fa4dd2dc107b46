import { Clock, HealthReporter } from '@app/platform';
import { SyncStatusView } from '@app/sync-status';
import { Controller, Get, Header, Req } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Answer, present } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { syncStatusFor } from '../sync/render-sync.js';
import { SYNC_STATUS_EXAMPLE } from '../sync/sync.examples.js';
import { SyncSources } from '../sync/sync-sources.js';
import { SyncStatusDocument } from '../sync/sync-status.dto.js';

export class ApiHealthView {
  @ApiProperty({ enum: ['ok', 'degraded', 'error', 'shutting_down'], example: 'ok' })
  status!: 'ok' | 'degraded' | 'error' | 'shutting_down';

  @ApiProperty({ format: 'date-time', example: '2026-03-01T10:00:00.000Z' })
  timestamp!: string;

  @ApiPropertyOptional({
    type: SyncStatusDocument,
    description: 'The same as `GET /api/v1/sync/status`; absent while nothing is known of the sync.',
  })
  sync?: SyncStatusDocument;
}

const EXAMPLE = {
  status: 'ok',
  timestamp: '2026-03-01T10:00:00.000Z',
  sync: SYNC_STATUS_EXAMPLE,
} satisfies ApiHealthView;

@ApiTags('system')
@Controller(apiPath('health'))
export class ApiHealthController {
  constructor(
    private readonly reporter: HealthReporter,
    private readonly sync: SyncStatusView,
    private readonly sources: SyncSources,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Operation({
    id: 'getApiHealth',
    summary: 'How the service and its sync are',
    description: '`degraded` still serves. `GET /health` names the parts.',
    access: 'public',
    answers: {
      200: { description: 'It serves.', type: ApiHealthView, example: EXAMPLE },
      503: {
        description: 'It does not, or is about to end.',
        type: ApiHealthView,
        example: { ...EXAMPLE, status: 'error' },
      },
    },
  })
  @Header('cache-control', 'no-store')
  async health(@Req() { caller }: FastifyRequest): Promise<Answer<ApiHealthView>> {
    const { status } = await this.reporter.report();
    const sync = syncStatusFor(caller, this.sync.current(), this.clock.now(), this.sources.summaries());
    const isServing = status === 'ok' || status === 'degraded';
    return new Answer(
      { status, timestamp: this.clock.timestamp(), ...present('sync', sync) },
      { status: isServing ? 200 : 503 },
    );
  }
}
