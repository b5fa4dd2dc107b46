import { type FeedEntry, FleetView, type InstanceId } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { Clock, PLATFORM_PROBLEMS } from '@app/platform';
import { Controller, Get, Headers, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { showsSecrets } from '../core/auth/access.js';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { followEvents } from '../core/sse/follow-events.js';
import type { ResumableEvents } from '../core/sse/resumable-events.js';
import { formatSsePosition, LastEventIdHeader, lastEventIdOf } from '../core/sse/sse-format.js';
import { SseStreams } from '../core/sse/sse-streams.js';
import { ResourceEvents, type ResourceFilter } from '../kubernetes/resource-events.js';
import { EventLog, EventStreams } from './event-streams.js';
import { connectedText } from './event-texts.js';
import { EventSchemas, STREAM_SCHEMAS } from './events.dto.js';
import { EVENTS_STREAM_EXAMPLE } from './events.examples.js';
import { EventFilter, EventsQuery, followedInstances } from './events-query.js';
import { isPosition, JoinedPosition, joinedFleetEvents, type LastPositions, positionsIn } from './joined-events.js';

@ApiTags('events')
@Controller(apiPath('events'))
export class EventsController {
  constructor(
    private readonly streams: SseStreams,
    private readonly events: EventStreams,
    private readonly fleet: FleetView,
    private readonly log: EventLog,
    private readonly resources: ResourceEvents,
    private readonly clock: Clock,
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
      'With `types=resource.*` changes of the mirrored cluster come too, perhaps narrowed by `kind` and `namespace`; name `instance.*` and the like beside it for both. Every id then names a position among both, `1772359201000-0~1772359201000-3`; a stream without resources takes such an id as well. `resources_reset` says that changes of resources are not kept any more: read the lists of resources again.',
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
      API_PROBLEMS['kubernetes-off'],
      API_PROBLEMS['kubernetes-not-loaded'],
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
    const last = positionsIn(lastEventIdOf(header, query.lastEventId, isPosition));
    const filter = new EventFilter(query.namedTypes(), await this.instancesOf(query, last.fleet !== null));
    const fleet = this.events.for(filter, showsSecrets(request));
    const wanted = query.resourceFilter();
    if (wanted === null) await this.streams.follow('events', fleet, last.fleet, request, reply);
    else await this.followResources(wanted, query.wantsFleet() ? fleet : null, last, request, reply);
  }

  /** @param fleet null for a reader that wants resources alone */
  private async followResources(
    filter: ResourceFilter,
    fleet: ResumableEvents<FeedEntry> | null,
    last: LastPositions,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const position = new JoinedPosition(last.fleet ?? this.log.knownId(), last.resources ?? this.resources.knownId());
    const greeting = (id: string): string => {
      const text = position.ofResources(id);
      // One that begins anew had a reset before.
      if (last.resources !== null) return '';
      if (fleet === null) return connectedText(text, this.clock.timestamp());
      // One that goes on in the fleet alone is to know from now on where it goes on in both.
      return last.fleet === null ? '' : formatSsePosition(text);
    };
    const resources = this.resources.for({ filter, position: position.ofResources, greeting });
    await this.streams.serve(
      'events',
      (connection) =>
        Promise.all([
          // First, as it greets the reader.
          fleet === null ? null : followEvents(joinedFleetEvents(fleet, position.ofFleet), connection, last.fleet),
          followEvents(resources, connection, last.resources),
        ]),
      request,
      reply,
    );
  }

  private async instancesOf({ instance }: EventsQuery, isResumed: boolean): Promise<ReadonlySet<InstanceId> | null> {
    return instance === undefined ? null : followedInstances(this.fleet, instance, isResumed);
  }
}
