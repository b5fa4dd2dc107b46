const OFFSET = 0xcbf29ce484222325n;

/**
 * What happened in one run, as a hash and, if wanted, as lines. Two runs of one seed have the same hash or are not
 * deterministic.
 */
export class Trace {
  private low = Number(OFFSET & 0xffffffffn);
  private high = Number(OFFSET >> 32n);
  private count = 0;
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
    this.absorb(`${atMs} ${who} ${what}`);
    this.onLine?.(lineOf(atMs, who, what));
    this.kept.push([atMs, who, what]);
    if (this.kept.length > 100 + 2 * this.keeps) this.kept.splice(0, this.kept.length - this.keeps);
  }

  /** Two lanes of FNV-1a with 32 bits each, the second fed by the first. */
  private absorb(text: string): void {
    let { low, high } = this;
    for (let at = 0; at < text.length; at++) {
      low = Math.imul(low ^ text.charCodeAt(at), 0x01000193) >>> 0;
      high = Math.imul(high ^ low, 0x01000193) >>> 0;
    }
    this.low = low;
    this.high = high;
  }
}

function lineOf(atMs: number, who: string, what: string): string {
  return `${new Date(atMs).toISOString().slice(8, 23)} ${who.padEnd(9)} ${what}`;
}
