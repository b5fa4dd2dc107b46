import { type Clock, delay, MINUTE_MS, SECOND_MS, timestampFromMs } from '@app/platform';
import { ApiserverError, type ApiserverErrorKind } from '../client/apiserver-error.js';
import type { KubernetesClient } from '../client/kubernetes-client.js';
import type { ListPage } from '../client/list-reader.js';
import type { Scope } from '../client/resource-requests.js';
import type { KindRow } from '../model/kinds.js';
import {
  type Attempt,
  attemptOf,
  type Ending,
  type FullSetCause,
  firstStanding,
  nextStep,
  type Standing,
  withoutVersion,
} from './next-step.js';
import type { ReflectorSink, ReflectorState } from './reflector-sink.js';
import { WatchIntake } from './watch-intake.js';
import { WatchLife } from './watch-life.js';

/** What a cluster was found to be able to do, for all reflectors of it. */
export class ClusterAbilities {
  private watchListRefusedAtMs: number | null = null;

  /** A cluster that refused it may be a newer one a day later. */
  offersWatchList(nowMs: number): boolean {
    return this.watchListRefusedAtMs === null || nowMs - this.watchListRefusedAtMs >= ASKED_AGAIN_MS;
  }

  watchListRefused(nowMs: number): void {
    this.watchListRefusedAtMs = nowMs;
  }
}

/** What happens to a reflector, for counters. */
export type ReflectorEvent =
  | { readonly kind: 'full-set-begun'; readonly via: 'watch-list' | 'list'; readonly cause: FullSetCause }
  | {
      readonly kind: 'full-set-completed';
      readonly via: 'watch-list' | 'list';
      readonly objects: number;
      readonly ms: number;
    }
  | { readonly kind: 'watch-opened' }
  | { readonly kind: 'changes'; readonly count: number }
  | { readonly kind: 'failed'; readonly attempt: Attempt; readonly error: ApiserverErrorKind };

export interface ReflectorOptions {
  readonly client: Pick<KubernetesClient, 'list' | 'watch'>;
  readonly row: KindRow;
  readonly scope: Scope;
  readonly sink: ReflectorSink;
  readonly clock: Clock;
  /** Shared by the reflectors of a cluster. */
  readonly abilities: ClusterAbilities;
  /** At least 0 and less than 1. */
  readonly random?: () => number;
  /** Objects of a page at most. */
  readonly pageSize?: number;
  readonly onEvent?: (event: ReflectorEvent) => void;
  /** Comes back after that time, or as soon as the signal is aborted. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const ASKED_AGAIN_MS = 24 * 60 * MINUTE_MS;
const PAGE_SIZE = 500;
/** Of a page after the first one, about: two are held at a time, as objects, which take several times as much. */
const PAGE_BYTES = 1_000_000;
const SMALLEST_PAGE = 50;
/** Of a watch, by chance: those that began together do not end together. */
const SHORTEST_WATCH_S = 300;
const LONGEST_WATCH_S = 600;

/**
 * Keeps a sink equal to the objects of one kind in one scope: gets the full set, follows what changes, and gets the full
 * set anew only when the cluster does not remember what has changed since. What follows what is decided in `next-step.ts`.
 */
export class Reflector {
  private readonly random: () => number;
  private readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  private readonly emit: (event: ReflectorEvent) => void;
  /** Ends what is under way: the attempt, or the wait after it. */
  private interruption = new AbortController();
  private isAsked = false;
  private phase: ReflectorState['phase'] = 'stopped';

  constructor(private readonly options: ReflectorOptions) {
    this.random = options.random ?? Math.random;
    this.wait = options.wait ?? delay;
    this.emit = options.onEvent ?? (() => undefined);
  }

