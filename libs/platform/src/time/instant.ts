const INSTANT =
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})T(?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:\.\d{1,9})?)?(?<zone>Z|[+-]\d{2}:?\d{2})?$/;
const EXAMPLE = '2026-03-01T10:00:00Z or 2026-03-01T18:00:00+08:00';

/**
 * What is wrong with a text that should be an instant; null for nothing. A time without an offset would be read in the
 * zone of the server, and a day that no month has would become another day.
 */
export function instantViolation(text: string): string | null {
  const match = INSTANT.exec(text);
  if (match === null) return `must be a date with a time and an offset, such as ${EXAMPLE}`;
  const { year, month, day, hour, minute, second = '0', zone } = match.groups ?? {};
  if (zone === undefined) return `must end in Z or in an offset such as +08:00, as in ${EXAMPLE}`;
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const isDay = within(month, 1, 12) && within(day, 1, days);
  const isTime = within(hour, 0, 23) && within(minute, 0, 59) && within(second, 0, 59);
  const isOffset = zone === 'Z' || (within(zone.slice(1, 3), 0, 23) && within(zone.slice(-2), 0, 59));
  return isDay && isTime && isOffset ? null : 'must be a date and a time that exist';
}

function within(digits: string | undefined, min: number, max: number): boolean {
  const value = Number(digits);
  return value >= min && value <= max;
}
