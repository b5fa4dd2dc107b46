import type { ResourceKey } from '../model/resource.js';

/** Fewer than so many may go at once, whatever share of all they are; unless none is left. */
const AT_LEAST = 10;

export interface FullSet {
  /** What is stored and was not in the set. */
  readonly missing: readonly ResourceKey[];
  readonly stored: number;
  readonly listed: number;
  /** Of what is stored; more than so many are held. */
  readonly percent: number;
  /** What an earlier set lacked and was held for; null for nothing. */
  readonly heldBefore: ReadonlySet<ResourceKey> | null;
  /** Somebody has checked the cluster and lets the set pass. */
  readonly isForced: boolean;
}

export interface GuardVerdict {
  readonly through: readonly ResourceKey[];
  readonly held: readonly ResourceKey[];
  /** Why some are held; null when none is. */
  readonly reason: string | null;
}

/**
 * Holds a full set that lacks so much that it is likelier to be wrong than true, such as of a cluster that was restored from
 * nothing. An absence that the earlier held set agrees with passes. Pure.
 */
export function massRemovalGuard(set: FullSet): GuardVerdict {
  const reason = set.isForced ? null : reasonToHold(set);
  const held = reason === null ? [] : set.missing.filter((key) => set.heldBefore?.has(key) !== true);
  if (held.length === 0) return { through: set.missing, held: [], reason: null };
  return { through: set.missing.filter((key) => set.heldBefore?.has(key) === true), held, reason };
}

function reasonToHold({ missing, stored, listed, percent }: FullSet): string | null {
  if (missing.length === 0) return null;
  if (listed === 0) return `the cluster lists none, and ${stored} are stored`;
  if (missing.length < AT_LEAST || missing.length * 100 <= percent * stored) return null;
  return `the cluster lists ${listed} and lacks ${missing.length} of the ${stored} that are stored, more than ${percent} %`;
}
