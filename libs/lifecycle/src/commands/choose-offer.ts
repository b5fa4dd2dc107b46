import type { InstanceSpec } from '@app/instance-store';
import type { NovitaCluster, NovitaGpuProduct, NovitaNetworkStorage, NovitaRegistryAuth } from '@app/novita-client';
import { nearest, Problem } from '@app/platform';
import type { CreateInstanceRequest } from '../instance-commands.js';
import { lifecycleProblems } from '../problems/lifecycle.problems.js';
import type { MergedRequest } from './merge-template.js';
import { findCluster, type ProductWish, type Selection, selectProduct } from './select-product.js';

/** What is known of the provider when a create is resolved. */
export interface Picture {
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

/**
 * Finds what the create call needs in a picture of the provider.
 *
 * @param merged the request with what its template adds
 * @param defaultRegion where to look first when the request names no region
 * @throws Problem that names the member at fault; another picture may show that it is none
 */
export function chooseOffer(
  request: CreateInstanceRequest,
  merged: MergedRequest,
  defaultRegion: string,
  { products, clusters, registryAuths, networkStorages }: Picture,
): ResolvedCreate {
  checkRegistryAuth(request.imageAuthId, registryAuths);
  const storages = storagesOf(request, networkStorages);
  const wish: ProductWish = {
    product: request.productId === undefined ? { name: request.productName ?? '' } : { id: request.productId },
    preferred: preferredCluster(request.region, defaultRegion, clusters),
    onlyClusterId: clusterOfStorages(storages),
    billingMode: merged.billingMode,
    gpuNum: merged.gpuNum,
    rootfsSize: merged.rootfsSize,
  };
  const selection = selectProduct(products, clusters, wish);
  if (selection.kind !== 'selected') {
    const names = products.map(({ id, name }) => ('id' in wish.product ? id : name));
    throw refusal(selection, wish, names);
  }
  return { spec: specOf(request, merged, selection), usdPerHour: selection.chosen.usdPerHour };
}

/** A problem with a name that the provider does not know. */
export function unknown(
  code: 'unknown-product' | 'unknown-region' | 'unknown-template' | 'unknown-registry-auth' | 'unknown-network-storage',
  pointer: string,
  value: string,
  near: readonly string[],
): Problem {
  const type = lifecycleProblems[code];
  const detail = `${type.title}: "${value.slice(0, 200)}"`;
  return new Problem(type, {
    detail,
    errors: [{ pointer, detail }],
    ...(near.length === 0
      ? {}
      : { suggestion: `Did you mean ${near.join(', ')}? ${type.suggestion}`, extensions: { nearest: near } }),
  });
}

/** A region that was asked for must exist; the default one is only where to look first. */
function preferredCluster(
  asked: string | undefined,
  defaultRegion: string,
  clusters: readonly NovitaCluster[],
): NovitaCluster | null {
  const found = findCluster(clusters, asked ?? defaultRegion);
  if (found !== null || asked === undefined) return found;
  const names = clusters.map(({ name }) => name);
  throw unknown('unknown-region', '/region', asked, nearest(asked, names));
}

function checkRegistryAuth(id: string | undefined, known: readonly NovitaRegistryAuth[]): void {
  if (id === undefined || known.some((login) => login.id === id)) return;
  throw unknown('unknown-registry-auth', '/imageAuthId', id, []);
}

function storagesOf(
  { networkStorages = [] }: CreateInstanceRequest,
  known: readonly NovitaNetworkStorage[],
): readonly NovitaNetworkStorage[] {
  return networkStorages.map(({ id }, index) => {
    const storage = known.find((candidate) => candidate.id === id);
    if (storage !== undefined) return storage;
    throw unknown('unknown-network-storage', `/networkStorages/${index}/id`, id, []);
  });
}

function refusal(
  selection: Exclude<Selection, { kind: 'selected' }>,
  wish: ProductWish,
  names: readonly string[],
): Problem {
  const pointer = 'id' in wish.product ? '/productId' : '/productName';
  const product = 'id' in wish.product ? wish.product.id : wish.product.name;
  switch (selection.kind) {
    case 'unknown-product':
      return unknown('unknown-product', pointer, product, nearest(product, names));
    case 'billing-mode-not-offered': {
      const instead = selection.offered.length === 0 ? '' : `, but as ${selection.offered.join(', ')}`;
      const asked = wish.billingMode === 'monthly' ? 'monthly for one month' : wish.billingMode;
      const detail = `${product} is not offered as ${asked}${instead}`;
      return invalidSpec('/billingMode', detail);
    }
    case 'rootfs-out-of-range':
      return invalidSpec('/rootfsSize', `${product} takes ${selection.minGb} to ${selection.maxGb} GB`);
    case 'not-in-cluster': {
      const detail = `${product} is not offered in the cluster ${wish.onlyClusterId} of the network storage`;
      const errors = [{ pointer: '/networkStorages/0/id', detail }];
      return new Problem(lifecycleProblems['unknown-network-storage'], { detail, errors });
    }
    case 'out-of-stock': {
      const detail = `${product} is out of stock everywhere as ${wish.billingMode}`;
      return new Problem(lifecycleProblems['out-of-stock'], { detail, errors: [{ pointer, detail }] });
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
