/** Requests to read parts of a source anew: the port, and how its documents are read. */
import type { Timestamp } from '@app/platform';
import { isFlag, isText, isTimestamp, listOf, objectOf, readShaped } from '../model/shapes.js';

/** What is to be read anew; all kinds or namespaces where none is named. */
export interface RelistRequest {
  readonly kinds: readonly string[];
  readonly namespaces: readonly string[];
  /** Lets through what the mass-removal guard holds. */
  readonly force: boolean;
}

export interface RelistOrder extends RelistRequest {
  /** A ULID. */
  readonly id: string;
  /** `user:<key name>`. */
  readonly requestedBy: string;
  readonly at: Timestamp;
}

/** So many wait at most; the oldest make room. */
export const WAITING_RELISTS = 100;

/**
 * Hands requests from the API to the worker that follows the source. A request waits until a worker has carried it out, and
 * is left to the next one when a worker dies. All methods throw `SyncStatusUnavailableError`.
 */
export abstract class RelistQueue {
  abstract put(order: RelistOrder): Promise<void>;
  /** All that wait, the oldest first. To be called by the holder of the lock, now and then. */
  abstract waiting(): Promise<readonly RelistOrder[]>;
  /** What is to be read of it are these kinds alone from now on. Does nothing for one that does not wait. */
  abstract narrow(id: string, kinds: readonly string[]): Promise<void>;
  /** It is carried out. Does nothing for one that does not wait. */
  abstract remove(id: string): Promise<void>;
}

const isOrder = objectOf({
  id: isText,
  requestedBy: isText,
  at: isTimestamp,
  kinds: listOf(isText),
  namespaces: listOf(isText),
  force: isFlag,
});

/** @returns null when it cannot be understood */
export function readRelistOrder(json: string): RelistOrder | null {
  return readShaped(json, isOrder) as RelistOrder | null;
}
