import { delay, oneLine } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import type { InstanceId } from '../record/identity.js';
import { CopyUpdates } from './copy-updates.js';
import { FleetCopy } from './fleet-copy.js';
import { FleetLoader } from './fleet-loader.js';
import { StoredFleet } from './stored-fleet.js';

/** The whole fleet is compared with the store in about so long. */
const TOUR_MS = 60_000;
const FIRST_PAUSE_MS = 5_000;
/** So many records are compared at a time. */
const BATCH = 500;
/** No pause is shorter, so that a large fleet takes longer. */
const LEAST_PAUSE_MS = 250;

/**
 * Compares the copy with the store, bit by bit and all the time. So a record is read again whose entry was missed for
 * any reason; and uses, which make no entry on the feed, are known if the store loses them.
 */
@Injectable()
export class FleetAudit {
  private readonly logger = new Logger('WatchCache');
  private readonly shutdown = new AbortController();
  private running: Promise<void> = Promise.resolve();
  /** The difference that the latest tour counted. */
  private suspected: number | null = null;
  /** The difference for which the fleet was read anew last. */
  private loadedFor: number | null = null;
  /** A difference that stays. */
  private accepted: number | null = null;

  constructor(
    private readonly stored: StoredFleet,
    private readonly copy: FleetCopy,
    private readonly updates: CopyUpdates,
    private readonly loader: FleetLoader,
  ) {}

  start(): void {
    this.running = this.run(this.shutdown.signal);
  }

  async stop(): Promise<void> {
    this.shutdown.abort();
    await this.running;
  }

  async compareAll(): Promise<void> {
    await this.count();
    await this.compare(this.copy.index.ids());
  }

  private async run(signal: AbortSignal): Promise<void> {
    let rest: InstanceId[] = [];
    for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = this.pauseMs()) {
      await delay(pauseMs, signal);
      if (signal.aborted || !this.updates.areCurrent) continue;
      try {
        if (rest.length === 0) {
          await this.count();
          rest = this.copy.index.ids();
        }
        await this.compare(rest.splice(-BATCH));
      } catch (error) {
        const reason = oneLine(error instanceof Error ? error.message : String(error), 200);
        this.logger.debug(`the instances could not be compared with the store: ${reason}`);
      }
    }
  }

  private pauseMs(): number {
    return Math.max(LEAST_PAUSE_MS, TOUR_MS / Math.max(1, Math.ceil(this.copy.index.size / BATCH)));
  }

  private async compare(ids: readonly InstanceId[]): Promise<void> {
    // So that a reader who comes after a long time finds few uses that are not known yet.
    await this.stored.readUses();
    // Nearly always the entry is on its way; asking costs little.
    for (const id of await this.stored.findChanged(ids)) this.updates.refetch(id);
  }

  /** Finds records whose first entry was missed: they are in no comparison. */
  private async count(): Promise<void> {
    const missing = (await this.stored.count()) - this.copy.index.size;
    if (missing === this.copy.damaged.size || missing === this.accepted) {
      this.suspected = null;
      return;
    }
    // A record that came in between is counted on one side only; then the next tour counts another difference.
    const isSure = missing === this.suspected;
    this.suspected = missing;
    if (!isSure) return;
    // A load did not explain it: the store counts records that it does not hold, and the next load would find no more.
    if (missing === this.loadedFor) this.accepted = missing;
    else this.loader.begin();
    this.loadedFor = missing;
  }
}
