import type { Timestamp } from '@app/platform';

/*
 * What a record knows of a hold: webhook endpoints may delay a stop that no person has asked for, so that results can be
 * saved before the machine goes. The rules are in stop-hold.ts.
 */

/**
 * Whose stops may be held: a closed set. A further one is added here, and the compiler lists what has to know it.
 * `migration`: the request by which the machine that was reclaimed is given up.
 */
export const HELD_ACTORS = ['auto-stop', 'max-lifetime', 'migration', 'spend-limit'] as const;
export type HeldActor = (typeof HELD_ACTORS)[number];

/**
 * How a hold ended. `released`: every endpoint has answered 2xx. `timed-out`: its time was over. `ended-by-person`: a
 * person has stopped or deleted the instance. `called-off`: the stop is not to be any more, as the instance is in use.
 */
export const HOLD_OUTCOMES = ['released', 'timed-out', 'ended-by-person', 'called-off'] as const;
export type HoldOutcome = (typeof HOLD_OUTCOMES)[number];

/** An endpoint that a stop waits for. */
export interface HoldingEndpoint {
  readonly endpointId: string;
  /** When it answered 2xx; null while it has not. */
  readonly releasedAt: Timestamp | null;
}

/** The latest hold of one instance. */
export interface StopHold {
  /** Whose stop waits. */
  readonly by: HeldActor;
  /** What the stop is for: an idle period, or a reclaim. A stop is held once for each, so that no hold is renewed without end. */
  readonly occasion: string;
  /** Names this hold among those of the instance. */
  readonly since: Timestamp;
  /** It ends then, whatever anybody has answered. Never changed. */
  readonly until: Timestamp;
  /** Why the instance is to be stopped, in words. */
  readonly reason: string;
  readonly waitsFor: readonly HoldingEndpoint[];
  /** Null while it is under way. */
  readonly ended: { readonly at: Timestamp; readonly outcome: HoldOutcome; readonly by: string } | null;
}
