const ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Random numbers and ids that depend on the seed alone (mulberry32). Not for secrets. */
export class SeededRandom {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor((this.bits() / 0x1_0000_0000) * limit);
  }

  /** @throws RangeError when there is nothing to pick */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** True with that probability. */
  chance(probability: number): boolean {
    return this.bits() / 0x1_0000_0000 < probability;
  }

  /** 16 lowercase hexadecimal digits, as the provider's instance ids. */
  instanceId(): string {
    return this.hex() + this.hex();
  }

  /** Lowercase letters and digits, as registry-auth ids (32) and job ids (16). */
  alphanumeric(length: number): string {
    let text = '';
    for (let index = 0; index < length; index++) text += ALPHANUMERIC[this.below(ALPHANUMERIC.length)];
    return text;
  }

  uuid(): string {
    const [a, b, c, d] = [this.hex(), this.hex(), this.hex(), this.hex()];
    return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`;
  }

  private hex(): string {
    return this.bits().toString(16).padStart(8, '0');
  }

  private bits(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}
