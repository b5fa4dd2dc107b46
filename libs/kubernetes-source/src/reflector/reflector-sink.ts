import type { Timestamp } from '@app/platform';
import type { ApiObject } from '../model/resource.js';

export type WatchChange = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: ApiObject;
};

/** How a reflector stands with the apiserver. */
export type ReflectorState =
  | { readonly phase: 'stopped' }
  /** The first set, or one anew, is on its way. `via` says how. */
  | { readonly phase: 'listing'; readonly via: 'watch-list' | 'list'; readonly since: Timestamp }
  | { readonly phase: 'watching'; readonly since: Timestamp }
  /** It tries again at that time by itself. `forbidden`: RBAC does not allow it. `absent`: the cluster has no such kind. */
  | {
      readonly phase: 'waiting';
      readonly reason: 'unreachable' | 'refused' | 'forbidden' | 'unauthorized' | 'absent' | 'overloaded';
      /** One line, without a secret. */
      readonly error: string;
      readonly nextAt: Timestamp;
    };

/**
 * What a reflector hands on: a full set, and every change after it, of one kind in one scope. Each method is awaited
 * before the next is called, so that a slow sink slows the reading. What a method throws ends the reflector: the sink
 * retries what is worth it.
 */
export interface ReflectorSink {
  /** A full set begins; what an earlier one that was not completed had added is to be dropped. */
  begin(): Promise<void>;
  /**
   * Objects of the full set, as they come. One that changes meanwhile may come again, newer than before.
   *
   * @param remaining how many are still to come, when the apiserver says so
   */
  add(objects: readonly ApiObject[], remaining: number | null): Promise<void>;
  /** The set is complete: what is known of the scope and was not added is gone. */
  complete(resourceVersion: string): Promise<void>;
  /** Changes in the order of the watch, as many as were there to be read together. */
  apply(changes: readonly WatchChange[]): Promise<void>;
  /** Everything up to this version has been handed on. */
  bookmark(resourceVersion: string): Promise<void>;
  state(state: ReflectorState): void;
}
