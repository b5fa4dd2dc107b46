import { compareBytes } from '../listing/byte-order.js';

export interface MemberRange {
  /** Members that start with this; empty for all. */
  readonly prefix: string;
  /** Begin after this member; null for the first or, when descending, the last. */
  readonly after: string | null;
  readonly descending: boolean;
  readonly limit: number;
}

/** A set of texts in byte order: a sorted array, which beats trees by far at the sizes that fit a process. */
export class SortedMembers {
  private readonly members: string[] = [];

  get size(): number {
    return this.members.length;
  }

  add(member: string): void {
    const at = this.firstNotBefore(member);
    if (this.members[at] !== member) this.members.splice(at, 0, member);
  }

  delete(member: string): void {
    const at = this.firstNotBefore(member);
    if (this.members[at] === member) this.members.splice(at, 1);
  }

  countPrefix(prefix: string): number {
    const [from, to] = this.boundsOf(prefix);
    return to - from;
  }

  range({ prefix, after, descending, limit }: MemberRange): string[] {
    let [from, to] = this.boundsOf(prefix);
    if (after !== null) {
      const at = this.firstNotBefore(after);
      if (descending) to = Math.min(to, at);
      else from = Math.max(from, this.members[at] === after ? at + 1 : at);
    }
    if (!descending) return this.members.slice(from, Math.min(to, from + limit));
    return this.members.slice(Math.max(from, to - limit), Math.max(from, to)).toReversed();
  }

  /** Those before this text, from the first. */
  before(end: string, limit: number): string[] {
    return this.members.slice(0, Math.min(limit, this.firstNotBefore(end)));
  }

  countBefore(end: string): number {
    return this.firstNotBefore(end);
  }

  private boundsOf(prefix: string): [from: number, to: number] {
    if (prefix === '') return [0, this.members.length];
    return [
      this.firstNotBefore(prefix),
      this.firstWhere((member) => compareBytes(member, prefix) > 0 && !member.startsWith(prefix)),
    ];
  }

  private firstNotBefore(text: string): number {
    return this.firstWhere((member) => compareBytes(member, text) >= 0);
  }

  /** @param holds false for the first members, true from some point on */
  private firstWhere(holds: (member: string) => boolean): number {
    let low = 0;
    let high = this.members.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.members[middle] ?? '')) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
