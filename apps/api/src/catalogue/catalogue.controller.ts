import {
  Catalogue,
  findCluster,
  gpuOffers,
  LifecycleSettings,
  lifecycleProblems,
  StartupEstimates,
} from '@app/lifecycle';
import type { NovitaCluster } from '@app/novita-client';
import { PLATFORM_PROBLEMS } from '@app/platform';
import { Controller, Get, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { showsSecrets } from '../core/auth/access.js';
import { PROVIDER_PROBLEMS } from '../core/errors/api.problems.js';
import { Answer } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import {
  ClustersQuery,
  ClustersView,
  OffersQuery,
  OffersView,
  ProductsQuery,
  ProductsView,
  TemplatesQuery,
  TemplatesView,
} from './catalogue.dto.js';
import { CLUSTERS_EXAMPLE, OFFERS_EXAMPLE, PRODUCTS_EXAMPLE, TEMPLATES_EXAMPLE } from './catalogue.examples.js';
import { KnownRegions } from './known-regions.js';
import { renderOffers, selectClusters, selectProducts, selectTemplates } from './render-catalogue.js';

const PROBLEMS = [PLATFORM_PROBLEMS['validation-failed'], ...PROVIDER_PROBLEMS];

/** What can be rented. Kept for a while after it was read at Novita; `asOf` says when that was. */
@ApiTags('catalogue')
@Controller(apiPath(''))
export class CatalogueController {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly regions: KnownRegions,
    private readonly startups: StartupEstimates,
    private readonly settings: LifecycleSettings,
  ) {}

  @Get('products')
  @Operation({
    id: 'listProducts',
    summary: 'List GPU products with prices and stock',
    description:
      'With how long their start-ups usually took here, of whatever image: `startupEstimateSeconds`, absent of a product that was not started yet.',
    access: 'viewer',
    tagged: true,
    datesItself: true,
    answers: { 200: { description: 'Cheapest first.', type: ProductsView, example: PRODUCTS_EXAMPLE } },
    problems: [...PROBLEMS, lifecycleProblems['unknown-region']],
  })
  async products(@Query(new Validated(ProductsQuery, 'query')) query: ProductsQuery): Promise<Answer<ProductsView>> {
    const { value, asOf } = await this.catalogue.products();
    const { region, ...others } = query;
    const selection = { ...others, ...(await this.regions.filterBy(region)) };
    const products = selectProducts(value, selection, await this.startups.byProduct());
    return new Answer({ products, total: products.length, asOf }, { asOf });
  }

  @Get('offers')
  @Operation({
    id: 'listOffers',
    summary: 'List each GPU with its price in each region',
    description:
      'What a create would take in each region, at the price of the whole instance; what is not to be had says why. `pricePerHour` of the first offer is the lowest.',
    access: 'viewer',
    tagged: true,
    datesItself: true,
    answers: { 200: { description: 'By name of the GPU.', type: OffersView, example: OFFERS_EXAMPLE } },
    problems: PROBLEMS,
  })
  async offers(@Query(new Validated(OffersQuery, 'query')) query: OffersQuery): Promise<Answer<OffersView>> {
    const { gpuNum = 1, billingMode = this.settings.DEFAULT_BILLING_MODE, name = '' } = query;
    const [products, clusters] = await Promise.all([this.catalogue.products(), this.catalogue.clusters()]);
    const gpus = gpuOffers(products.value, clusters.value, { billingMode, gpuNum });
    const asOf = products.asOf < clusters.asOf ? products.asOf : clusters.asOf;
    return new Answer({ gpus: renderOffers(gpus, name), gpuNum, billingMode, asOf }, { asOf });
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
  async clusters(@Query(new Validated(ClustersQuery, 'query')) query: ClustersQuery): Promise<Answer<ClustersView>> {
    const { value, asOf } = await this.catalogue.clusters();
    const clusters = selectClusters(value, query);
    const defaultRegion = defaultRegionOf(value, this.settings.DEFAULT_REGION);
    return new Answer({ clusters, total: clusters.length, defaultRegion, asOf }, { asOf });
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
  ): Promise<Answer<TemplatesView>> {
    const { value, asOf } = await this.catalogue.templates();
    const templates = selectTemplates(value, query, showsSecrets(request));
    return new Answer({ templates, total: templates.length, asOf }, { asOf });
  }
}

/** By its full name, as it is written in `clusters` and in instances. */
function defaultRegionOf(clusters: readonly NovitaCluster[], region: string): string {
  return findCluster(clusters, region)?.name ?? region;
}
