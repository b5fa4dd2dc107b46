import { parseTimestamp } from '@app/platform';
import { type IdleCost, readIdleCost } from '../spend/idle-cost.js';
import type { RecordedCheck } from './auto-stop-stats-store.port.js';

/**
 * Reads what a check left.
 * @returns null for what no check of ours has written
 */
export function readCheckDocument(json: string): RecordedCheck | null {
  const document = parsed(json);
  return isObject(document) ? readRun(document['run']) : null;
}

/** @returns null for what was not measured here */
export function readIdleDocument(json: string): IdleCost | null {
  return readIdleCost(parsed(json));
}

function readRun(value: unknown): RecordedCheck | null {
  if (!isObject(value)) return null;
  const { checkId, trigger, dryRun, suspended, more } = value;
  const { checked, eligible, warned, stopped, failed } = value;
  const startedAt = parseTimestamp(value['startedAt']);
  const endedAt = parseTimestamp(value['endedAt']);
  if (typeof checkId !== 'string' || (trigger !== 'schedule' && trigger !== 'manual')) return null;
  if (startedAt === null || endedAt === null) return null;
  if (typeof dryRun !== 'boolean' || typeof more !== 'boolean') return null;
  if (suspended !== null && typeof suspended !== 'string') return null;
  if (
    typeof checked !== 'number' ||
    typeof eligible !== 'number' ||
    typeof warned !== 'number' ||
    typeof stopped !== 'number' ||
    typeof failed !== 'number'
  ) {
    return null;
  }
  const counts = { checked, eligible, warned, stopped, failed };
  return { checkId, trigger, dryRun, startedAt, endedAt, suspended, more, ...counts };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
