import type { FleetNews } from '../change-feed.js';

/**
 * Emits events of the fleet that no write of a record emits. Throws `StoreUnavailableError` when the store cannot be
 * reached.
 */
export abstract class FleetEvents {
  /**
   * Emits an event on the change feed, unless one was emitted under the same key in the last 48 hours.
   * @param key at most 200 characters
   * @returns whether it was emitted now
   */
  abstract emitOnce(key: string, event: FleetNews): Promise<boolean>;
}
