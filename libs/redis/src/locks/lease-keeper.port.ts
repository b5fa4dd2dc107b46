/** A short, named right to do something that one process at a time should do. It lapses by itself. */
export abstract class LeaseKeeper {
  /**
   * @param ttlMs how long the lease lasts; it is not renewed
   * @returns whether this caller now holds it
   */
  abstract tryAcquire(name: string, ttlMs: number): Promise<boolean>;
}
