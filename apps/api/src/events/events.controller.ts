import { FleetView, type InstanceId } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { PLATFORM_PROBLEMS } from '@app/platform';
import { Controller, Get, Headers, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { showsSecrets } from '../core/auth/access.js';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { LastEventIdHeader, lastEventIdOf } from '../core/sse/sse-format.js';
import { SseStreams } from '../core/sse/sse-streams.js';
import { EventStreams } from './event-streams.js';
import { EventSchemas, STREAM_SCHEMAS } from './events.dto.js';
import { EVENTS_STREAM_EXAMPLE } from './events.examples.js';
import { EventFilter, EventsQuery, followedInstances } from './events-query.js';

@ApiTags('events')
@Controller(apiPath('events'))
export class EventsController {
  constructor(
    private readonly streams: SseStreams,
    private readonly events: EventStreams,
    private readonly fleet: FleetView,
  ) {}

  @Get()
  @LastEventIdHeader()
  @EventSchemas()
  @Operation({
    id: 'followEvents',
    summary: 'Follow the fleet as it changes',
    description: [
      'Server-sent events. `event` is the type, `data` the event as JSON; every process sends the same events in the same order under the same ids.',
      'The first event is `connected`, and later events follow. With `Last-Event-ID` the events after that one come: nothing is lost and nothing comes twice. When they are not kept any more, `reset` comes first, then the present instances in pieces (`list`), then the events since.',
      '`degraded` says that events cannot be read at present and will come late, `restored` that they can be again. In a process that has never reached Redis, `connected` has no id: the stream ends once Redis is there, and begins anew.',
      'A heartbeat every 15 s keeps the connection open; it is a comment, or an `id:` alone for a reader whose filter has left events out. A reader that falls behind is disconnected, and the stream ends when the process does: connect again with the last id.',
    ].join('\n\n'),
    access: 'viewer',
    answers: {
      200: {
        description: 'The stream.',
        example: EVENTS_STREAM_EXAMPLE,
        mediaType: 'text/event-stream',
        eventSchemas: STREAM_SCHEMAS,
      },
    },
    problems: [
      PLATFORM_PROBLEMS['validation-failed'],
      lifecycleProblems['instance-not-found'],
      API_PROBLEMS['too-many-streams-of-key'],
      API_PROBLEMS['too-many-streams'],
    ],
  })
  async follow(
    @Query(new Validated(EventsQuery, 'query')) query: EventsQuery,
    @Headers('last-event-id') header: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const lastEventId = lastEventIdOf(header, query.lastEventId);
    const filter = new EventFilter(query.namedTypes(), await this.instancesOf(query, lastEventId !== null));
    await this.streams.follow('events', this.events.for(filter, showsSecrets(request)), lastEventId, request, reply);
  }

  private async instancesOf({ instance }: EventsQuery, isResumed: boolean): Promise<ReadonlySet<InstanceId> | null> {
    return instance === undefined ? null : followedInstances(this.fleet, instance, isResumed);
  }
}
