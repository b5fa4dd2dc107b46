import { randomFillSync } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import { ulid } from 'ulid';

declare const brand: unique symbol;

/**
 * A value that the type checker keeps apart from others of the same shape, so that an id of ours is never passed
 * where an id of the provider is wanted. Two libraries that name the same brand mean the same type.
 */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };

/** Crockford's base 32, in which a ULID is written. */
export const ULID_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Source of unique ids. Injected, so that tests can predict them. */
export abstract class IdGenerator {
  /** A 26-character ULID: 10 characters of time, then 16 of randomness. */
  abstract ulid(): string;
}

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

/** Who this process is, for others to read: in locks, and wherever one process of several has to be named. */
export class ProcessIdentity {
  /** @param processName `api`, `worker`, `standalone` */
  constructor(
    readonly processName: string,
    readonly host: string = hostname(),
    readonly pid: number = process.pid,
  ) {}

  /** `worker on node-3, pid 17`. */
  toString(): string {
    return `${this.processName} on ${this.host}, pid ${this.pid}`;
  }
}
