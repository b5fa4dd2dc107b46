import { HOUR_MS, msFromTimestamp } from '@app/platform';
import type { NewInstanceRecord } from '../ports/instance-records.port.js';
import type { CostSoFar } from '../record/instance.js';
import { meterOf } from './meter.js';

/**
 * The record with its cost accrued, if what it costs has changed with this write; otherwise the same record. Pure; the store
 * applies it at every write, so that no writer can forget it.
 *
 * @param nowMs when it is written, in epoch milliseconds
 */
export function withCost<Written extends NewInstanceRecord>(record: Written, nowMs: number): Written {
  const rate = billedRate(record);
  const cost = costOf(record) ?? (rate === 0 ? null : begunCost(record, nowMs));
  if (cost === null) return record;
  if (cost.rate === rate) return cost === record.cost ? record : { ...record, cost };
  return {
    ...record,
    cost: { ...cost, microUsd: costMicro(cost, nowMs), rate, sinceMs: Math.max(nowMs, cost.sinceMs) },
  };
}

/**
 * What an instance has cost. A record of before this was kept that is billed now has cost, at least, its present run at its
 * present price. Null for one that has never cost anything, or of which nothing is known.
 */
export function costOf(record: NewInstanceRecord): CostSoFar | null {
  const { cost, origin, timestamps } = record;
  if (cost !== null) return cost;
  const rate = billedRate(record);
  if (rate === 0 || origin === 'discovered' || timestamps.started === undefined) return null;
  const sinceMs = msFromTimestamp(timestamps.started);
  return { microUsd: 0, rate, sinceMs, fromMs: sinceMs };
}

/** Whole micro-USD up to a time in epoch milliseconds. */
export function costMicro({ microUsd, rate, sinceMs }: CostSoFar, nowMs: number): number {
  return microUsd + Math.floor((rate * Math.max(0, nowMs - sinceMs)) / HOUR_MS);
}

/** One that was made here has cost nothing before it began to run; of one made elsewhere that is not known. */
function begunCost({ origin, timestamps }: NewInstanceRecord, nowMs: number): CostSoFar {
  const fromMs = origin === 'managed' ? Math.min(nowMs, msFromTimestamp(timestamps.created)) : nowMs;
  return { microUsd: 0, rate: 0, sinceMs: nowMs, fromMs };
}

function billedRate(record: NewInstanceRecord): number {
  const { meter, rate } = meterOf(record);
  return meter === 'billing' ? rate : 0;
}
