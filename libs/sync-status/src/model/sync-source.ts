/** The systems whose resources are mirrored, each with a shared status of its own. */
export const SYNC_SOURCES = ['novita', 'kubernetes'] as const;
export type SyncSource = (typeof SYNC_SOURCES)[number];

/** What the shared status has to know of a source. The source declares it; nothing else here names its kinds. */
export interface SourceDescription {
  readonly source: SyncSource;
  /** The kinds of resources, in the order in which they are shown. */
  readonly kinds: readonly string[];
  /** The lock that a run holds, and that each write of its status proves. */
  readonly lock: string;
}
