import { Clock, HealthReporter } from '@app/platform';
import { SyncStatusView } from '@app/sync';
import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiPath } from '../http/api-path.js';
import { Operation } from '../openapi/operation.decorator.js';
import { SYNC_STATUS_EXAMPLE } from '../openapi/sync-examples.js';
import { syncStatusFor } from '../sync/sync-status-for.js';
import { ApiHealthView } from './api-health.dto.js';

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
    private readonly clock: Clock,
  ) {}

  @Get()
  @Operation({
    id: 'getApiHealth',
    summary: 'How the service and its sync are',
    description: '`degraded` still serves. `GET /health` tells the parts.',
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
  async health(@Req() { caller }: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { status } = await this.reporter.report();
    reply.code(status === 'ok' || status === 'degraded' ? 200 : 503);
    const sync = syncStatusFor(caller, this.sync.current(), this.clock.now());
    reply.header('cache-control', 'no-store');
    void reply.send({ status, timestamp: this.clock.timestamp(), sync } satisfies ApiHealthView);
  }
}
