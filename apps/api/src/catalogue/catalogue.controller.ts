import { Catalogue, findCluster, lifecycleProblems } from '@app/lifecycle';
import type { NovitaCluster } from '@app/novita-client';
import { PLATFORM_PROBLEMS, Settings } from '@app/platform';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiPath } from '../http/api-path.js';
import { Validated } from '../http/validated.pipe.js';
import { CLUSTERS_EXAMPLE, PRODUCTS_EXAMPLE, TEMPLATES_EXAMPLE } from '../openapi/catalogue-examples.js';
import { Operation } from '../openapi/operation.decorator.js';
import { PROVIDER_PROBLEMS } from '../problems/provider.problems.js';
import { showsSecrets } from '../security/access.js';
import { ClustersQuery, ProductsQuery, TemplatesQuery } from './catalogue-queries.dto.js';
import { ClustersView, ProductsView, TemplatesView } from './catalogue-views.dto.js';
import { KnownRegions } from './known-regions.js';
import { selectClusters, selectProducts, selectTemplates } from './render-catalogue.js';

const PROBLEMS = [PLATFORM_PROBLEMS['validation-failed'], ...PROVIDER_PROBLEMS];

/** What can be rented. Kept for a while after it was read at Novita; `asOf` says when that was. */
@ApiTags('catalogue')
@Controller(apiPath(''))
export class CatalogueController {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly regions: KnownRegions,
    private readonly settings: Settings,
  ) {}

  @Get('products')
  @Operation({
    id: 'listProducts',
    summary: 'List GPU products with prices and stock',
    access: 'viewer',
    tagged: true,
    datesItself: true,
    answers: { 200: { description: 'Cheapest first.', type: ProductsView, example: PRODUCTS_EXAMPLE } },
    problems: [...PROBLEMS, lifecycleProblems['unknown-region']],
  })
  async products(
    @Query(new Validated(ProductsQuery, 'query')) query: ProductsQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { value, asOf } = await this.catalogue.products();
    const { region, ...others } = query;
    const products = selectProducts(value, { ...others, ...(await this.regions.filterBy(region)) });
    reply.header('x-data-as-of', asOf);
    void reply.send({ products, total: products.length, asOf } satisfies ProductsView);
  }

  @Get('clusters')
  @Operation({
    id: 'listClusters',
    summary: 'List regions (clusters)',
    access: 'viewer',
    tagged: true,
    datesItself: true,
    answers: { 200: { description: 'Those of Novita.', type: ClustersView, example: CLUSTERS_EXAMPLE } },
    problems: PROBLEMS,
  })
  async clusters(
    @Query(new Validated(ClustersQuery, 'query')) query: ClustersQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { value, asOf } = await this.catalogue.clusters();
    const clusters = selectClusters(value, query);
    reply.header('x-data-as-of', asOf);
    const defaultRegion = defaultRegionOf(value, this.settings.DEFAULT_REGION);
    void reply.send({ clusters, total: clusters.length, defaultRegion, asOf } satisfies ClustersView);
  }

  @Get('templates')
  @Operation({
    id: 'listTemplates',
    summary: 'List templates',
    access: 'viewer',
    tagged: true,
    datesItself: true,
    answers: { 200: { description: 'Those the account can use.', type: TemplatesView, example: TEMPLATES_EXAMPLE } },
    problems: PROBLEMS,
  })
  async templates(
    @Query(new Validated(TemplatesQuery, 'query')) query: TemplatesQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { value, asOf } = await this.catalogue.templates();
    const templates = selectTemplates(value, query, showsSecrets(request));
    reply.header('x-data-as-of', asOf);
    void reply.send({ templates, total: templates.length, asOf } satisfies TemplatesView);
  }
}

/** By its full name, as it is written in `clusters` and in instances. */
function defaultRegionOf(clusters: readonly NovitaCluster[], region: string): string {
  return findCluster(clusters, region)?.name ?? region;
}
