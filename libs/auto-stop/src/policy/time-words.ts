const UNITS = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1_000, name: 's' },
] as const;

/** A length of time for people, in its two largest units: `25 min`, `1 h 5 min`, `0 s`. */
export function timeWords(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1_000)) * 1_000;
  const first = UNITS.findIndex((unit) => whole >= unit.ms);
  if (first === -1) return '0 s';
  let left = whole;
  const parts: string[] = [];
  for (const { ms: unit, name } of UNITS.slice(first, first + 2)) {
    const count = Math.floor(left / unit);
    left -= count * unit;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.join(' ');
}