  /**
   * Comes back when the signal is aborted. Called again after that it begins with the full set.
   * @throws what the sink throws
   */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.interruption.abort();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await this.loop(signal);
    } finally {
      signal.removeEventListener('abort', stop);
      this.interruption.abort();
      this.show({ phase: 'stopped' });
    }
  }

  /** Has the full set read anew, at once. */
  relist(): void {
    this.isAsked = true;
    this.interruption.abort();
  }

  private async loop(signal: AbortSignal): Promise<void> {
    const { abilities, clock, pageSize = PAGE_SIZE } = this.options;
    let standing = firstStanding(pageSize);
    this.isAsked = false;
    while (!signal.aborted) {
      if (this.isAsked) standing = withoutVersion(standing, 'asked');
      this.isAsked = false;
      this.interruption = new AbortController();
      const { signal: interrupted } = this.interruption;
      const attempt = attemptOf(standing, abilities.offersWatchList(clock.now()));
      const ending = await (attempt === 'list'
        ? this.list(standing, interrupted)
        : this.watch(attempt, standing, interrupted));
      if (interrupted.aborted) {
        standing = { ...standing, version: ending.version };
        continue;
      }
      if (ending.kind === 'failed') this.emit({ kind: 'failed', attempt, error: ending.error.kind });
      const step = nextStep(standing, attempt, ending, this.random());
      standing = step.standing;
      if (step.lacksWatchList) abilities.watchListRefused(clock.now());
      if (step.waiting === null) continue;
      this.show({ phase: 'waiting', ...step.waiting, nextAt: timestampFromMs(clock.now() + Math.ceil(step.waitMs)) });
      await this.wait(step.waitMs, interrupted);
    }
  }

  private async list(standing: Standing, signal: AbortSignal): Promise<Ending> {
    const { client, row, scope, sink, clock } = this.options;
    const { pageSize } = standing;
    const startedAt = clock.now();
    let objects = 0;
    const read = (limit: number, continueToken: string | null) =>
      client.list(row, scope, { limit, continueToken }, signal);
    try {
      this.showListing('list');
      let page = await read(pageSize, null);
      const { version } = page;
      await this.beginFullSet('list', standing.cause);
      for (;;) {
        // The next page is on its way while this one is handed on.
        const next = page.continueToken === null ? null : read(fittingSize(page, pageSize), page.continueToken);
        next?.catch(() => undefined);
        await sink.add(page.objects, page.continueToken === null ? 0 : page.remaining);
        objects += page.objects.length;
        if (next === null) break;
        page = await next;
      }
      await sink.complete(version);
      this.emit({ kind: 'full-set-completed', via: 'list', objects, ms: clock.now() - startedAt });
      return { kind: 'listed', version };
    } catch (error) {
      const openMs = clock.now() - startedAt;
      const none = { version: null, isWholeLife: false, isStalled: false, hadBookmarks: false };
      return { kind: 'failed', error: expected(error, signal), openMs, hadLines: objects > 0, ...none };
    }
  }

  /** Follows what changes; a WatchList gets the full set before that. */
  private async watch(attempt: 'watch-list' | 'watch', standing: Standing, signal: AbortSignal): Promise<Ending> {
    const { client, row, scope, sink, clock } = this.options;
    const timeoutSeconds = Math.round(SHORTEST_WATCH_S + this.random() * (LONGEST_WATCH_S - SHORTEST_WATCH_S));
    const intake = new WatchIntake(sink, standing.version);
    const life = new WatchLife(clock, timeoutSeconds * SECOND_MS, signal, () => intake.version === null);
    const course = () => ({
      version: intake.version,
      openMs: life.openMs(),
      isWholeLife: life.isWhole(),
      isStalled: life.isStalled(),
      hadLines: life.hadLines,
      hadBookmarks: intake.hadBookmarks,
    });
    const startedAt = clock.now();
    const guard = life.cutWhenSilent(this.wait);
    try {
      if (attempt === 'watch-list') this.showListing(attempt);
      const batches = await client.watch(row, scope, { version: standing.version, timeoutSeconds }, life.signal);
      life.opened();
      this.emit({ kind: 'watch-opened' });
      if (attempt === 'watch') this.showWatching();
      else await this.beginFullSet(attempt, standing.cause);
      for await (const lines of batches) {
        const before = { version: intake.version, count: intake.count };
        await life.handOn(() => intake.take(lines));
        if (before.version !== null) {
          if (intake.count > before.count) this.emit({ kind: 'changes', count: intake.count - before.count });
        } else if (intake.version !== null) {
          this.emit({
            kind: 'full-set-completed',
            via: 'watch-list',
            objects: intake.count,
            ms: clock.now() - startedAt,
          });
          this.showWatching();
        }
      }
      return { kind: 'ended', ...course() };
    } catch (error) {
      return { kind: 'failed', error: life.silence() ?? expected(error, signal), ...course() };
    } finally {
      life.end();
      await guard;
    }
  }

  private async beginFullSet(via: 'watch-list' | 'list', cause: FullSetCause): Promise<void> {
    this.emit({ kind: 'full-set-begun', via, cause });
    await this.options.sink.begin();
  }

  private showListing(via: 'watch-list' | 'list'): void {
    this.show({ phase: 'listing', via, since: this.options.clock.timestamp() });
  }

  /** Since when counts from when it began to follow, not from the latest of its watches. */
  private showWatching(): void {
    if (this.phase !== 'watching') this.show({ phase: 'watching', since: this.options.clock.timestamp() });
  }

  private show(state: ReflectorState): void {
    this.phase = state.phase;
    this.options.sink.state(state);
  }
}

/** How many objects like those of this page a page is to have. */
function fittingSize({ objects, bytes }: ListPage, most: number): number {
  const fitting = Math.floor((PAGE_BYTES * objects.length) / Math.max(1, bytes));
  return Math.min(most, Math.max(SMALLEST_PAGE, fitting));
}

/** An error by which an attempt may end. Anything else is the sink's, or a mistake of ours, and ends the reflector. */
function expected(error: unknown, signal: AbortSignal): ApiserverError {
  if (error instanceof ApiserverError) return error;
  if (signal.aborted && error === signal.reason) return new ApiserverError('unreachable', 'it was interrupted');
  throw error;
}
