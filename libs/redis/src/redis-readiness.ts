import { delay, oneLine, SECOND_MS, type Timestamp } from '@app/platform';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { IoRedisConnections } from './connections/ioredis-connections.js';
import { FleetId, type FleetSettings, fleetIdWithoutRedis, settleFleetId } from './fleet-id.js';
import { type RedisTroubleKind, RedisUnavailableError, redisTrouble } from './protocol/errors.js';
import type { RedisSettings } from './redis.settings.js';

type BootSettings = FleetSettings & Pick<RedisSettings, 'REDIS_ENABLE_FALLBACK'>;

/** Why Redis cannot be used yet; the text follows "Redis". */
export interface RedisNotReady {
  readonly kind: RedisTroubleKind | 'broken';
  readonly text: string;
}

export interface RedisReadinessOptions {
  /** Null in memory mode. */
  readonly connections: IoRedisConnections | null;
  readonly settings: BootSettings;
  readonly now: () => Timestamp;
  /** For a process that has to end: Redis came, and belongs to another fleet. Default: an exception that nobody catches. */
  readonly onFatal?: (error: unknown) => void;
}

/** How long the start waits for a Redis that says nothing, or is still loading its data, before it goes on without it. */
const BOOT_PATIENCE_MS = 2_000;
const RETRY_MS = 1_000;
const LOADING_RETRY_MS = 200;
const REPEATED_AFTER_MS = 60_000;
/**
 * So long after Redis was away nothing is stopped by itself: by then each API process has replayed the uses, leases and
 * commands that it took meanwhile. Before, an instance that is in use may look idle.
 */
const SETTLED_AFTER_MS = 10 * SECOND_MS;
const NO_ANSWER = new Error('no answer from Redis yet');

/**
 * Whether the Redis that was given to this process may be used: proven by `verify`, and not of another fleet. A process
 * whose Redis is away at its start goes on without it where REDIS_ENABLE_FALLBACK allows that, holds all connections back,
 * and tries until it is proven.
 */
@Injectable()
export class RedisReadiness implements OnModuleDestroy {
  private readonly logger = new Logger('Redis');
  private readonly ending = new AbortController();
  private readonly ready = Promise.withResolvers<void>();
  private waiting: Promise<void> = Promise.resolve();
  private isProven = false;
  private cause: RedisNotReady | null = null;
  private said = { text: '', at: Number.NEGATIVE_INFINITY };
  private isFailing = false;
  /** By `performance.now()`. */
  private answersSince = Number.NEGATIVE_INFINITY;

  private constructor(
    /** Perhaps not known yet while Redis is not ready. */
    readonly fleetId: FleetId,
    /** When this process began with Redis, or began to wait for it. */
    readonly since: Timestamp,
    private readonly onFatal: (error: unknown) => void,
  ) {}

  /** Of a process that needs no Redis, or has proven it already. */
  static proven(fleetId: FleetId, since: Timestamp): RedisReadiness {
    const readiness = new RedisReadiness(fleetId, since, throwUncaught);
    readiness.open();
    return readiness;
  }

  /**
   * Makes the first attempt, and goes on trying in the background when Redis is away.
   *
   * @throws RedisUnavailableError when Redis cannot be used and must be, or is there and is of no use; OtherFleetError;
   *   StartError
   */
  static async begin(options: RedisReadinessOptions): Promise<RedisReadiness> {
    const { connections, settings, now, onFatal = throwUncaught } = options;
    if (connections === null) return RedisReadiness.proven(await settleFleetId(settings, null), now());
    if (!settings.REDIS_ENABLE_FALLBACK) {
      // Straight to the terminal: the log is held back until the process has started.
      await connections.verify((line) => process.stdout.write(`${line}\n`));
      return RedisReadiness.proven(await connections.once((redis) => settleFleetId(settings, redis)), now());
    }
    connections.hold();
    const readiness = new RedisReadiness(await fleetIdWithoutRedis(settings), now(), onFatal);
    await readiness.tryAtStart(connections, settings);
    return readiness;
  }

  get isReady(): boolean {
    return this.isProven;
  }

  /** Why Redis is not ready; null when it is, and before the first attempt has ended. */
  get trouble(): RedisNotReady | null {
    return this.cause;
  }

