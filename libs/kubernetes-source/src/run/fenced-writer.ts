import { delay, SECOND_MS } from '@app/platform';
import { type LockHold, LockLostError } from '@app/redis';
import { Logger } from '@nestjs/common';
import type { KubernetesKind } from '../model/kinds.js';
import {
  type ChangeCounts,
  type ClusterIdentity,
  type FreshnessByKind,
  type MirrorHold,
  type ResourceBatch,
  type ResourceStore,
  ResourceStoreUnavailableError,
  type Written,
} from '../store/resource-store.js';

const FIRST_PAUSE_MS = SECOND_MS / 2;
const LONGEST_PAUSE_MS = 5 * SECOND_MS;

export interface FencedWriterOptions {
  readonly hold: LockHold;
  /** Aborted when the lock is lost, or the worker ends. */
  readonly signal: AbortSignal;
  /** Called when a write was refused. */
  readonly onLost: () => void;
}

/**
 * Writes for as long as the lock is held, and the store has all that was written before. A store that is away is tried
 * again until the signal ends it, since every operation may be repeated.
 */
export class FencedWriter {
  private readonly logger = new Logger('Kubernetes');
  private latestWrite = 0;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly store: ResourceStore,
    private readonly options: FencedWriterOptions,
  ) {}

  /** @param latestWrite of the head that was read before anything else: what is read after it has that write, or is lost */
  begin(latestWrite: number): void {
    this.latestWrite = latestWrite;
  }

  async write(batch: ResourceBatch): Promise<ChangeCounts> {
    return (await this.persist((hold) => this.store.write(hold, batch))).counts;
  }

  async reloaded(kind: KubernetesKind): Promise<void> {
    await this.persist((hold) => this.store.reloaded(hold, kind));
  }

  async adopt(cluster: ClusterIdentity): Promise<void> {
    await this.persist((hold) => this.store.adopt(hold, cluster));
  }

  /** Tried once: the next one says more. @returns whether it was published */
  async publish(freshness: FreshnessByKind): Promise<boolean> {
    try {
      await this.inTurn((hold) => this.store.publish(hold, freshness));
      return true;
    } catch (error) {
      if (error instanceof ResourceStoreUnavailableError) return false;
      if (error instanceof LockLostError) this.options.onLost();
      throw error;
    }
  }

  private async persist<Answer extends Written>(attempt: (hold: MirrorHold) => Promise<Answer>): Promise<Answer> {
    const { signal, onLost } = this.options;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        return await this.inTurn((hold) => {
          signal.throwIfAborted();
          return attempt(hold);
        });
      } catch (error) {
        if (error instanceof LockLostError) onLost();
        if (!(error instanceof ResourceStoreUnavailableError) || signal.aborted) throw error;
        if (pauseMs === FIRST_PAUSE_MS) this.logger.warn(`Resources cannot be written, trying again: ${error.message}`);
        await delay(pauseMs, signal);
      }
    }
  }

  /**
   * One attempt at a time: of two under way, the second could not prove what the first has written, and a store that came
   * back without the first would take it.
   */
  private inTurn<Answer extends Written>(attempt: (hold: MirrorHold) => Promise<Answer>): Promise<Answer> {
    const answer = this.turn.then(async () => {
      const written = await attempt({ ...this.options.hold, latestWrite: this.latestWrite });
      this.latestWrite = written.number;
      return written;
    });
    this.turn = answer.catch(() => undefined);
    return answer;
  }
}
