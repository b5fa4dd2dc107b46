import type { InstanceRecord } from '@app/instance-store';
import { msFromTimestamp, SECOND_MS } from '@app/platform';

/** The traits that decide how long a start-up takes: the machine, and how much there is to pull. */
export interface StartedThing {
  readonly productId: string;
  readonly image: string;
}

/** How long one start-up took, from the request until every port answered. */
export interface StartupTime extends StartedThing {
  /** The same for the same start-up, however often it is learned of. */
  readonly key: string;
  /** Whole seconds. */
  readonly seconds: number;
  /** When it was ready, in epoch milliseconds. */
  readonly atMs: number;
}

/** How long start-ups usually take, by those that were measured. Whole seconds. */
export interface StartupEstimate {
  readonly medianSeconds: number;
  readonly p95Seconds: number;
  /** How many start-ups it rests on; at least 1. */
  readonly basedOn: number;
}

/** Of the run that a record is in: the instance, and when it was asked for. */
export const keyOfRun = ({ id, desired }: InstanceRecord): string => `${id}@${desired.at}`;

/**
 * The start-up that a record has just come out of. Only one that a caller asked for, and that one create or one start
 * brought about, says how long a start takes: a restart pulls nothing, a start that was refused and repeated says more
 * about Novita's stock, and one found running at Novita was not started here.
 *
 * @param record as it was written when it became ready
 * @param longestMs what took longer began with something else, such as a restart at the console
 * @param wasStarted whether the run is known to have begun with a start, and not with a restart
 * @returns null when it says nothing about start-ups
 */
export function startupOf(record: InstanceRecord, longestMs: number, wasStarted: boolean): StartupTime | null {
  const { status, desired, timestamps, attempts, spec } = record;
  const { ready, migrated } = timestamps;
  if (status !== 'ready' || desired.state !== 'running' || !desired.by.startsWith('user:') || ready === undefined) {
    return null;
  }
  if (migrated !== undefined && migrated >= desired.at) return null;
  const isCreate = attempts.creates === 1 && attempts.commands === 0;
  const isStart = wasStarted && attempts.creates === 0 && attempts.commands === 1;
  const tookMs = msFromTimestamp(ready) - msFromTimestamp(desired.at);
  if (!(isCreate || isStart) || tookMs < 0 || tookMs > longestMs) return null;
  return {
    key: keyOfRun(record),
    productId: spec.productId,
    image: spec.image,
    seconds: Math.round(tookMs / SECOND_MS),
    atMs: msFromTimestamp(ready),
  };
}

/**
 * Median and 95th percentile, by the nearest rank: each is a time that was measured.
 *
 * @returns null for nothing measured
 */
export function estimateOf(seconds: readonly number[]): StartupEstimate | null {
  const sorted = seconds.toSorted((a, b) => a - b);
  const [medianSeconds, p95Seconds] = [rank(sorted, 0.5), rank(sorted, 0.95)];
  if (medianSeconds === undefined || p95Seconds === undefined) return null;
  return { medianSeconds, p95Seconds, basedOn: sorted.length };
}

function rank(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.ceil(sorted.length * share) - 1];
}
