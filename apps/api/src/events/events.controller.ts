import { FleetView, type InstanceId } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { PLATFORM_PROBLEMS } from '@app/platform';
import { Controller, Get, Headers, Logger, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiPath } from '../http/api-path.js';
import { Validated } from '../http/validated.pipe.js';
import { EVENTS_STREAM_EXAMPLE } from '../openapi/event-examples.js';
import { EventSchemas, STREAM_SCHEMAS } from '../openapi/event-schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { API_PROBLEMS } from '../problems/api.problems.js';
import { showsSecrets } from '../security/access.js';
import { followEvents } from '../sse/follow-events.js';
import { LastEventIdHeader, lastEventIdOf } from '../sse/last-event-id.js';
import { SseStreams } from '../sse/sse-streams.js';
import { EventFilter } from './event-filter.js';
import { EventsQuery } from './events-query.dto.js';
import { FleetEvents } from './fleet-events.js';
import { followedInstances } from './followed-instances.js';

@ApiTags('events')
@Controller(apiPath('events'))
export class EventsController {
  private readonly logger = new Logger(EventsController.name);

  constructor(
    private readonly streams: SseStreams,
    private readonly events: FleetEvents,
    private readonly fleet: FleetView,
  ) {}

  @Get()
  @LastEventIdHeader()
  @EventSchemas()
  @Operation({
    id: 'followEvents',
    summary: 'Follow the fleet as it changes',
    description: [
      'Server-sent events. `event` is the type, `data` the event as JSON; every process tells the same events in the same order under the same ids.',
      'The first event is `connected`, and what happens from then on follows. With `Last-Event-ID` it is what came after that event: nothing is lost and nothing comes twice. When that is not kept any more, `reset` comes first, then the present instances in pieces (`list`), then what happened since.',
      '`degraded` says that events cannot be read at present and will come late, `restored` that they can be again. In a process that has never reached Redis, `connected` has no id: the stream ends once Redis is there, and begins anew.',
      'A heartbeat every 15 s keeps the connection open; it is a comment, or an `id:` alone for a reader whose filter has left events out. A reader that does not keep up is cut off, and the stream ends when the process does: connect again with the last id.',
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
    const connection = this.streams.begin('events', request, reply);
    if (connection === null) return;
    try {
      await followEvents(this.events.for(filter, showsSecrets(request)), connection, lastEventId);
    } catch (error) {
      // The head is sent already. The reader comes back with the id that it has, and nothing is lost.
      this.logger.warn('A stream of events could not go on where it was', { err: error });
      connection.finish('fault');
    }
  }

  private async instancesOf({ instance }: EventsQuery, isResumed: boolean): Promise<ReadonlySet<InstanceId> | null> {
    return instance === undefined ? null : followedInstances(this.fleet, instance, isResumed);
  }
}
