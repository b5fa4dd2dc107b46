import { KINDS, type KindRow, KUBERNETES_KINDS } from '@app/kubernetes-source';
import { PLATFORM_PROBLEMS } from '@app/platform';
import { Controller, Get, Param, Query, Req, Res, type Type } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { answerUnlessKnown, IfNoneMatchHeader, textTag } from '../core/http/entity-tags.js';
import { JSON_TYPE } from '../core/http/negotiation.js';
import { apiPath, nextPageLink } from '../core/http/paths.js';
import { QueryReader } from '../core/http/validation.js';
import { Operation, type OperationOptions } from '../core/openapi/operation.decorator.js';
import { dateResources, ResourceReads } from './resource-reads.js';
import {
  ListClusterResourcesQuery,
  ListNamespacedResourcesQuery,
  pluralName,
  type ResourceList,
  ResourcePageView,
  ResourceView,
  toResourceList,
} from './resources.dto.js';
import { RESOURCE_EXAMPLE, RESOURCE_PAGE_EXAMPLE } from './resources.examples.js';

const NOT_THERE = [API_PROBLEMS['kubernetes-off'], API_PROBLEMS['kubernetes-not-loaded']];

const HEADERS = {
  ETag: 'A weak one; for `If-None-Match`.',
  'X-Data-As-Of': 'When the cluster was last followed up to: the latest bookmark, change or list of the kind.',
  'X-Data-Stale': '`true` while the cluster cannot be followed, so that `X-Data-As-Of` stands still; else absent.',
};

function listOperation(row: KindRow): OperationOptions {
  return {
    id: `list${pluralName(row)}`,
    summary: `List ${row.plural}`,
    description:
      'From the mirror of the cluster, page by page in the order of namespace and name; the `Link` header and `nextCursor` lead to the next page.',
    access: 'viewer',
    datesItself: true,
    syncSource: 'kubernetes',
    answers: {
      200: {
        description: `A page of ${row.plural}.`,
        type: ResourcePageView,
        example: RESOURCE_PAGE_EXAMPLE,
        headers: { ...HEADERS, Link: 'The next page, `rel="next"`; absent on the last.' },
      },
      304: { description: 'Not changed.' },
    },
    problems: [PLATFORM_PROBLEMS['validation-failed'], ...NOT_THERE],
  };
}

function getOperation({ kind }: KindRow): OperationOptions {
  return {
    id: `get${kind}`,
    summary: `Read one ${kind}`,
    access: 'viewer',
    datesItself: true,
    syncSource: 'kubernetes',
    answers: {
      200: { description: 'As it was last known.', type: ResourceView, example: RESOURCE_EXAMPLE, headers: HEADERS },
      304: { description: 'Not changed.' },
    },
    problems: [API_PROBLEMS['resource-not-found'], ...NOT_THERE],
  };
}

const NAME_PARAM = { name: 'name', schema: { type: 'string', example: 'trainer-0' } } as const;
const NAMESPACE_PARAM = { name: 'namespace', schema: { type: 'string', example: 'default' } } as const;

function namespacedController(row: KindRow): Type {
  @ApiTags('kubernetes')
  @Controller(apiPath(row.plural))
  class NamespacedResourceController {
    private readonly queries = new QueryReader<ListNamespacedResourcesQuery, ResourceList>(
      ListNamespacedResourcesQuery,
      toResourceList,
    );

    constructor(private readonly reads: ResourceReads) {}

    @Get()
    @IfNoneMatchHeader('the page')
    @Operation(listOperation(row))
    async list(
      // Named for the documentation; `queries` reads it.
      @Query() _query: ListNamespacedResourcesQuery,
      @Req() request: FastifyRequest,
      @Res() reply: FastifyReply,
    ): Promise<void> {
      answerList(this.reads, row, await this.queries.read(request), request, reply);
    }

    @Get(':namespace/:name')
    @ApiParam(NAMESPACE_PARAM)
    @ApiParam(NAME_PARAM)
    @IfNoneMatchHeader('it')
    @Operation(getOperation(row))
    getOne(
      @Param('namespace') namespace: string,
      @Param('name') name: string,
      @Req() request: FastifyRequest,
      @Res() reply: FastifyReply,
    ): void {
      answerOne(this.reads, row, { namespace, name }, request, reply);
    }
  }
  return NamespacedResourceController;
}

function clusterController(row: KindRow): Type {
  @ApiTags('kubernetes')
  @Controller(apiPath(row.plural))
  class ClusterResourceController {
    private readonly queries = new QueryReader<ListClusterResourcesQuery, ResourceList>(
      ListClusterResourcesQuery,
      toResourceList,
    );

    constructor(private readonly reads: ResourceReads) {}

    @Get()
    @IfNoneMatchHeader('the page')
    @Operation(listOperation(row))
    async list(
      // Named for the documentation; `queries` reads it.
      @Query() _query: ListClusterResourcesQuery,
      @Req() request: FastifyRequest,
      @Res() reply: FastifyReply,
    ): Promise<void> {
      answerList(this.reads, row, await this.queries.read(request), request, reply);
    }

    @Get(':name')
    @ApiParam(NAME_PARAM)
    @IfNoneMatchHeader('it')
    @Operation(getOperation(row))
    getOne(@Param('name') name: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
      answerOne(this.reads, row, { namespace: null, name }, request, reply);
    }
  }
  return ClusterResourceController;
}

function answerList(
  reads: ResourceReads,
  { kind }: KindRow,
  list: ResourceList,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { items, total, nextCursor, freshness } = reads.list(kind, list);
  dateResources(reply, freshness);
  if (nextCursor !== null) reply.header('link', nextPageLink(request, nextCursor));
  const texts = items.map(({ json }) => json).join();
  answerText(request, reply, `{"items":[${texts}],"total":${total},"nextCursor":${JSON.stringify(nextCursor)}}`);
}

function answerOne(
  reads: ResourceReads,
  { kind }: KindRow,
  { namespace, name }: { readonly namespace: string | null; readonly name: string },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { resource, freshness } = reads.get(kind, namespace, name);
  dateResources(reply, freshness);
  answerText(request, reply, resource.json);
}

/** Stored as JSON, sent as it is stored. */
function answerText(request: FastifyRequest, reply: FastifyReply, text: string): void {
  if (answerUnlessKnown(request, reply, `W/${textTag(text)}`)) void reply.send();
  else void reply.header('content-type', JSON_TYPE).send(text);
}

/** One controller for each kind: all have the same routes, and each has its own page in the API document. */
export const RESOURCE_CONTROLLERS: readonly Type[] = KUBERNETES_KINDS.map((kind) =>
  KINDS[kind].isNamespaced ? namespacedController(KINDS[kind]) : clusterController(KINDS[kind]),
);
