/**
 * Compares as Redis compares members of a sorted set: by UTF-8 bytes, which is the order of code points. JavaScript's
 * own `<` goes by UTF-16 units and differs from it where surrogates meet U+E000 to U+FFFF.
 */
export function compareBytes(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    const leftSurrogate = isSurrogate(left);
    return leftSurrogate === isSurrogate(right) ? left - right : leftSurrogate ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
