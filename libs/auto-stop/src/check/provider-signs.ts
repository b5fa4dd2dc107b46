import { type InstanceRecord, idleCounting } from '@app/instance-store';
import { NovitaApi, type NovitaMetricPoint, phaseOf } from '@app/novita-client';
import { Clock, msFromTimestamp, oneLine, timestampFromMs } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { AutoStopOptions } from '../auto-stop-options.js';
import type { GpuReading, IdleSignals, ProviderLook } from '../policy/idle-signals.js';
import { timeWords } from '../policy/time-words.js';

/** A call that waits longer for its turn counts as an error; the next check asks again. */
const CALL_MS = 60_000;
const FINEST_SECONDS = 60;
const MOST_POINTS = 300;
/** Figures older than this say nothing about now. */
const LATE_MS = 5 * 60_000;

/** What the provider says of an instance whose time is up. Never throws: an error is an answer too, and keeps it. */
@Injectable()
export class ProviderSigns {
  constructor(
    private readonly api: NovitaApi,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
  ) {}

  /** Whether there is anything to ask. */
  get asks(): boolean {
    return !this.options.synchronised || this.options.gpuThresholdPercent !== null;
  }

  /** @param signal ends the calls; what was not told by then is unknown */
  async read(record: InstanceRecord, signal: AbortSignal): Promise<Pick<IdleSignals, 'look' | 'gpu'>> {
    const { synchronised, gpuThresholdPercent } = this.options;
    const [look, gpu] = await Promise.all([
      synchronised ? undefined : this.look(record, signal),
      gpuThresholdPercent === null ? undefined : this.gpu(record, gpuThresholdPercent, signal),
    ]);
    return { ...(look === undefined ? {} : { look }), ...(gpu === undefined ? {} : { gpu }) };
  }

  private async look({ novitaInstanceId }: InstanceRecord, signal: AbortSignal): Promise<ProviderLook> {
    if (novitaInstanceId === null) return { kind: 'unknown', why: 'Novita does not know it yet' };
    const at = this.clock.timestamp();
    try {
      const { status } = await this.api.getInstance(novitaInstanceId, callOptions(signal));
      return phaseOf(status) === 'up' ? { kind: 'running', at } : { kind: 'not-running', word: status };
    } catch (error) {
      return { kind: 'unknown', why: wordsOf(error) };
    }
  }

  private async gpu(record: InstanceRecord, threshold: number, signal: AbortSignal): Promise<GpuReading> {
    const counting = idleCounting(record, this.options.rules);
    if (record.novitaInstanceId === null || !counting.counts) return { kind: 'unknown', why: 'it cannot be measured' };
    const now = this.clock.now();
    // A use before that would not keep it any more.
    const spanMs = Math.min(counting.clock.thresholdMs, now);
    const intervalSeconds = Math.max(FINEST_SECONDS, Math.ceil(spanMs / 1_000 / MOST_POINTS));
    const range = { from: timestampFromMs(now - spanMs), to: timestampFromMs(now), intervalSeconds };
    try {
      const metrics = await this.api.getInstanceMetrics(record.novitaInstanceId, range, callOptions(signal));
      return readingOf(metrics.gpuUtilization, threshold, now, Math.max(LATE_MS, 3_000 * intervalSeconds));
    } catch (error) {
      return { kind: 'unknown', why: wordsOf(error) };
    }
  }
}

function readingOf(points: readonly NovitaMetricPoint[], threshold: number, now: number, lateMs: number): GpuReading {
  // A figure of the future is none: it would keep an instance for as long as the provider's clock is ahead.
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
