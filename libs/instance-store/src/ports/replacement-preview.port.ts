import type { InstanceId } from '../record/identity.js';
import type { InstanceRecord } from '../record/instance.js';
import type { ProductCandidate } from '../record/product-candidate.js';

/** What would be bought in the place of a reclaimed instance if the provider had no machine to migrate it to. */
export type ReplacementPreview =
  | {
      readonly kind: 'would-buy';
      readonly product: ProductCandidate;
      /** USD per hour that the cap on the price counts from. */
      readonly agreedUsdPerHour: number;
    }
  /** In words, to follow "because". */
  | { readonly kind: 'none'; readonly reason: string };

/**
 * Knows what the life cycle would buy, so that a dry run of the migration can name it. The life cycle provides it; a process
 * without it has no provider of this port.
 */
export abstract class ReplacementPreviews {
  /**
   * By what is known now; the catalogue is read, at most once, and nothing is written.
   *
   * @param records of instances that are to be migrated
   * @returns one for each record; empty where MIGRATION_FALLBACK buys nothing
   * @throws StoreUnavailableError
   */
  abstract of(records: readonly InstanceRecord[]): Promise<ReadonlyMap<InstanceId, ReplacementPreview>>;
}
