import { type Clock, delay, oneLine, type ProcessIdentity, SECOND_MS, untilAborted } from '@app/platform';
import { HeldLock, type LockKeeper, LockLostError } from '@app/redis';
import { type BeforeApplicationShutdown, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { KUBERNETES_LOCK, type ResourceStore } from '../store/resource-store.js';
import { FencedWriter } from './fenced-writer.js';
import type { KubernetesCounters } from './kubernetes-counters.js';
import { MirrorSession, type RelistRequest, type SessionOptions, SyncPausedError } from './mirror-session.js';
import type { Relist } from './pending-relists.js';
import type { ReflectorSource } from './reflector-source.js';
import type { RunReporter, RunReports } from './run-reporter.js';

export interface RunnerOptions extends SessionOptions {
  /** How long the lock outlives a worker that died with it. */
  readonly lockTtlMs: number;
  /** How often a worker that waits for the lock asks for it. */
  readonly lockPollMs: number;
}

const FIRST_PAUSE_MS = SECOND_MS;
const LONGEST_PAUSE_MS = 30 * SECOND_MS;

/** Follows the cluster for as long as this process holds the lock; one worker does at a time, and another takes over when it ends. */
export class KubernetesRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Kubernetes');
  private readonly shutdown = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private session: MirrorSession | null = null;
  private reporter: RunReporter | null = null;
  /** Ends the session of a runner that is paused. */
  private pausing = new AbortController();
  /** A pause that lasts over restarts is not known at once. */
  private pauseReason: string | null = 'until it is known whether it is paused';
  private resumed = Promise.withResolvers<void>();
  private pauseMs = FIRST_PAUSE_MS;

  constructor(
    private readonly store: ResourceStore,
    private readonly locks: LockKeeper,
    private readonly reflectors: ReflectorSource,
    private readonly reports: RunReports,
    private readonly counters: KubernetesCounters,
    private readonly clock: Clock,
    private readonly identity: ProcessIdentity,
    private readonly options: RunnerOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.loop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.shutdown.abort();
    await this.running;
  }

  /** Whether this process is the one that follows the cluster, and reads it. */
  get canRelist(): boolean {
    return this.session?.canRelist ?? false;
  }

  /** @returns null when nothing is read anew: what is asked for is not followed, or not by this process */
  relist(request: RelistRequest): Relist | null {
    return this.session?.relist(request) ?? null;
  }

  /** The mirror stays as it is, and says that it is stale, until `resume`. Idempotent. */
  pause(reason: string): void {
    const wasPaused = this.pauseReason !== null;
    this.pauseReason = reason;
    if (wasPaused) return;
    this.resumed = Promise.withResolvers();
    this.pausing.abort(new SyncPausedError(reason));
  }

  /** A runner begins paused. Idempotent. */
  resume(): void {
    if (this.pauseReason === null) return;
    this.pauseReason = null;
    this.pausing = new AbortController();
    this.resumed.resolve();
  }

  private async loop(): Promise<void> {
    const { signal } = this.shutdown;
    while (!signal.aborted) {
      if (this.pauseReason !== null) {
        await untilAborted(this.resumed.promise, signal);
        continue;
      }
      const waitMs = await this.turn();
      await delay(waitMs, AbortSignal.any([signal, this.pausing.signal]));
    }
  }

  /** @returns for how long to wait until the next one */
  private async turn(): Promise<number> {
    const { lockTtlMs: ttlMs, lockPollMs } = this.options;
    try {
      const askedAtMs = this.clock.now();
      const claim = { owner: this.identity.toString(), purpose: 'follows the cluster', ttlMs };
      const acquisition = await this.locks.acquire(KUBERNETES_LOCK, claim);
      if (!acquisition.acquired) return lockPollMs;
      const lock = new HeldLock(this.locks, acquisition.hold, this.clock, askedAtMs, {
        ttlMs,
        onRenewed: (until) => this.reporter?.leased(until),
      });
      lock.keep();
      try {
        return await this.follow(lock);
      } finally {
        await lock.release();
      }
    } catch (error) {
      this.logger.warn(`Whether the cluster is followed cannot be asked: ${reasonOf(error)}`);
      return lockPollMs;
    }
  }

  private async follow(lock: HeldLock): Promise<number> {
    const stop = AbortSignal.any([lock.lost, this.shutdown.signal, this.pausing.signal]);
    const writer = new FencedWriter(this.store, { hold: lock.hold, signal: stop, onLost: () => lock.giveUp() });
    const reporter = this.reports.under(lock);
    const session = new MirrorSession(this.store, writer, reporter, this.counters, this.clock, this.options);
    this.session = session;
    this.reporter = reporter;
    const beganMs = this.clock.now();
    try {
      await session.run((signal) => this.reflectors.connect(signal), stop);
      this.counters.sessionEnded(lock.lost.aborted ? 'lock-lost' : 'ended');
      return 0;
    } catch (error) {
      const isLost = lock.lost.aborted || error instanceof LockLostError;
      this.counters.sessionEnded(isLost ? 'lock-lost' : 'failed');
      if (isLost) return this.options.lockPollMs;
      if (stop.aborted) return 0;
      const reason = reasonOf(error);
      this.logger.error(`The cluster is not followed: ${reason}`, { err: error });
      await session.markStale(reason).catch(() => undefined);
      // One that had run for a while may be begun again at once.
      if (this.clock.now() - beganMs > 2 * LONGEST_PAUSE_MS) this.pauseMs = FIRST_PAUSE_MS;
      const pauseMs = this.pauseMs;
      this.pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      return pauseMs;
    } finally {
      const { pauseReason } = this;
      if (pauseReason !== null) await session.markStale(`paused: ${pauseReason}`).catch(() => undefined);
      this.session = null;
      await reporter.close();
      this.reporter = null;
    }
  }
}

function reasonOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error), 300);
}
