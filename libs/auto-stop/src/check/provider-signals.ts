import { type InstanceRecord, idleCounting } from '@app/instance-store';
import { Novita, type NovitaMetricPoint, phaseOf } from '@app/novita-client';
import { Clock, msFromTimestamp, oneLine, timestampFromMs } from '@app/platform';
import { UtilisationReader } from '@app/utilisation';
import { Injectable } from '@nestjs/common';
import { AutoStopOptions } from '../options/auto-stop-options.js';
import { timeWords } from '../policy/evaluation.js';
import type { GpuReading, IdleSignals, ProviderObservation } from '../policy/idle-policy.js';

/** A call that waits longer for its turn counts as an error; the next check asks again. */
const CALL_MS = 60_000;
const MOST_POINTS = 300;
/** Figures older than this say nothing about now. */
const LATE_MS = 5 * 60_000;

/** Limits how many instances the provider is asked about in one check, so that the check does not starve the life cycle. */
export class ProbeBudget {
  constructor(private left: number) {}

  /** @returns whether the provider may be asked about one more */
  take(): boolean {
    if (this.left <= 0) return false;
    this.left -= 1;
    return true;
  }
}

/** Asks the provider about an instance whose time is up. Never throws: an error is an answer too, and keeps the instance. */
@Injectable()
export class ProviderSignals {
  constructor(
    private readonly novita: Novita,
    private readonly utilisation: UtilisationReader,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
  ) {}

  /** Whether the settings have the provider asked at all. */
  get isNeeded(): boolean {
    return !this.options.synchronised || this.options.gpuThresholdPercent !== null;
  }

  /** @param signal ends the calls; an answer that has not come by then is unknown */
  async read(record: InstanceRecord, signal: AbortSignal): Promise<Pick<IdleSignals, 'observation' | 'gpu'>> {
    const { synchronised, gpuThresholdPercent } = this.options;
    const [observation, gpu] = await Promise.all([
      synchronised ? undefined : this.observe(record, signal),
      gpuThresholdPercent === null ? undefined : this.gpu(record, gpuThresholdPercent, signal),
    ]);
    return { ...(observation === undefined ? {} : { observation }), ...(gpu === undefined ? {} : { gpu }) };
  }

  private async observe({ novitaInstanceId }: InstanceRecord, signal: AbortSignal): Promise<ProviderObservation> {
    if (novitaInstanceId === null) return { kind: 'unknown', why: 'Novita does not know it yet' };
    const at = this.clock.timestamp();
    try {
      const { status } = await this.novita.instances.get(novitaInstanceId, callOptions(signal));
      return phaseOf(status) === 'up' ? { kind: 'running', at } : { kind: 'not-running', word: status };
    } catch (error) {
      return { kind: 'unknown', why: wordsOf(error) };
    }
  }

  private async gpu(record: InstanceRecord, threshold: number, signal: AbortSignal): Promise<GpuReading> {
    const counting = idleCounting(record, this.options.rules);
    if (record.novitaInstanceId === null || !counting.counts) return { kind: 'unknown', why: 'it cannot be measured' };
    const now = this.clock.now();
    // An earlier use would not keep the instance any more.
    const spanMs = Math.min(counting.clock.thresholdMs, now);
    const range = { from: timestampFromMs(now - spanMs), to: timestampFromMs(now) };
    try {
      // No reading of before the question will do: it may lack the use that has begun since.
      const options = { ...callOptions(signal), maxAgeMs: 0, mostPoints: MOST_POINTS };
      const { metrics, intervalSeconds } = await this.utilisation.read(record.novitaInstanceId, range, options);
      return readingOf(metrics.gpuUtilization, threshold, now, Math.max(LATE_MS, 3_000 * intervalSeconds));
    } catch (error) {
      return { kind: 'unknown', why: wordsOf(error) };
    }
  }
}

function readingOf(points: readonly NovitaMetricPoint[], threshold: number, now: number, lateMs: number): GpuReading {
  // A figure of the future does not count: it would keep an instance for as long as the provider's clock is ahead.
  const byTime = points.filter(({ at }) => msFromTimestamp(at) <= now).toSorted((a, b) => (a.at < b.at ? 1 : -1));
  const busy = byTime.find(({ value }) => value >= threshold);
  if (busy !== undefined) return { kind: 'used', at: busy.at, percent: busy.value };
  const [latest] = byTime;
  if (latest === undefined) return { kind: 'unknown', why: 'Novita has no figures of it' };
  const ageMs = now - msFromTimestamp(latest.at);
  return ageMs > lateMs ? { kind: 'unknown', why: `the latest figure is ${timeWords(ageMs)} old` } : { kind: 'unused' };
}

const callOptions = (signal: AbortSignal): { readonly signal: AbortSignal; readonly priority: 'background' } => ({
  signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]),
  priority: 'background',
});

const wordsOf = (error: unknown): string => oneLine(error instanceof Error ? error.message : String(error), 200);
