import {
  type InstanceId,
  type InstanceRecord,
  type ReplacementPreview,
  ReplacementPreviews,
} from '@app/instance-store';
import { Injectable } from '@nestjs/common';
import { Catalogue, currentOffers } from '../catalogue/catalogue-cache.js';
import { previewPurchase } from '../state-machine/migration-fallback.js';
import { PolicySource } from './policy-source.js';

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
