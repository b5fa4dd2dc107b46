import type { InstanceSpec } from '@app/instance-store';
import {
  NovitaApi,
  type NovitaCluster,
  type NovitaNetworkStorage,
  NovitaNotFoundError,
  type NovitaTemplate,
} from '@app/novita-client';
import { type FieldError, Problem } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { Catalogue } from '../catalogue.js';
import type { CreateInstanceRequest } from '../instance-commands.js';
import { interactively } from '../problems/interactive-call.js';
import { lifecycleProblems } from '../problems/lifecycle.problems.js';
import type { CreateDefaults } from './merge-template.js';
import { type MergedRequest, mergeTemplate } from './merge-template.js';
import { nearest } from './nearest.js';
import { findCluster, type ProductWish, type Selection, selectProduct } from './select-product.js';
import { faultsOfMerged, faultsOfRequest } from './validate-request.js';

/** What new instances take when nobody says otherwise. */
export abstract class CreateOptions {
  abstract readonly defaults: CreateDefaults;
  /** Two characters, the owner's part of every marker. */
  abstract readonly fleetId: string;
}

export interface ResolvedCreate {
  readonly spec: InstanceSpec;
  readonly usdPerHour: number | null;
}

/** Turns a create as it is wished into what the create call needs. */
@Injectable()
export class CreateResolver {
  constructor(
    private readonly api: NovitaApi,
    private readonly catalogue: Catalogue,
    private readonly options: CreateOptions,
  ) {}

  /** @throws Problem that names the member at fault, or the failure of the provider */
  async resolve(request: CreateInstanceRequest): Promise<ResolvedCreate> {
    refuse(faultsOfRequest(request));
    const [template, clusters, products, storages] = await Promise.all([
      this.template(request.templateId),
      this.catalogue.clusters(),
      this.catalogue.products(),
      this.storages(request),
      this.checkRegistryAuth(request.imageAuthId),
    ]);
    const merged = mergeTemplate(request, template, this.options.defaults);
    refuse(faultsOfMerged(merged));
    const wish: ProductWish = {
      product: request.productId === undefined ? { name: request.productName ?? '' } : { id: request.productId },
      preferred: this.preferredCluster(request.region, clusters.value),
      onlyClusterId: clusterOfStorages(storages),
      billingMode: merged.billingMode,
      gpuNum: merged.gpuNum,
      rootfsSize: merged.rootfsSize,
    };
    const selection = selectProduct(products.value, clusters.value, wish);
    if (selection.kind !== 'selected') {
      const names = products.value.map(({ id, name }) => ('id' in wish.product ? id : name));
      throw refusal(selection, wish, names);
    }
    return { spec: specOf(request, merged, selection), usdPerHour: selection.chosen.usdPerHour };
  }

  /** A region that was asked for must exist; the default one is only where to look first. */
  private preferredCluster(asked: string | undefined, clusters: readonly NovitaCluster[]): NovitaCluster | null {
    const found = findCluster(clusters, asked ?? this.options.defaults.region);
    if (found !== null || asked === undefined) return found;
    throw unknown(
      'unknown-region',
      '/region',
      asked,
      nearest(
        asked,
        clusters.map(({ name }) => name),
      ),
    );
  }

  private async template(id: string | undefined): Promise<NovitaTemplate | null> {
    if (id === undefined) return null;
    const template = await interactively(async (signal) => {
      try {
        return await this.api.getTemplate(id, { signal, priority: 'interactive' });
      } catch (error) {
        if (error instanceof NovitaNotFoundError) return null;
        throw error;
      }
    });
    if (template === null) throw unknown('unknown-template', '/templateId', id, []);
    return template;
  }

  private async checkRegistryAuth(id: string | undefined): Promise<void> {
    if (id === undefined) return;
    const logins = await interactively((signal) => this.api.listRegistryAuths({ signal, priority: 'interactive' }));
    if (!logins.some((login) => login.id === id)) throw unknown('unknown-registry-auth', '/imageAuthId', id, []);
  }

  private async storages({ networkStorages = [] }: CreateInstanceRequest): Promise<readonly NovitaNetworkStorage[]> {
    if (networkStorages.length === 0) return [];
    const known = await interactively(async (signal) => {
      const byId = new Map<string, NovitaNetworkStorage>();
      for await (const page of this.api.listNetworkStorages({ signal, priority: 'interactive' })) {
        for (const storage of page.items) byId.set(storage.id, storage);
      }
      return byId;
    });
    return networkStorages.map(({ id }, index) => {
      const storage = known.get(id);
      if (storage !== undefined) return storage;
      throw unknown('unknown-network-storage', `/networkStorages/${index}/id`, id, []);
    });
  }
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const detail = errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; ');
  throw new Problem(lifecycleProblems['invalid-spec'], { detail, errors });
}

function unknown(
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
      const detail = `${product} is not offered as ${wish.billingMode}, but as ${selection.offered.join(', ')}`;
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
