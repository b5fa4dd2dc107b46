import {
  BEFORE_FIRST_ENTRY,
  ChangeFeed,
  type FeedEntry,
  type FeedFilter,
  FleetView,
  isInstanceChange,
} from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { PLATFORM_PROBLEMS } from '@app/platform';
import { changeData, fleetEventData } from '@app/views';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answer, present } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { followedInstances } from '../events/events-query.js';
import {
  ACTIVITY_EXAMPLE,
  type ActivityEventView,
  type ActivityInstanceView,
  ActivityQuery,
  ActivityView,
  DEFAULT_LIMIT,
} from './activity.dto.js';

/** Entries that are read at once in search of those that match. */
const SEARCHED = 1_000;

/** What happened to the fleet lately, as a list. */
@ApiTags('events')
@Controller(apiPath('activity'))
export class ActivityController {
  constructor(
    private readonly feed: ChangeFeed,
    private readonly fleet: FleetView,
  ) {}

  @Get()
  @Operation({
    id: 'listActivity',
    summary: 'List what happened to the fleet, the latest first',
    description:
      'The events of `GET /events` as a list, page by page, with the same ids. `lastEventId` of the first page is where the stream goes on.',
    access: 'viewer',
    answers: {
      200: {
        description: 'A page of events.',
        type: ActivityView,
        example: ACTIVITY_EXAMPLE,
        headers: { Link: 'The next page, `rel="next"`; absent on the last.' },
      },
    },
    problems: [PLATFORM_PROBLEMS['validation-failed'], lifecycleProblems['instance-not-found']],
  })
  async list(@Query(new Validated(ActivityQuery, 'query')) query: ActivityQuery): Promise<Answer<ActivityView>> {
    const { limit = DEFAULT_LIMIT, cursor = null } = query;
    const wants = await this.filterOf(query);
    const page = await this.feed.before(cursor, wants === null ? limit : SEARCHED, wants ?? undefined);
    const entries = page.entries.slice(0, limit);
    // More match than the page holds: the next one goes on after the last of these.
    const isCut = entries.length < page.entries.length;
    const nextCursor = isCut ? (entries.at(-1)?.entryId ?? null) : page.next;
    const lastEventId = page.latest ?? cursor ?? BEFORE_FIRST_ENTRY;
    return new Answer({ events: entries.map(renderEntry), nextCursor, lastEventId }, { nextCursor });
  }

  /** @returns null when all are wanted */
  private async filterOf(query: ActivityQuery): Promise<FeedFilter | null> {
    const types = query.namedTypes();
    // Of one that is gone, what happened before is still of interest.
    const instances = query.instance === undefined ? null : await followedInstances(this.fleet, query.instance, true);
    if (types === null && instances === null) return null;
    return (type, id) =>
      (types === null || types.has(type)) && (instances === null || (id !== null && instances.has(id)));
  }
}

function renderEntry(entry: FeedEntry): ActivityEventView {
  if (!isInstanceChange(entry)) return fleetEventData(entry);
  return { ...changeData(entry), ...present('instance', entry.record === null ? null : renderInstance(entry.record)) };
}

function renderInstance(record: NonNullable<Extract<FeedEntry, { record: unknown }>['record']>): ActivityInstanceView {
  const { name, status, desired, spec, price, lastError } = record;
  return {
    name,
    status,
    desired: desired.state,
    desiredBy: desired.by,
    ...present('region', spec.region),
    product: { id: spec.productId, name: spec.productName },
    gpuNum: spec.gpuNum,
    ...present('pricePerHour', price.usdPerHour),
    ...present('lastError', lastError && { code: lastError.code, message: lastError.message }),
  };
}