  /**
   * Called after work on Redis that this process does again and again.
   *
   * @param error by what it failed; null when it succeeded. One that is not of Redis says nothing about Redis.
   */
  noteRound(error: unknown): void {
    const hasFailed = error !== null;
    if (hasFailed && !comesFromRedis(error)) return;
    if (this.isFailing && !hasFailed) this.answersSince = performance.now();
    this.isFailing = hasFailed;
  }

  /** For how long Redis has answered since it failed last, as far as that work shows, in ms; 0 while it fails. */
  get answersForMs(): number {
    return this.isFailing ? 0 : performance.now() - this.answersSince;
  }

  /** In how many ms all that was taken while Redis was away is in it; 0 when it is. */
  get settlesInMs(): number {
    return Math.max(0, SETTLED_AFTER_MS - this.answersForMs);
  }

  /**
   * Begins something that stands on Redis: now, and comes back when that is done; or, while Redis is not ready, once it is,
   * unless the process ends before, and then it comes back at once.
   */
  async onReady(begin: () => Promise<void> | void): Promise<void> {
    if (this.isProven) {
      await begin();
      return;
    }
    this.ready.promise
      .then(() => (this.ending.signal.aborted ? undefined : begin()))
      .catch((error: unknown) => this.onFatal(error));
  }

  /** Before all that was begun is drained. */
  async onModuleDestroy(): Promise<void> {
    this.ending.abort();
    await this.waiting;
  }

  private async tryAtStart(connections: IoRedisConnections, settings: BootSettings): Promise<void> {
    const first = this.attemptAtStart(connections, settings);
    const patience = new AbortController();
    const tooLong = delay(BOOT_PATIENCE_MS, patience.signal).then(() => true);
    const isPending = await Promise.race([first.then(() => false), tooLong]).finally(() => patience.abort());
    if (isPending) this.note(new RedisUnavailableError(connections.address, NO_ANSWER));
    if (this.isProven) return;
    this.waiting = first.catch((error: unknown) => this.take(error)).then(() => this.wait(connections, settings));
  }

  /** Comes back without success when Redis is away; waits a little for one that is loading its data. */
  private async attemptAtStart(connections: IoRedisConnections, settings: BootSettings): Promise<void> {
    const until = performance.now() + BOOT_PATIENCE_MS;
    for (;;) {
      try {
        await this.attempt(connections, settings);
        return;
      } catch (error) {
        const kind = error instanceof RedisUnavailableError ? redisTrouble(error.cause)?.kind : undefined;
        // A failover of a cluster ends by itself too.
        const isAway = kind === 'away' || kind === 'cluster-down';
        if (!isAway && kind !== 'loading') throw error;
        if (isAway || performance.now() > until) {
          this.note(error);
          return;
        }
        await delay(LOADING_RETRY_MS, this.ending.signal);
      }
    }
  }

  private async wait(connections: IoRedisConnections, settings: BootSettings): Promise<void> {
    const { signal } = this.ending;
    while (!this.isProven && !signal.aborted) {
      await delay(RETRY_MS, signal);
      if (signal.aborted) return;
      try {
        await this.attempt(connections, settings);
        this.logger.log(`Redis at ${connections.address} can be used now`);
      } catch (error) {
        this.take(error);
      }
    }
  }

  private take(error: unknown): void {
    if (this.ending.signal.aborted) return;
    if (error instanceof RedisUnavailableError) {
      this.note(error);
      return;
    }
    this.ending.abort();
    this.onFatal(error);
  }

  private async attempt(connections: IoRedisConnections, settings: BootSettings): Promise<void> {
    const { signal } = this.ending;
    await connections.verify(null, signal);
    const { value } = await connections.once((redis) => settleFleetId(settings, redis), signal);
    this.fleetId.settle(value);
    connections.release();
    this.open();
  }

  private open(): void {
    this.isProven = true;
    this.cause = null;
    this.ready.resolve();
  }

  private note(error: unknown): void {
    const reason = error instanceof RedisUnavailableError ? error.cause : error;
    this.cause = redisTrouble(reason) ?? { kind: 'broken', text: 'cannot be used' };
    const text = oneLine(error instanceof Error ? error.message : String(error), 300);
    const now = performance.now();
    if (text === this.said.text && now - this.said.at < REPEATED_AFTER_MS) return;
    this.said = { text, at: now };
    this.logger.warn(`${text}. Until it can be used, nothing is written and no job is run.`);
  }
}

/** Typed errors of the stores name the one of Redis as their cause. */
function comesFromRedis(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (redisTrouble(at) !== null) return true;
  return false;
}

function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
