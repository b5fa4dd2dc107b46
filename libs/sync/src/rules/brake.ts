import type { NovitaInstanceId } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import type { HeldSummary } from '../run/sync-report.js';

/** Fewer than this are never held, whatever part of a small fleet they are. */
const AT_LEAST = 3;

export interface BrakeInput {
  /** Candidates that are managed or adopted. */
  readonly missingOurs: readonly NovitaInstanceId[];
  readonly missingDiscovered: readonly NovitaInstanceId[];
  /** Live records of ours with a provider's id. */
  readonly liveOurs: number;
  /** The same and the discovered ones. */
  readonly liveAll: number;
  /** Instances in the listing. */
  readonly listedTotal: number;
  /** Of `liveOurs`; more than so many are held. */
  readonly percent: number;
  /** What an earlier run held; null for nothing. */
  readonly heldBefore: { readonly since: Timestamp; readonly ids: ReadonlySet<string> } | null;
  /** Somebody has looked at it and lets it pass. */
  readonly force: boolean;
  readonly at: Timestamp;
}

export interface BrakeVerdict {
  /** Those whose absence may be confirmed and carried out. */
  readonly through: readonly NovitaInstanceId[];
  readonly hold: { readonly summary: HeldSummary; readonly ids: readonly NovitaInstanceId[] } | null;
}

/**
 * Holds a listing that lacks so much that it is likelier to be wrong than true. What an earlier listing lacked too
 * passes. Discovered instances count only when nothing is listed at all: nobody loses anything with their records.
 */
export function brake(input: BrakeInput): BrakeVerdict {
  const { missingOurs, missingDiscovered, heldBefore, force, at } = input;
  const reason = force ? null : reasonToHold(input);
  if (reason === null) return { through: [...missingOurs, ...missingDiscovered], hold: null };

  const doubted = isEmptyList(input) ? [...missingOurs, ...missingDiscovered] : missingOurs;
  const held = doubted.filter((id) => heldBefore?.ids.has(id) !== true);
  const agreed = doubted.filter((id) => heldBefore?.ids.has(id) === true);
  const through = doubted === missingOurs ? [...agreed, ...missingDiscovered] : agreed;
  if (held.length === 0) return { through, hold: null };
  return {
    through,
    hold: { summary: { since: heldBefore?.since ?? at, reason, wouldRemove: held.length }, ids: held },
  };
}

function reasonToHold(input: BrakeInput): string | null {
  const { missingOurs, missingDiscovered, liveOurs, liveAll, percent } = input;
  if (missingOurs.length + missingDiscovered.length === 0) return null;
  if (isEmptyList(input)) return `the listing is empty while ${liveAll} live instances are on record`;
  const missing = missingOurs.length;
  if (missing < AT_LEAST || missing * 100 <= percent * liveOurs) return null;
  return `the listing lacks ${missing} of ${liveOurs} live instances, more than ${percent} %`;
}

function isEmptyList({ listedTotal, liveAll }: BrakeInput): boolean {
  return listedTotal === 0 && liveAll > 0;
}
