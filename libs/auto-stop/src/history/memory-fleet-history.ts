import type { Timestamp } from '@app/platform';
import { FleetHistory, type FleetSample, HISTORY_MS, HISTORY_POINTS } from './fleet-history.port.js';
import { minuteOf } from './minute-of.js';
import { thinOut } from './thin-out.js';

/** Within one process. */
export class MemoryFleetHistory extends FleetHistory {
  /** By the beginning of their minute. */
  private readonly samples = new Map<number, FleetSample>();

  override async record(sample: FleetSample): Promise<void> {
    const minute = minuteOf(sample.at);
    this.samples.set(minute, sample);
    for (const kept of this.samples.keys()) if (kept <= minute - HISTORY_MS) this.samples.delete(kept);
    return Promise.resolve();
  }

  override async latest(since: Timestamp): Promise<readonly FleetSample[]> {
    const from = minuteOf(since);
    const wanted = [...this.samples].filter(([minute]) => minute >= from).toSorted(([a], [b]) => a - b);
    return Promise.resolve(
      thinOut(
        wanted.map(([, sample]) => sample),
        HISTORY_POINTS,
      ),
    );
  }
}
