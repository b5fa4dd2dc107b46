import type { InstanceSpec } from '@app/instance-store';
import {
  Novita,
  type NovitaCluster,
  type NovitaGpuProduct,
  type NovitaNetworkStorage,
  NovitaNotFoundError,
  type NovitaRegistryAuth,
  type NovitaTemplate,
} from '@app/novita-client';
import { type FieldError, nearest, Problem } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { Freshness } from '../catalogue/cached-list.js';
import { CatalogueCache } from '../catalogue/catalogue-cache.js';
import { findCluster, isAnyRegion, unknownRegion } from '../catalogue/region.js';
import { lifecycleProblems, unknownName } from '../problems/lifecycle.problems.js';
import { interactively } from '../problems/provider-errors.js';
import {
  type CreateDefaults,
  type MergedRequest,
  mergeTemplate,
  violationsOfMerged,
  violationsOfRequest,
} from './create-request.js';
import type { CreateInstanceRequest } from './instance-commands.js';
import { type ProductQuery, type Selection, selectProduct } from './select-product.js';

/*
 * From the request of a caller to the spec of an instance: validate it and put the template in (create-request.ts), then
 * find product, place, storages and registry login in the catalogue.
 */

/** The part of the catalogue that a create is resolved with. */
interface CatalogueSnapshot {
  readonly products: readonly NovitaGpuProduct[];
  readonly clusters: readonly NovitaCluster[];
  /** Empty unless the request names one. */
  readonly registryAuths: readonly NovitaRegistryAuth[];
  /** Empty unless the request names one. */
  readonly networkStorages: readonly NovitaNetworkStorage[];
}

export interface ResolvedCreate {
  readonly spec: InstanceSpec;
  readonly usdPerHour: number | null;
}

/** The members of a new instance that neither request nor template names. */
export abstract class CreateOptions {
  abstract readonly defaults: CreateDefaults;
  /** Four characters, the owner's part of every marker. */
  abstract readonly fleetId: string;
  /** How long a start may take, in ms. */
  abstract readonly startupTimeoutMs: number;
}

/** Before a create is rejected the provider is asked, unless it was asked this shortly before. */
const JUST_NOW: Freshness = { maxAgeMs: 5_000 };

/** Turns the request of a caller into the spec of an instance. */
@Injectable()
export class CreateResolver {
  constructor(
    private readonly novita: Novita,
    private readonly catalogue: CatalogueCache,
    private readonly options: CreateOptions,
  ) {}

