import { delay, SECOND_MS } from '@app/platform';
import { type LockHold, LockLostError } from '@app/redis';
import { Logger } from '@nestjs/common';
import type { KubernetesKind } from '../model/kinds.js';
import {
  type ChangeCounts,
  type ClusterIdentity,
  type FreshnessByKind,
  type ResourceBatch,
  type ResourceStore,
  ResourceStoreUnavailableError,
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
 * Writes for as long as the lock is held. A store that is away is tried again until the signal ends it, since every
 * operation may be repeated.
 */
export class FencedWriter {
  private readonly logger = new Logger('Kubernetes');

  constructor(
    private readonly store: ResourceStore,
    private readonly options: FencedWriterOptions,
  ) {}

  write(batch: ResourceBatch): Promise<ChangeCounts> {
    return this.persist(() => this.store.write(this.options.hold, batch));
  }

  reloaded(kind: KubernetesKind): Promise<void> {
    return this.persist(() => this.store.reloaded(this.options.hold, kind));
  }

  adopt(cluster: ClusterIdentity): Promise<void> {
    return this.persist(() => this.store.adopt(this.options.hold, cluster));
  }

  /** Tried once: the next one says more. @returns whether it was published */
  async publish(freshness: FreshnessByKind): Promise<boolean> {
    try {
      await this.store.publish(this.options.hold, freshness);
      return true;
    } catch (error) {
      if (error instanceof ResourceStoreUnavailableError) return false;
      if (error instanceof LockLostError) this.options.onLost();
      throw error;
    }
  }

  private async persist<Result>(attempt: () => Promise<Result>): Promise<Result> {
    const { signal, onLost } = this.options;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        signal.throwIfAborted();
        return await attempt();
      } catch (error) {
        if (error instanceof LockLostError) onLost();
        if (!(error instanceof ResourceStoreUnavailableError) || signal.aborted) throw error;
        if (pauseMs === FIRST_PAUSE_MS) this.logger.warn(`Resources cannot be written, trying again: ${error.message}`);
        await delay(pauseMs, signal);
      }
    }
  }
}
