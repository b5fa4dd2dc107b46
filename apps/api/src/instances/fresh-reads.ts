import { type FleetRead, FleetView, type StoredInstance } from '@app/instance-store';
import { InstanceCommands, type InstanceRef } from '@app/lifecycle';
import { Injectable, Logger } from '@nestjs/common';
import { DataAge } from './data-age.js';

/** How long a reader who wants a fresh picture waits for Novita at most. */
const REFRESH_LIMIT_MS = 5_000;

export interface FreshRead {
  readonly stored: StoredInstance | FleetRead;
  /** Whether the picture is as fresh as was asked for. */
  readonly fresh: boolean;
}

/** Reads an instance, and asks Novita first when the reader wants a fresher picture than ours. */
@Injectable()
export class FreshReads {
  private readonly logger = new Logger(FreshReads.name);

  constructor(
    private readonly fleet: FleetView,
    private readonly commands: InstanceCommands,
    private readonly age: DataAge,
  ) {}

  /**
   * @param minFreshSeconds the oldest picture that will do
   * @returns null when there is no such instance. When Novita does not answer in time, the picture that we have
   */
  async read(ref: InstanceRef, minFreshSeconds: number): Promise<FreshRead | null> {
    const stored = await this.fleet.get(ref);
    if (stored === null) return null;
    if (this.age.isFresh(stored.record, minFreshSeconds)) return { stored, fresh: true };
    // What Novita says could not be written.
    if (this.fleet.storeAwaySince() !== null) return { stored, fresh: false };
    if (stored.record.novitaInstanceId === null) return { stored, fresh: false };
    try {
      return { stored: await this.commands.refresh(ref, AbortSignal.timeout(REFRESH_LIMIT_MS)), fresh: true };
    } catch (error) {
      this.logger.warn('the instance could not be refreshed for a reader', {
        err: error,
        instanceId: stored.record.id,
      });
      return { stored, fresh: false };
    }
  }
}
