import type { SyncHistoryEntry } from '../model/sync-status.js';

export interface HistorySummary {
  /** The latest first. */
  readonly runs: readonly SyncHistoryEntry[];
  readonly count: number;
  /** Of those that completed, in milliseconds; absent when none did. */
  readonly averageDurationMs?: number;
  /** The part that failed, 0 to 1; absent when there were no runs. */
  readonly failureRate?: number;
}

/** Older runs may have met a fleet of another size. */
const RUNS_TO_GO_BY = 5;

/** @param entries the latest first */
export function summariseHistory(entries: readonly SyncHistoryEntry[]): HistorySummary {
  const durations = entries.filter(isCompleted).map(({ durationMs }) => durationMs);
  const total = durations.reduce((sum, durationMs) => sum + durationMs, 0);
  return {
    runs: entries,
    count: entries.length,
    ...(durations.length === 0 ? {} : { averageDurationMs: Math.round(total / durations.length) }),
    ...(entries.length === 0 ? {} : { failureRate: (entries.length - durations.length) / entries.length }),
  };
}

/**
 * The time that a run over these kinds takes: the median of the latest completed runs over the same kinds.
 *
 * @param history the latest first
 * @returns milliseconds; null when there was none
 */
export function expectedDuration(history: readonly SyncHistoryEntry[], kinds: readonly string[]): number | null {
  const wanted = kinds.toSorted().join();
  const durations = history
    .filter((entry) => isCompleted(entry) && kindsOf(entry) === wanted)
    .slice(0, RUNS_TO_GO_BY)
    .map(({ durationMs }) => durationMs)
    .toSorted((a, b) => a - b);
  const middle = durations.length >> 1;
  const upper = durations[middle];
  if (upper === undefined) return null;
  return durations.length % 2 === 1 ? upper : Math.round(((durations[middle - 1] ?? upper) + upper) / 2);
}

function isCompleted({ outcome }: SyncHistoryEntry): boolean {
  return outcome === 'completed';
}

function kindsOf({ resources }: SyncHistoryEntry): string {
  return resources
    .map(({ name }) => name)
    .toSorted()
    .join();
}
