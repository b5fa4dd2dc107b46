import { setTimeout as pause } from 'node:timers/promises';
import type { AutoStopClient } from '../test/support/auto-stop-client.js';
import type { PageMemory } from '../test/support/page-probe.js';

/** What the page holds after so many changes. */
export interface MemoryPoint extends PageMemory {
  readonly changes: number;
}

/** How a quantity goes on with the changes, by the line that lies closest to all points. */
export interface Slope {
  readonly perChange: number;
  /** Standard error of it. */
  readonly error: number;
}

/** @param points three or more, at different numbers of changes */
export function slopeOf(points: readonly MemoryPoint[], of: (point: MemoryPoint) => number): Slope {
  const n = points.length;
  const meanX = points.reduce((sum, { changes }) => sum + changes, 0) / n;
  const meanY = points.reduce((sum, point) => sum + of(point), 0) / n;
  const spreadX = points.reduce((sum, { changes }) => sum + (changes - meanX) ** 2, 0);
  const perChange = points.reduce((sum, point) => sum + (point.changes - meanX) * (of(point) - meanY), 0) / spreadX;
  const residue = points.reduce(
    (sum, point) => sum + (of(point) - meanY - perChange * (point.changes - meanX)) ** 2,
    0,
  );
  return { perChange, error: Math.sqrt(residue / (n - 2) / spreadX) };
}

/**
 * Changes instances for some time, each one change after the other: auto-stop on, off, on again.
 * @param perSecond of all together; without it as many as the service takes
 * @returns how many were made
 */
export async function changeFor(
  client: AutoStopClient,
  ids: readonly string[],
  ms: number,
  perSecond = Number.POSITIVE_INFINITY,
): Promise<number> {
  const begun = performance.now();
  const everyMs = (1_000 / perSecond) * ids.length;
  let changes = 0;
  const change = async (id: string, place: number): Promise<void> => {
    // Evenly spread over the time between two changes of one instance.
    let due = begun + (everyMs / ids.length) * place;
    for (let enabled = false; performance.now() - begun < ms; enabled = !enabled) {
      if (everyMs > 0) await pause(Math.max(0, due - performance.now()));
      due += everyMs;
      await client.set(id, { enabled });
      changes += 1;
    }
  };
  await Promise.all(ids.map((id, place) => change(id, place)));
  return changes;
}
