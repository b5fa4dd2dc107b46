const OFFSET = 0xcbf29ce484222325n;

/**
 * What happened in one run, as a hash and, if wanted, as lines. Two runs of one seed have the same hash or are not
 * deterministic.
 */
export class Trace {
  private low = Number(OFFSET & 0xffffffffn);
  private high = Number(OFFSET >> 32n);
  private count = 0;
  private readonly hashes = new Map<string, number>();
  private readonly kept: (readonly [atMs: number, who: string, what: string])[] = [];

  /** @param keeps how many of the latest lines are kept; 0 for none */
  constructor(
    private readonly keeps: number,
    private readonly onLine: ((line: string) => void) | null = null,
  ) {}

  get events(): number {
    return this.count;
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    return this.high.toString(16).padStart(8, '0') + this.low.toString(16).padStart(8, '0');
  }

  get latest(): readonly string[] {
    return this.kept.slice(-this.keeps).map(([atMs, who, what]) => lineOf(atMs, who, what));
  }

  note(atMs: number, who: string, what: string): void {
    this.count += 1;
    this.absorb(atMs % 0x1_0000_0000);
    this.absorb(this.hashOf(who));
    this.absorb(this.hashOf(what));
    this.onLine?.(lineOf(atMs, who, what));
    this.kept.push([atMs, who, what]);
    if (this.kept.length > 100 + 2 * this.keeps) this.kept.splice(0, this.kept.length - this.keeps);
  }

  private absorb(value: number): void {
    this.low = Math.imul(this.low ^ value, 0x01000193) >>> 0;
    this.high = Math.imul(this.high ^ this.low ^ (value >>> 16), 0x85ebca6b) >>> 0;
  }

  /** Most texts come again and again. */
  private hashOf(text: string): number {
    const known = this.hashes.get(text);
    if (known !== undefined) return known;
    let hash = 0x811c9dc5;
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    this.hashes.set(text, hash >>> 0);
    return hash >>> 0;
  }
}

function lineOf(atMs: number, who: string, what: string): string {
  return `${new Date(atMs).toISOString().slice(8, 23)} ${who.padEnd(9)} ${what}`;
}
