import type { Timestamp } from '@app/platform';

/**
 * How old the picture of the fleet is. An application says it from what its sync knows; this library does not know the
 * sync.
 */
export abstract class FleetPicture {
  /** When the listing began by which every live record was last seen; null when there was none yet. Costs no round trip. */
  abstract instancesAsOf(): Timestamp | null;
}
