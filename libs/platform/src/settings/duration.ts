import { Fault } from './fault.js';

export type DurationUnit = 'ms' | 's' | 'm' | 'h' | 'd';

const MS_PER_UNIT: Readonly<Record<DurationUnit, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/;

/**
 * Reads `45s`, `10m`, `2h`, `7d`, `500ms`, or a bare number in `bareUnit`.
 * Words such as "off" are refused: read as zero they would turn a time limit into "at once".
 * @returns whole milliseconds, or the fault
 */
export function parseDuration(text: string, bareUnit: DurationUnit): number | Fault {
  const match = DURATION.exec(text);
  if (match === null) return new Fault('not a duration');
  const ms = Math.round(Number(match[1]) * MS_PER_UNIT[(match[2] as DurationUnit | undefined) ?? bareUnit]);
  return Number.isSafeInteger(ms) ? ms : new Fault('too long');
}

/** A short and exact way to write a duration: 60000 is `1m`, 1500 is `1500ms`. One day is `24h`, two are `2d`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0';
  if (ms > MS_PER_UNIT.d && ms % MS_PER_UNIT.d === 0) return `${ms / MS_PER_UNIT.d}d`;
  for (const unit of ['h', 'm', 's'] as const) {
    if (ms % MS_PER_UNIT[unit] === 0) return `${ms / MS_PER_UNIT[unit]}${unit}`;
  }
  return `${ms}ms`;
}
