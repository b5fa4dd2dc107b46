import { Novita, type NovitaInstanceId, NovitaNotFoundError } from '@app/novita-client';
import { Clock, MINUTE_MS, msFromTimestamp, SECOND_MS, timestampFromMs, untilAborted } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { SharedReadings, type Utilisation, type UtilisationRange } from './shared-readings.js';

/** Novita measures about once a minute, so a figure is not asked for again before. */
const KEPT_MS = MINUTE_MS;
/** For so long a failed call is not repeated, however many readers there are. */
const FAILURE_KEPT_MS = 10 * SECOND_MS;
/** The finest interval between two figures. */
const FINEST_SECONDS = 60;
/** As much as a chart can show. */
const MOST_POINTS = 240;
/** Points of all series that a process remembers, some 100 bytes each. */
const REMEMBERED_POINTS = 150_000;
/** The shared call ends then, whatever its readers do. */
const CALL_MS = 60 * SECOND_MS;

export interface ReadOptions {
  /** An older reading will not do. Default: a minute, which is also the most. */
  readonly maxAgeMs?: number;
  /** By it follows the interval between two points. Default: 240. */
  readonly mostPoints?: number;
  /** Ends the wait of this reader. The call goes on for the others. */
  readonly signal: AbortSignal;
  /** Of the call, if this reader is the first. */
  readonly priority: 'interactive' | 'background';
}

type Reading =
  | { readonly atMs: number; readonly utilisation: Utilisation }
  | { readonly atMs: number; readonly error: unknown };

/**
 * Reads how busy instances were, for all readers of a process: the charts of the page and auto-stop. For one instance and
 * one length of time up to now Novita is asked about once a minute by those who accept a minute's age, however many
 * they are and in whatever process; those of one process who ask at the same time share one call.
 */
@Injectable()
export class UtilisationReader {
  private readonly kept = new LRUCache<string, Reading>({ maxSize: REMEMBERED_POINTS, sizeCalculation: pointsIn });
  private readonly underWay = new Map<string, Promise<Utilisation>>();
  private readonly lookUps = new Map<string, Promise<void>>();

  constructor(
    private readonly novita: Novita,
    private readonly shared: SharedReadings,
    private readonly clock: Clock,
  ) {}

  /**
   * @param range widened to whole minutes; one that ends less than a minute ago is read up to now
   * @throws NovitaError, among them NovitaNotFoundError; the reason of the signal when that is aborted first
   */
  async read(id: NovitaInstanceId, range: UtilisationRange, options: ReadOptions): Promise<Utilisation> {
    const { maxAgeMs = KEPT_MS, mostPoints = MOST_POINTS, signal, priority } = options;
    const now = this.clock.now();
    const { window, ...wanted } = wholeMinutes(range, now, mostPoints);
    const key = `${id} ${window} ${wanted.intervalSeconds}`;
    const known = this.freshIn(key, now, maxAgeMs);
    if (known !== null) return valueOf(known);
    if (maxAgeMs > 0 && !this.underWay.has(key)) {
      await untilAborted(this.lookUp(key), signal);
      signal.throwIfAborted();
      const found = this.freshIn(key, now, maxAgeMs);
      if (found !== null) return valueOf(found);
    }
    const asking = this.underWay.get(key) ?? this.ask(key, id, wanted, priority);
    const answer = await untilAborted(asking, signal);
    if (answer !== null) return answer;
    throw signal.reason;
  }

  private freshIn(key: string, now: number, maxAgeMs: number): Reading | null {
    const known = this.kept.get(key);
    if (known === undefined) return null;
    return Math.abs(now - known.atMs) < Math.min(maxAgeMs, lifeOf(known)) ? known : null;
  }

  /** Takes over what another process has read, unless this one knows something newer by then. */
  private lookUp(key: string): Promise<void> {
    const looking =
      this.lookUps.get(key) ??
      this.shared
        .read(key)
        .then((utilisation) => {
          if (utilisation === null) return;
          const atMs = msFromTimestamp(utilisation.readAt);
          if (atMs > (this.kept.get(key)?.atMs ?? Number.NEGATIVE_INFINITY)) this.kept.set(key, { atMs, utilisation });
        })
        .finally(() => this.lookUps.delete(key));
    this.lookUps.set(key, looking);
    return looking;
  }

  private ask(
    key: string,
    id: NovitaInstanceId,
    range: UtilisationRange & { readonly intervalSeconds: number },
    priority: ReadOptions['priority'],
  ): Promise<Utilisation> {
    const atMs = this.clock.now();
    const asking = this.novita.instances
      .metrics(id, range, { signal: AbortSignal.timeout(CALL_MS), priority })
      .then(
        (metrics) => {
          const utilisation = { ...range, readAt: timestampFromMs(atMs), metrics };
          this.kept.set(key, { atMs, utilisation });
          // Nobody waits for it, and it does not fail.
          void this.shared.write(key, utilisation);
          return utilisation;
        },
        (error: unknown) => {
          this.kept.set(key, { atMs: this.clock.now(), error });
          throw error;
        },
      )
      .finally(() => this.underWay.delete(key));
    this.underWay.set(key, asking);
    return asking;
  }
}

/**
 * What Novita is asked for. Readers whose ranges differ by seconds are to share an answer: one up to now is known by its
 * length alone, one of the past by its minutes.
 */
function wholeMinutes(
  { from, to }: UtilisationRange,
  now: number,
  mostPoints: number,
): UtilisationRange & { readonly intervalSeconds: number; readonly window: string } {
  const [fromMs, toMs] = [msFromTimestamp(from), msFromTimestamp(to)];
  const isUpToNow = toMs > now - MINUTE_MS;
  const end = isUpToNow ? now : Math.ceil(toMs / MINUTE_MS) * MINUTE_MS;
  const start = isUpToNow
    ? Math.max(0, now - Math.ceil((toMs - fromMs) / MINUTE_MS) * MINUTE_MS)
    : Math.floor(fromMs / MINUTE_MS) * MINUTE_MS;
  const spanMs = end - start;
  return {
    from: timestampFromMs(start),
    to: timestampFromMs(end),
    intervalSeconds: Math.max(FINEST_SECONDS, Math.ceil(spanMs / SECOND_MS / mostPoints)),
    window: isUpToNow ? `last ${spanMs}` : `${start}-${end}`,
  };
}

function valueOf(reading: Reading): Utilisation {
  if ('utilisation' in reading) return reading.utilisation;
  throw reading.error;
}

/** That Novita knows no such instance is an answer, which will not be another one in a few seconds. */
function lifeOf(reading: Reading): number {
  return 'error' in reading && !(reading.error instanceof NovitaNotFoundError) ? FAILURE_KEPT_MS : KEPT_MS;
}

function pointsIn(reading: Reading): number {
  if ('error' in reading) return 1;
  return Object.values(reading.utilisation.metrics).reduce((sum, points: readonly unknown[]) => sum + points.length, 1);
}
