interface MemberRange {
  /** Members that start with this; empty for all. */
  readonly prefix: string;
  /** Begin after this member; null for the first. */
  readonly after: string | null;
  readonly limit: number;
}

/** A set of texts in byte order: a sorted array, which beats trees by far at the sizes that fit a process. */
export class SortedMembers {
  private readonly members: string[] = [];

  add(member: string): void {
    const at = this.firstNotBefore(member);
    if (this.members[at] !== member) this.members.splice(at, 0, member);
  }

  delete(member: string): void {
    const at = this.firstNotBefore(member);
    if (this.members[at] === member) this.members.splice(at, 1);
  }

  range({ prefix, after, limit }: MemberRange): string[] {
    const start = after === null || compareBytes(after, prefix) < 0 ? prefix : after;
    const members: string[] = [];
    for (let at = this.firstNotBefore(start); members.length < limit; at++) {
      const member = this.members[at];
      if (member === undefined || !member.startsWith(prefix)) break;
      if (member !== after) members.push(member);
    }
    return members;
  }

  /** Those before this text, from the first. */
  before(end: string, limit: number): string[] {
    return this.members.slice(0, Math.min(limit, this.firstNotBefore(end)));
  }

  countBefore(end: string): number {
    return this.firstNotBefore(end);
  }

  private firstNotBefore(text: string): number {
    let low = 0;
    let high = this.members.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(this.members[middle] ?? '', text) >= 0) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

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
