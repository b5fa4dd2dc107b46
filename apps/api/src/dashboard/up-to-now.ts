import type { FleetSample } from '@app/spend';

/** As much as a chart can show. */
const MOST_POINTS = 144;

/** The history with the present as its last point, for samples are taken now and then; at most 144 points in all. */
export function upToNow(history: readonly FleetSample[], now: FleetSample): readonly FleetSample[] {
  const last = history.at(-1);
  // A sample may be younger than the figures, which are remembered for a moment.
  if (last !== undefined && last.at >= now.at) return history;
  return [...history.slice(1 - MOST_POINTS), now];
}
