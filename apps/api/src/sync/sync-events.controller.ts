import { PLATFORM_PROBLEMS } from '@app/platform';
import { syncProblems } from '@app/sync';
import { Controller, Get, Headers, Query, Req, Res } from '@nestjs/common';
import { ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { Optional } from '../core/http/input-members.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { LAST_EVENT_ID_QUERY, LastEventIdHeader, lastEventIdOf } from '../core/sse/sse-format.js';
import { SseStreams } from '../core/sse/sse-streams.js';
import { SYNC_EVENTS_EXAMPLE } from './sync.examples.js';
import { SyncEventStreams } from './sync-events.js';
import { SyncEventView, SyncSourceQuery } from './sync-status.dto.js';

export class SyncEventsQuery extends SyncSourceQuery {
  @ApiPropertyOptional({ ...LAST_EVENT_ID_QUERY })
  @Optional()
  @IsString({ message: 'must be given once' })
  lastEventId?: string;
}

@ApiTags('sync')
@Controller(apiPath('sync'))
export class SyncEventsController {
  constructor(
    private readonly streams: SseStreams,
    private readonly events: SyncEventStreams,
  ) {}

  @Get('events')
  @LastEventIdHeader()
  @Operation({
    id: 'followSync',
    summary: 'Follow the sync as it happens',
    description: [
      'Server-sent events. `event` is the type, `data` a `SyncEvent` as JSON.',
      'The first is `sync.status`, the present state; with `Last-Event-ID` the events after that one come. When they are not kept any more, an event `reset` comes first and the present state after it.',
      'A comment every 15 s keeps the connection open. A reader that falls behind is disconnected, and the stream ends when the process does: connect again with the id of the last event.',
    ].join('\n\n'),
    access: 'viewer',
    syncSource: 'as-asked',
    answers: {
      200: {
        description: 'The stream.',
        example: SYNC_EVENTS_EXAMPLE,
        mediaType: 'text/event-stream',
        eventType: SyncEventView,
      },
    },
    problems: [
      PLATFORM_PROBLEMS['validation-failed'],
      syncProblems['sync-unavailable'],
      API_PROBLEMS['kubernetes-off'],
      API_PROBLEMS['too-many-streams-of-key'],
      API_PROBLEMS['too-many-streams'],
    ],
  })
  async follow(
    @Query(new Validated(SyncEventsQuery, 'query')) query: SyncEventsQuery,
    @Headers('last-event-id') header: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const lastEventId = lastEventIdOf(header, query.lastEventId);
    const events = this.events.of(query.source ?? 'novita');
    events.requireKnown();
    await this.streams.follow('sync', events, lastEventId, request, reply);
  }
}
