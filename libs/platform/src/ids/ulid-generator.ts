import { randomFillSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import { IdGenerator } from './id-generator.port.js';

/** Random bytes are drawn in stocks of this size: one by one, sixteen for each id, they take most of a bulk's time. */
const STOCK = 4_096;

@Injectable()
export class UlidGenerator extends IdGenerator {
  private readonly stock = Buffer.allocUnsafe(STOCK);
  private used = STOCK;

  override ulid(): string {
    return ulid(undefined, this.random);
  }

  /** At least 0 and less than 1, and a byte's worth of it. */
  private readonly random = (): number => {
    if (this.used === STOCK) {
      randomFillSync(this.stock);
      this.used = 0;
    }
    const byte = this.stock[this.used] as number;
    this.used += 1;
    return byte / 256;
  };
}