  /** @throws Problem that names the offending member, or the failure of the provider */
  async resolve(request: CreateInstanceRequest): Promise<ResolvedCreate> {
    reject(violationsOfRequest(request));
    const [template, snapshot] = await Promise.all([this.template(request.templateId), this.snapshot(request)]);
    const merged = mergeTemplate(request, template, this.options.defaults);
    reject(violationsOfMerged(merged, request));
    const { region } = this.options.defaults;
    try {
      return chooseOffer(request, merged, region, snapshot);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
    // The missing product may be new, or in stock again.
    return chooseOffer(request, merged, region, await this.snapshot(request, JUST_NOW));
  }

  /** Reads the lists that only some requests need only for those. */
  private async snapshot(request: CreateInstanceRequest, freshness?: Freshness): Promise<CatalogueSnapshot> {
    const { catalogue } = this;
    const needsStorages = (request.networkStorages ?? []).length > 0;
    const [products, clusters, registryAuths, networkStorages] = await Promise.all([
      // A limit of the price is held against what the provider asks now: a list of some minutes ago may be cheaper.
      catalogue.products(request.maxPricePerHour === undefined ? freshness : JUST_NOW),
      catalogue.clusters(freshness),
      request.imageAuthId === undefined ? null : catalogue.registryAuths(freshness),
      needsStorages ? catalogue.networkStorages(freshness) : null,
    ]);
    return {
      products: products.value,
      clusters: clusters.value,
      registryAuths: registryAuths?.value ?? [],
      networkStorages: networkStorages?.value ?? [],
    };
  }

  /** Read anew for each create: the template decides what runs, and a change of it must not come minutes late. */
  private async template(id: string | undefined): Promise<NovitaTemplate | null> {
    if (id === undefined) return null;
    const template = await interactively(async (signal) => {
      try {
        return await this.novita.catalogue.template(id, { signal, priority: 'interactive' });
      } catch (error) {
        if (error instanceof NovitaNotFoundError) return null;
        throw error;
      }
    });
    if (template === null) throw unknownName('unknown-template', '/templateId', id, []);
    return template;
  }
}

function reject(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const detail = errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; ');
  throw new Problem(lifecycleProblems['invalid-spec'], { detail, errors });
}

/**
 * Finds the spec of the create call in a snapshot of the catalogue.
 *
 * @param merged the request with what its template adds
 * @param defaultRegion searched first when the request names no region
 * @throws Problem that names the offending member; a newer snapshot may accept it
 */
function chooseOffer(
  request: CreateInstanceRequest,
  merged: MergedRequest,
  defaultRegion: string,
  { products, clusters, registryAuths, networkStorages }: CatalogueSnapshot,
): ResolvedCreate {
  checkRegistryAuth(request.imageAuthId, registryAuths);
  const storages = storagesOf(request, networkStorages);
  const query: ProductQuery = {
    product: request.productId === undefined ? { name: request.productName ?? '' } : { id: request.productId },
    preferred: preferredCluster(request.region, defaultRegion, clusters),
    onlyClusterId: clusterOfStorages(storages),
    billingMode: merged.billingMode,
    gpuNum: merged.gpuNum,
    rootfsSize: merged.rootfsSize,
    maxUsdPerHour: request.maxPricePerHour ?? null,
  };
  const selection = selectProduct(products, clusters, query);
  if (selection.kind !== 'selected') {
    const names = products.map(({ id, name }) => ('id' in query.product ? id : name));
    throw rejection(selection, query, names, request);
  }
  return { spec: specOf(request, merged, selection), usdPerHour: selection.chosen.usdPerHour };
}

/** A region that was asked for must exist; the default one is only searched first. */
function preferredCluster(
  asked: string | undefined,
  defaultRegion: string,
  clusters: readonly NovitaCluster[],
): NovitaCluster | null {
  const region = asked ?? defaultRegion;
  if (isAnyRegion(region)) return null;
  const found = findCluster(clusters, region);
  if (found !== null || asked === undefined) return found;
  throw unknownRegion(asked, clusters);
}

function checkRegistryAuth(id: string | undefined, known: readonly NovitaRegistryAuth[]): void {
  if (id === undefined || known.some((login) => login.id === id)) return;
  throw unknownName('unknown-registry-auth', '/imageAuthId', id, []);
}

function storagesOf(
  { networkStorages = [] }: CreateInstanceRequest,
  known: readonly NovitaNetworkStorage[],
): readonly NovitaNetworkStorage[] {
  return networkStorages.map(({ id }, index) => {
    const storage = known.find((candidate) => candidate.id === id);
    if (storage !== undefined) return storage;
    throw unknownName('unknown-network-storage', `/networkStorages/${index}/id`, id, []);
  });
}

function rejection(
  selection: Exclude<Selection, { kind: 'selected' }>,
  query: ProductQuery,
  names: readonly string[],
  { rootfsSize }: CreateInstanceRequest,
): Problem {
  const pointer = 'id' in query.product ? '/productId' : '/productName';
  const product = 'id' in query.product ? query.product.id : query.product.name;
  switch (selection.kind) {
    case 'unknown-product':
      return unknownName('unknown-product', pointer, product, nearest(product, names));
    case 'billing-mode-not-offered': {
      const instead = selection.offered.length === 0 ? '' : `, but as ${selection.offered.join(', ')}`;
      const asked = query.billingMode === 'monthly' ? 'monthly for one month' : query.billingMode;
      const detail = `${product} is not offered as ${asked}${instead}`;
      return invalidSpec('/billingMode', detail);
    }
    case 'rootfs-out-of-range': {
      const range = `${product} takes ${selection.minGb} to ${selection.maxGb} GB`;
      return rootfsSize === undefined
        ? invalidSpec(
            '/templateId',
            `asks for a disk of ${query.rootfsSize} GB, and ${range}; give another in rootfsSize`,
          )
        : invalidSpec('/rootfsSize', range);
    }
    case 'not-in-cluster': {
      const detail = `${product} is not offered in the cluster ${query.onlyClusterId} of the network storage`;
      const errors = [{ pointer: '/networkStorages/0/id', detail }];
      return new Problem(lifecycleProblems['unknown-network-storage'], { detail, errors });
    }
    case 'out-of-stock': {
      const detail = `${product} is out of stock everywhere as ${query.billingMode}`;
      return new Problem(lifecycleProblems['out-of-stock'], { detail, errors: [{ pointer, detail }] });
    }
    case 'too-dear': {
      const { cheapestUsdPerHour } = selection;
      const detail = `${query.gpuNum} × ${product} as ${query.billingMode} costs at least $${cheapestUsdPerHour.toFixed(4)} an hour now, and the request allows $${(query.maxUsdPerHour ?? 0).toFixed(4)}`;
      return new Problem(lifecycleProblems['price-above-limit'], {
        detail,
        errors: [{ pointer: '/maxPricePerHour', detail }],
        extensions: { cheapestUsdPerHour },
      });
    }
  }
}

function invalidSpec(pointer: string, detail: string): Problem {
  return new Problem(lifecycleProblems['invalid-spec'], { detail, errors: [{ pointer, detail }] });
}

function clusterOfStorages(storages: readonly NovitaNetworkStorage[]): string | null {
  const clusters = new Set(storages.flatMap(({ clusterId }) => clusterId ?? []));
  if (clusters.size > 1) throw invalidSpec('/networkStorages', 'all storages must lie in one cluster');
  return [...clusters][0] ?? null;
}

function specOf(
  request: CreateInstanceRequest,
  { rootfsSize: _rootfsSize, ...merged }: MergedRequest,
  { chosen, fallbacks, rootfsSize }: Extract<Selection, { kind: 'selected' }>,
): InstanceSpec {
  const { usdPerHour: _usdPerHour, ...place } = chosen;
  return { ...merged, ...place, rootfsSize, fallbacks, templateId: request.templateId ?? null };
}
