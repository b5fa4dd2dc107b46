import {
  type InstanceId,
  type InstanceRecord,
  type ReplacementPreview,
  ReplacementPreviews,
} from '@app/instance-store';
import { MINUTE_MS, Problem } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { Catalogue } from '../catalogue/catalogue-cache.js';
import type { Offers } from '../catalogue/replacement-product.js';
import { previewPurchase } from '../state-machine/migration-fallback.js';
import { PolicySource } from './policy-source.js';

/** Stock and prices older than this are asked for anew before something is bought by them. */
const OFFERS_AGE_MS = MINUTE_MS;

/** @returns null when the catalogue cannot be read: then nothing is bought */
export async function currentOffers(catalogue: Pick<Catalogue, 'products' | 'clusters'>): Promise<Offers | null> {
  try {
    const [products, clusters] = await Promise.all([
      catalogue.products({ maxAgeMs: OFFERS_AGE_MS }),
      catalogue.clusters(),
    ]);
    return { products: products.value, clusters: clusters.value };
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** Says what would be bought, by the same rule as the purchase itself. */
@Injectable()
export class CataloguePreviews extends ReplacementPreviews {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly policies: PolicySource,
  ) {
    super();
  }

  override async of(records: readonly InstanceRecord[]): Promise<ReadonlyMap<InstanceId, ReplacementPreview>> {
    const policy = await this.policies.current();
    const previews = new Map<InstanceId, ReplacementPreview>();
    if (records.length === 0 || policy.migration.fallback !== 'same-or-better') return previews;
    const offers = await currentOffers(this.catalogue);
    for (const record of records) {
      const choice = previewPurchase(record, offers, policy);
      if (choice === null) continue;
      previews.set(
        record.id,
        choice.kind === 'none'
          ? choice
          : { kind: 'would-buy', product: choice.candidate, agreedUsdPerHour: choice.agreedUsdPerHour },
      );
    }
    return previews;
  }
}
