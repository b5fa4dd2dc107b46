import type { BillingMode } from '@app/instance-store';
import { type GpuOffers, isSameRegion, type StartupEstimate } from '@app/lifecycle';
import {
  type NovitaCluster,
  type NovitaGpuProduct,
  type NovitaTemplate,
  oneMonthUsdPerGpuHour,
} from '@app/novita-client';
import { present } from '../core/http/answer.js';
import type {
  ClustersQuery,
  ClusterView,
  GpuOffersView,
  GpuProductView,
  ProductsQuery,
  StartupEstimateView,
  TemplatesQuery,
  TemplateView,
} from './catalogue.dto.js';

/**
 * The products that a query asks for, cheapest first.
 *
 * @param startups how long their start-ups take, by product id
 */
export function selectProducts(
  products: readonly NovitaGpuProduct[],
  query: ProductsQuery,
  startups: ReadonlyMap<string, StartupEstimate>,
): GpuProductView[] {
  const { name, region, billingMode, inStock } = query;
  return products
    .filter(
      (product) =>
        (name === undefined || holds(product.name, name)) &&
        (region === undefined ||
          product.regions.length === 0 ||
          product.regions.some((known) => isSameRegion(known, region))) &&
        (billingMode === undefined || product.billingModes.includes(billingMode)) &&
        (inStock === undefined || product.availableDeploy === inStock),
    )
    .sort((a, b) => price(a, billingMode) - price(b, billingMode) || (a.name < b.name ? -1 : 1))
    .map((product) => renderProduct(product, startups.get(product.id)));
}

/** @param name a part of the GPU's name; empty for all */
export function renderOffers(gpus: readonly GpuOffers[], name: string): GpuOffersView[] {
  return gpus
    .filter((gpu) => holds(gpu.name, name))
    .map((gpu) => ({
      name: gpu.name,
      offers: gpu.offers.map(({ region, productId, usdPerHour, rejection }) => ({
        ...present('region', region),
        productId,
        ...present('pricePerHour', usdPerHour),
        available: rejection === null,
        ...present('reason', rejection),
      })),
    }));
}

export function selectClusters(clusters: readonly NovitaCluster[], { gpu }: ClustersQuery): ClusterView[] {
  return clusters
    .filter((cluster) => gpu === undefined || cluster.availableGpuTypes.some((type) => holds(type, gpu)))
    .map(({ id, name, availableGpuTypes, supportsNetworkStorage, supportsInstanceNetwork }) => ({
      id,
      name,
      gpuTypes: [...availableGpuTypes],
      supportsNetworkStorage,
      supportsInstanceNetwork,
    }));
}

/** @param secrets whether values of environment variables are shown */
export function selectTemplates(
  templates: readonly NovitaTemplate[],
  { name, channel }: TemplatesQuery,
  secrets: boolean,
): TemplateView[] {
  return templates
    .filter((template) => name === undefined || holds(template.name, name))
    .filter((template) => channel === undefined || template.channel === channel)
    .map((template) => renderTemplate(template, secrets));
}

function renderProduct(product: NovitaGpuProduct, startup: StartupEstimate | undefined): GpuProductView {
  return {
    id: product.id,
    name: product.name,
    inStock: product.availableDeploy,
    ...present('inventory', product.inventoryState),
    regions: [...product.regions],
    billingModes: [...product.billingModes],
    pricePerHour: {
      ...present('onDemand', product.onDemandUsdPerHour),
      ...present('spot', product.spotUsdPerHour),
      monthly: product.monthly.map((offer) => ({ ...offer })),
    },
    cpuPerGpu: product.cpuPerGpu,
    memoryPerGpu: product.memoryPerGpu,
    diskPerGpu: product.diskPerGpu,
    ...present('minRootfs', product.minRootfs),
    ...present('maxRootfs', product.maxRootfs),
    ...renderEstimate(startup),
  };
}

function renderTemplate(template: NovitaTemplate, secrets: boolean): TemplateView {
  return {
    id: template.id,
    name: template.name,
    ...present('channel', template.channel),
    image: template.image,
    ...present('rootfsSize', template.rootfsSize),
    ports: template.ports.map(({ port, type }) => ({ port, protocol: type })),
    envs: template.envs.map(({ key, value }) => (secrets ? { key, value } : { key })),
    ...present('startCommand', template.startCommand),
    ...present('entrypoint', template.entrypoint),
    ...present('minCudaVersion', template.minCudaVersion),
  };
}

const PRICES: Readonly<Record<BillingMode, (product: NovitaGpuProduct) => number | null>> = {
  onDemand: (product) => product.onDemandUsdPerHour,
  spot: (product) => product.spotUsdPerHour,
  monthly: oneMonthUsdPerGpuHour,
};

/** In the mode that is asked for; what has no price comes last. */
function price(product: NovitaGpuProduct, billingMode: BillingMode = 'onDemand'): number {
  return PRICES[billingMode](product) ?? Number.MAX_VALUE;
}

function holds(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}

export type EstimateMembers = Pick<StartupEstimateView, keyof StartupEstimateView>;

/** The members of an estimate; none without one. */
export function renderEstimate(estimate: StartupEstimate | null | undefined): EstimateMembers {
  if (estimate === null || estimate === undefined) return {};
  const { medianSeconds, p95Seconds, basedOn } = estimate;
  return {
    startupEstimateSeconds: medianSeconds,
    startupEstimateP95Seconds: p95Seconds,
    startupEstimateBasedOn: basedOn,
  };
}
