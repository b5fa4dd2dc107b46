/** Days that one reading of the meters tells of. */
const DAYS_READ = 62;

export function daysFrom(sinceDay: number): number[] {
  return Array.from({ length: DAYS_READ }, (_, i) => sinceDay + i);
}
