import { Deadlines } from '@app/instance-store';
import { ProcessIdentity, timestampFromMs } from '@app/platform';
import { type LockHold, LockKeeper, LockLostError } from '@app/redis';
import { Injectable } from '@nestjs/common';

const LOCK = 'migration-place';
/** Longer than a write of the store may take. */
const TTL_MS = 15_000;
/** Every deadline that there is. */
const LATEST_MS = Date.UTC(9999, 0, 1);

/**
 * The places for migrations in the fleet. Every open migration has the deadline `migrateBy`, so the store counts them. An
 * intent is written under a lock, so that two workers do not take the last place.
 */
@Injectable()
export class MigrationPlaces {
  constructor(
    private readonly deadlines: Deadlines,
    private readonly locks: LockKeeper,
    private readonly identity: ProcessIdentity,
  ) {}

  /**
   * @param write writes the intent under the lock
   * @param most migrations at the same time
   * @returns what `write` answers; `no-place` when no place is free, or another worker is taking one
   */
  async take<Result>(write: (hold: LockHold) => Promise<Result>, most: number): Promise<Result | 'no-place'> {
    const claim = { owner: this.identity.toString(), purpose: 'migration', ttlMs: TTL_MS };
    const acquisition = await this.locks.acquire(LOCK, claim);
    if (!acquisition.acquired) return 'no-place';
    const { hold } = acquisition;
    try {
      const taken = await this.deadlines.dueCount('migrateBy', timestampFromMs(LATEST_MS));
      return taken >= most ? 'no-place' : await write(hold);
    } catch (error) {
      if (error instanceof LockLostError) return 'no-place';
      throw error;
    } finally {
      await this.locks.release(hold);
    }
  }
}
