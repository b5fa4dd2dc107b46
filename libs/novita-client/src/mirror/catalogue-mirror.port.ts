import type { Timestamp } from '@app/platform';
import type {
  NovitaCluster,
  NovitaCpuProduct,
  NovitaEndpoint,
  NovitaGpuProduct,
  NovitaJob,
  NovitaNetworkStorage,
  NovitaRegistryAuth,
  NovitaTemplate,
} from '../novita-types.js';

/** What is mirrored as a whole, by kind. */
export interface MirroredItems {
  readonly 'gpu-products': NovitaGpuProduct;
  readonly 'cpu-products': NovitaCpuProduct;
  readonly clusters: NovitaCluster;
  readonly templates: NovitaTemplate;
  readonly 'registry-auths': NovitaRegistryAuth;
  readonly 'network-storages': NovitaNetworkStorage;
  readonly jobs: NovitaJob;
  readonly endpoints: NovitaEndpoint;
}

export type MirroredKind = keyof MirroredItems;

export const MIRRORED_KINDS = [
  'gpu-products',
  'cpu-products',
  'clusters',
  'templates',
  'registry-auths',
  'network-storages',
  'jobs',
  'endpoints',
] as const satisfies readonly MirroredKind[];

export interface Mirrored<Item> {
  /** Frozen, and the same object while nothing has changed. */
  readonly items: readonly Item[];
  /** When the provider was asked for them. */
  readonly asOf: Timestamp;
}

/** Thrown when the mirror cannot be reached. */
export class MirrorUnavailableError extends Error {
  override readonly name = 'MirrorUnavailableError';
}

/**
 * The provider's small lists, as one process last read them, for all processes. Whoever has read a list writes it here;
 * the one that was read last stays.
 */
export abstract class CatalogueMirror {
  /**
   * @returns null when it was never written or cannot be understood
   * @throws MirrorUnavailableError
   */
  abstract read<Kind extends MirroredKind>(kind: Kind): Promise<Mirrored<MirroredItems[Kind]> | null>;

  /**
   * Written only when `asOf` is later than what is there; equal items cost only their time.
   * @returns whether the items differ from those before
   * @throws MirrorUnavailableError
   */
  abstract write<Kind extends MirroredKind>(
    kind: Kind,
    items: readonly MirroredItems[Kind][],
    asOf: Timestamp,
  ): Promise<boolean>;
}
