import { Follows } from '../http/input-rules.js';

export const MAX_THRESHOLD_MINUTES = 525_600;

/**
 * What is wrong with an idle time in minutes; null for nothing. Zero and "off" are the two ways in which people say
 * "never" and would get "at once", so both are told what to say instead.
 */
function thresholdFault(value: unknown): string | null {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return 'must be a number of minutes; to switch auto-stop off, say enabled: false';
  }
  if (value <= 0) return 'must be more than 0; to switch auto-stop off, say enabled: false';
  if (value > MAX_THRESHOLD_MINUTES) return `must be at most ${MAX_THRESHOLD_MINUTES}`;
  return null;
}

export function IsThresholdMinutes(): PropertyDecorator {
  return Follows(thresholdFault);
}
