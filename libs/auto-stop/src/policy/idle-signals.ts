import type { Timestamp } from '@app/platform';

/** What the GPU's utilisation says, as the provider measures it. */
export type GpuReading =
  /** At or above the threshold, most lately at that time. */
  | { readonly kind: 'used'; readonly at: Timestamp; readonly percent: number }
  /** Below the threshold in all of the idle time, up to lately. */
  | { readonly kind: 'unused' }
  /** No figures, late figures, or an error: that counts as used. */
  | { readonly kind: 'unknown'; readonly why: string };

/** What the provider said of the instance when it was asked just now. */
export type ProviderLook =
  | { readonly kind: 'running'; readonly at: Timestamp }
  | { readonly kind: 'not-running'; readonly word: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** What is known of an instance beside its record. */
export interface IdleSignals {
  readonly lastUsedAt: Timestamp | null;
  /** Who reported that use; null when it was not told. */
  readonly lastUsedBy: string | null;
  /** Absent when nobody looked. */
  readonly gpu?: GpuReading;
  /** Absent when nobody looked. */
  readonly look?: ProviderLook;
}

/** How old the picture is on which a stop would rest. */
export interface PictureAge {
  /** When the listing began by which every record that is not missing was last seen; null when there was none. */
  readonly asOf: Timestamp | null;
  readonly maxStalenessMs: number;
  /** Whether listings are made by themselves: an old one then means that something is wrong, and nothing is stopped. */
  readonly required: boolean;
}
