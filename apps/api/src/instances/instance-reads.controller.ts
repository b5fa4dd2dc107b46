import { type FleetQuery, FleetView } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { PLATFORM_PROBLEMS } from '@app/platform';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { KnownRegions } from '../catalogue/known-regions.js';
import { showsSecrets } from '../core/auth/access.js';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { answerUnlessKnown, IfNoneMatchHeader } from '../core/http/entity-tags.js';
import { apiPath, nextPageLink } from '../core/http/paths.js';
import { QueryReader } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { InstanceJson, PageJson, sendText } from './instance-text.js';
import { InstancePageView, InstanceView } from './instance-view.dto.js';
import { INSTANCE_EXAMPLE, INSTANCE_PAGE_EXAMPLE } from './instances.examples.js';
import { ListInstancesQuery, toFleetQuery } from './list-instances.dto.js';
import {
  DataAge,
  FreshReads,
  InstanceIdParam,
  instanceNotFound,
  isBehind,
  minFreshSeconds,
  parseInstanceRef,
} from './read-instance.js';

@ApiTags('instances')
@Controller(apiPath('instances'))
export class InstanceReadsController {
  private readonly queries = new QueryReader<ListInstancesQuery, FleetQuery>(ListInstancesQuery, toFleetQuery);

  constructor(
    private readonly fleet: FleetView,
    private readonly freshReads: FreshReads,
    private readonly age: DataAge,
    private readonly json: InstanceJson,
    private readonly pages: PageJson,
    private readonly regions: KnownRegions,
  ) {}

  @Get()
  @Operation({
    id: 'listInstances',
    summary: 'List instances',
    description:
      'Page by page; the `Link` header and `nextCursor` lead to the next one. `X-Data-As-Of` is the age of the oldest observation on the page.',
    access: 'viewer',
    answers: {
      200: {
        description: 'A page of instances.',
        type: InstancePageView,
        example: INSTANCE_PAGE_EXAMPLE,
        headers: {
          ETag: 'A weak one of this page; for `If-None-Match`.',
          Link: 'The next page, `rel="next"`; absent on the last.',
          'X-Unreadable-Instances':
            'How many instances no page of any list holds because their stored records are damaged; absent when there are none. `GET /health` and the metric `instances_unreadable` say it too, and the log names them.',
        },
      },
      304: { description: 'Not changed.' },
    },
    problems: [PLATFORM_PROBLEMS['validation-failed'], lifecycleProblems['unknown-region']],
  })
  @IfNoneMatchHeader('the page')
  async list(
    // Named for the documentation; `queries` reads it.
    @Query() _query: ListInstancesQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { regions, ...others } = await this.queries.read(request);
    const page = await this.fleet.list({ ...others, ...(await this.regions.filterByAny(regions)) });
    const records = page.instances.map(({ record }) => record);
    const asOf = this.age.asOfAll(records, page.behindSince);
    if (asOf !== null) reply.header('x-data-as-of', asOf);
    const unreadable = this.fleet.unreadable().length;
    if (unreadable > 0) reply.header('x-unreadable-instances', unreadable);
    if (page.behindSince !== null) reply.header('x-data-source', 'memory');
    if (page.nextCursor !== null) reply.header('link', nextPageLink(request, page.nextCursor));
    const text = this.pages.of(page, showsSecrets(request));
    if (answerUnlessKnown(request, reply, `W/${text.tag}`)) void reply.send();
    else sendText(reply, text.bytes());
  }

  @Get(':id')
  @InstanceIdParam()
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description:
      '`min-fresh=SECONDS` asks Novita first when what we know is older, for at most 5 s; `Preference-Applied` says that the answer is as fresh.',
    schema: { type: 'string', example: 'min-fresh=10' },
  })
  @IfNoneMatchHeader('it', '"7"')
  @Operation({
    id: 'getInstance',
    summary: 'Read one instance',
    access: 'viewer',
    ownInstance: true,
    answers: {
      200: {
        description: 'The instance.',
        type: InstanceView,
        example: INSTANCE_EXAMPLE,
        headers: {
          ETag: 'Revision, time of last use and, while it starts, the estimate; for `If-Match` and `If-None-Match`.',
          'Preference-Applied': 'Present when the answer is as fresh as `Prefer` asked.',
        },
      },
      304: { description: 'Not changed.' },
    },
    problems: [lifecycleProblems['instance-not-found'], API_PROBLEMS['record-unreadable']],
  })
  async getOne(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const ref = parseInstanceRef(id);
    // One machine that is broken into must not use up the fleet's calls to Novita.
    const minFresh = request.caller?.instance === undefined ? minFreshSeconds(request.headers.prefer) : null;
    const read =
      minFresh === null
        ? { stored: await this.fleet.get(ref), fresh: false }
        : await this.freshReads.read(ref, minFresh);
    if (read === null || read.stored === null) throw instanceNotFound();
    const { stored, fresh } = read;
    if (fresh) reply.header('preference-applied', `min-fresh=${minFresh}`);
    if (answerUnlessKnown(request, reply, this.json.tagOf(stored))) {
      void reply.send();
      return;
    }
    reply.header('x-data-as-of', this.age.asOfRead(stored));
    if (isBehind(stored)) reply.header('x-data-source', 'memory');
    sendText(reply, this.json.of(stored, showsSecrets(request)));
  }
}
