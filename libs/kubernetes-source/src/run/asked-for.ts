import { type Clock, delay, oneLine, SECOND_MS } from '@app/platform';
import type { KubernetesSync, RelistOrder } from '@app/sync-status';
import { type BeforeApplicationShutdown, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { KUBERNETES_KINDS, type KubernetesKind } from '../model/kinds.js';
import type { KubernetesRunner } from './kubernetes-runner.js';

const EVERY_MS = SECOND_MS;
/** While the store is away. */
const AFTER_FAILURE_MS = 5 * SECOND_MS;

/** Hands what people ask of the sync with the cluster (a pause, a part to be read anew) to the worker that follows it. */
export class AskedFor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Kubernetes');
  private readonly shutdown = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private hasFailed = false;

  constructor(
    private readonly sync: Pick<KubernetesSync, 'view' | 'relists'>,
    private readonly runner: Pick<KubernetesRunner, 'isFollowing' | 'pause' | 'relist' | 'resume'>,
    private readonly clock: Clock,
    private readonly everyMs = EVERY_MS,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.loop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.shutdown.abort();
    await this.running;
  }

  private async loop(): Promise<void> {
    const { signal } = this.shutdown;
    while (!signal.aborted) {
      const isWell = await this.look();
      await delay(isWell ? this.everyMs : Math.max(this.everyMs, AFTER_FAILURE_MS), signal);
    }
  }

  /** @returns whether the store could be asked */
  private async look(): Promise<boolean> {
    const { paused } = this.sync.view.current();
    if (paused === null) this.runner.resume();
    else this.runner.pause(`by ${paused.by}`);
    // What nobody follows now waits for whoever does.
    if (!this.runner.isFollowing) return true;
    try {
      for (const order of await this.sync.relists.take()) this.relist(order);
      this.hasFailed = false;
      return true;
    } catch (error) {
      if (!this.hasFailed) {
        const why = oneLine(error instanceof Error ? error.message : String(error), 300);
        this.logger.warn(`What is asked of the sync with the cluster cannot be read at present: ${why}`);
      }
      this.hasFailed = true;
      return false;
    }
  }

  private relist({ id, kinds, namespaces, force, requestedBy, at }: RelistOrder): void {
    const waitedMs = this.clock.now() - Date.parse(at);
    this.logger.log('A part of the cluster is read anew', {
      request: id,
      requestedBy,
      kinds,
      namespaces,
      force,
      waitedMs,
    });
    // One that does not follow yet reads everything in any case.
    this.runner.relist({ kinds: kinds.filter(isKind), namespaces, isForced: force, requestedBy });
  }
}

const isKind = (kind: string): kind is KubernetesKind => KUBERNETES_KINDS.some((known) => known === kind);
