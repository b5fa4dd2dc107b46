import type { NovitaInstance } from '@app/novita-client';
import type { Timestamp } from '@app/platform';
import type { ProviderFault } from '../problems/provider-fault.js';

/** A search for the instances that carry a record's marker. */
export interface MarkerSearch {
  readonly beganAt: Timestamp;
  /** Only a clean listing may prove that something is absent. */
  readonly clean: boolean;
  /** All that carry exactly the marker and are not gone, the oldest first. */
  readonly matches: readonly NovitaInstance[];
}

/** What one look at the provider told about one record. All times are those at which the look began. */
export type Observation =
  | { readonly kind: 'not-looked' }
  | {
      readonly kind: 'found';
      readonly instance: NovitaInstance;
      readonly source: 'get' | 'list';
      readonly at: Timestamp;
      readonly search: MarkerSearch | null;
    }
  /** `get`: the provider denies the id. `list`: no id is known and a clean search found nothing. */
  | {
      readonly kind: 'absent';
      readonly source: 'get' | 'list';
      readonly at: Timestamp;
      readonly search: MarkerSearch | null;
    }
  /** The look failed; nothing is known, and nothing may be concluded. */
  | { readonly kind: 'unclear'; readonly fault: ProviderFault };

export const NOT_LOOKED: Observation = { kind: 'not-looked' };
export type Found = Extract<Observation, { kind: 'found' }>;
export type Absent = Extract<Observation, { kind: 'absent' }>;
/** A look that told something. */
export type Sight = Found | Absent;
