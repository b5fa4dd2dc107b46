import { hash } from 'node:crypto';
import type {
  NovitaCluster,
  NovitaCpuProduct,
  NovitaEndpoint,
  NovitaGpuProduct,
  NovitaJob,
  NovitaNetworkStorage,
  NovitaRegistryAuth,
  NovitaTemplate,
} from '@app/novita-client';
import type { Timestamp } from '@app/platform';

/** The lists that are mirrored as a whole, by kind. */
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
 * The provider's small lists, as one process last read them, for all processes. A process that has read a list writes it
 * here; the latest reading stays.
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

/** A list as it is stored: its JSON, and a version that differs when the content does. */
export interface MirrorDocument {
  readonly json: string;
  readonly version: string;
}

/** Increased when the items are written in another form, so that processes of two releases do not misread each other. */
const FORM = '1.';

/** The lists are small; one of this size is an error, and would block every user of the Redis. */
const MOST_BYTES = 8 * 1024 * 1024;

export function documentOf(items: readonly unknown[]): MirrorDocument {
  const json = JSON.stringify(items);
  return { json, version: `${FORM}${hash('sha1', json, 'base64url')}` };
}

/** Whether a release with the same form of items wrote it; otherwise nothing in it is damaged. */
export function isOfThisForm(version: string): boolean {
  return version.startsWith(FORM);
}

/** @returns the items, frozen all through; null when the document is of another form or no list in JSON */
export function itemsOf({ json, version }: MirrorDocument): readonly unknown[] | null {
  if (!isOfThisForm(version)) return null;
  try {
    const items: unknown = JSON.parse(json, (_key, value: unknown) => Object.freeze(value));
    return Array.isArray(items) ? items : null;
  } catch {
    return null;
  }
}

/** @returns why a list is not stored; null when it may be */
export function rejectionOf(kind: string, { json }: MirrorDocument): string | null {
  const bytes = Buffer.byteLength(json);
  return bytes <= MOST_BYTES ? null : `The list of ${kind} is not mirrored: ${bytes} bytes are more than ${MOST_BYTES}`;
}
