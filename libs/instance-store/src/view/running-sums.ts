import { LRUCache } from 'lru-cache';
import { type FleetSummary, FleetSums } from './fleet-figures.js';
import { type FleetEntry, matcherOf, type SelectionBasis } from './fleet-selection.js';
import type { FleetFilter } from './fleet-view.js';

/** Filters of which the sums are kept; the least used ones are dropped, and made again when they are asked for. */
const MAX_FILTERS = 24;

interface RunningSum {
  readonly matches: (entry: FleetEntry) => boolean;
  readonly sums: FleetSums;
  /** Whether the filter depends on the time itself, so that it holds only until time passes. */
  readonly goesByTime: boolean;
  /** What the sums come to; null since they changed. */
  summary: FleetSummary | null;
}

/** The sums of the filters that were asked for lately. They go with each change: only the first one goes through the fleet. */
export class RunningSums {
  private readonly byFilter = new LRUCache<string, RunningSum>({ max: MAX_FILTERS });

  /** @param all the entries of the fleet */
  summary(
    name: string,
    filter: FleetFilter,
    basis: SelectionBasis,
    all: ReadonlyMap<unknown, FleetEntry>,
  ): FleetSummary {
    let running = this.byFilter.get(name);
    if (running === undefined) {
      const matches = matcherOf(filter, basis);
      running = { matches, sums: new FleetSums(), goesByTime: filter.idleForMs !== undefined, summary: null };
      for (const entry of all.values()) if (matches(entry)) running.sums.add(entry);
      this.byFilter.set(name, running);
    }
    running.summary ??= running.sums.summary();
    return running.summary;
  }

  /** An entry comes in, with all that it counts as. */
  add(entry: FleetEntry): void {
    for (const running of this.byFilter.values()) {
      if (!running.matches(entry)) continue;
      running.sums.add(entry);
      running.summary = null;
    }
  }

  /** Takes an entry out. It counts as when it was added. */
  remove(entry: FleetEntry): void {
    for (const running of this.byFilter.values()) {
      if (!running.matches(entry)) continue;
      running.sums.remove(entry);
      running.summary = null;
    }
  }

  /** Of every filter the sums are made again when they are asked for. */
  clear(): void {
    this.byFilter.clear();
  }

  /** Time passes. */
  dropByTime(): void {
    for (const name of Array.from(this.byFilter.keys())) {
      if (this.byFilter.peek(name)?.goesByTime === true) this.byFilter.delete(name);
    }
  }
}
