import { type InstanceId, isInstanceId } from '@app/instance-store';
import { parseTimestamp } from '@app/platform';
import type { CheckRecord, RecordedCheck } from './auto-stop-stats-store.port.js';

/**
 * Reads what a check left.
 * @returns null for what no check of ours has written
 */
export function readCheckDocument(json: string): CheckRecord | null {
  const document = parsed(json);
  if (!isObject(document)) return null;
  const run = readRun(document['run']);
  const { idleUsdPerHour, waiting } = document;
  if (run === null || typeof idleUsdPerHour !== 'number' || !Array.isArray(waiting)) return null;
  return {
    run,
    idleUsdPerHour,
    waiting: waiting.filter((id): id is InstanceId => typeof id === 'string' && isInstanceId(id)),
  };
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
