import type { IdleExemption } from '@app/instance-store';
import type { Timestamp } from '@app/platform';

/** A sign that an instance is in use, or was. */
export interface ActivitySign {
  readonly kind: 'ready' | 'use' | 'lease' | 'gpu';
  /** For a lease: until when. */
  readonly at: Timestamp;
  /** Who said so: an `Actor`, a source that was named, or `novita` for utilisation. */
  readonly by: string;
  readonly detail: string | null;
}

export const IDLE_RULES = [
  'exempt',
  'leased',
  'used-lately',
  'warning-due',
  'idle-too-long',
  'picture-too-old',
  'utilisation-unknown',
  'suspended',
] as const;
export type IdleRule = (typeof IDLE_RULES)[number];

/** What was decided about an instance, and all that it rests on. */
export interface IdleEvaluation {
  /** `keep`: nothing happens. `warn`: it will be stopped soon. `stop`: it is to be stopped now. */
  readonly verdict: 'keep' | 'warn' | 'stop';
  readonly rule: IdleRule;
  readonly exemption: IdleExemption | null;
  readonly evaluatedAt: Timestamp;
  readonly idleSince: Timestamp | null;
  /** When it will be stopped if nothing happens; null when it will not. */
  readonly stopAt: Timestamp | null;
  /** When the answer could be another one without anything happening; null for never. */
  readonly nextEvaluation: Timestamp | null;
  /** All that is known, the latest first. */
  readonly signs: readonly ActivitySign[];
  /** One sentence. */
  readonly reason: string;
  /** What somebody could do, a sentence each, with the route. */
  readonly whatWouldChangeIt: readonly string[];
}
