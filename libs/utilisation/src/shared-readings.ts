import type { NovitaInstanceMetrics, NovitaMetricPoint } from '@app/novita-client';
import {
  isObject,
  MINUTE_MS,
  msFromTimestamp,
  parseJson,
  parseTimestamp,
  SECOND_MS,
  type Timestamp,
  timestampFromMs,
} from '@app/platform';
import { FleetKeys, type RedisConnections } from '@app/redis';
import { Logger } from '@nestjs/common';

export interface UtilisationRange {
  readonly from: Timestamp;
  readonly to: Timestamp;
}

/** How busy an instance was, as Novita measured it. Percentages, as they came. */
export interface Utilisation extends UtilisationRange {
  readonly intervalSeconds: number;
  /** When Novita was asked. */
  readonly readAt: Timestamp;
  readonly metrics: NovitaInstanceMetrics;
}

/** What one process has read of Novita, for the others. A help only: whoever finds nothing asks Novita. Never throws. */
export abstract class SharedReadings {
  /** @returns null for what nobody has read lately */
  abstract read(key: string): Promise<Utilisation | null>;

  abstract write(key: string, utilisation: Utilisation): Promise<void>;
}

/** Of a process that shares with nobody. */
export class NoSharedReadings extends SharedReadings {
  override read(): Promise<null> {
    return Promise.resolve(null);
  }

  override async write(): Promise<void> {}
}

/** So long a reading may serve others; then it leaves Redis by itself. */
const LIFE_MS = MINUTE_MS;
/** A reading of some thousand points is not worth the memory. */
const MOST_CHARACTERS = 262_144;
/** For so long after a failure Redis is not asked: a chart must not wait for it at every read. */
const AFTER_FAILURE_MS = 5 * SECOND_MS;

const SERIES = [
  'cpuUtilization',
  'memoryUtilization',
  'diskUtilization',
  'gpuUtilization',
  'gpuMemoryUtilization',
] as const satisfies readonly (keyof NovitaInstanceMetrics)[];

/** In Redis: a text for each reading, as JSON with its points as pairs, for a minute. */
export class RedisSharedReadings extends SharedReadings {
  private readonly logger = new Logger(SharedReadings.name);
  private readonly keys: FleetKeys;
  private awayUntilMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.keys = new FleetKeys(keyPrefix);
  }

  override async read(key: string): Promise<Utilisation | null> {
    const text = await this.unlessAway(() => this.connections.commands.get(this.keys.utilisation(key)));
    return text === null ? null : parsed(text);
  }

  override async write(key: string, utilisation: Utilisation): Promise<void> {
    const text = textOf(utilisation);
    if (text.length > MOST_CHARACTERS) return;
    await this.unlessAway(() => this.connections.commands.set(this.keys.utilisation(key), text, 'PX', LIFE_MS));
  }

  private async unlessAway<Reply>(ask: () => Promise<Reply>): Promise<Reply | null> {
    if (performance.now() < this.awayUntilMs) return null;
    try {
      return await ask();
    } catch (error) {
      this.awayUntilMs = performance.now() + AFTER_FAILURE_MS;
      this.logger.debug('utilisation is not shared with the other processes', { err: error });
      return null;
    }
  }
}

function textOf({ from, to, intervalSeconds, readAt, metrics }: Utilisation): string {
  const pairs = SERIES.map((name) => metrics[name].map(({ at, value }) => [msFromTimestamp(at), value]));
  return JSON.stringify({ from, to, intervalSeconds, readAt, pairs });
}

/** @returns null for what this file has not written */
function parsed(text: string): Utilisation | null {
  const read = parseJson(text);
  if (!isObject(read) || !Array.isArray(read['pairs'])) return null;
  const { intervalSeconds } = read;
  const [from, to, readAt] = ['from', 'to', 'readAt'].map((name) => parseTimestamp(read[name]));
  const [cpu, memory, disk, gpu, gpuMemory] = SERIES.map((_, index) => pointsOf(read['pairs'], index));
  if (!from || !to || !readAt || typeof intervalSeconds !== 'number') return null;
  if (!cpu || !memory || !disk || !gpu || !gpuMemory) return null;
  const metrics: NovitaInstanceMetrics = {
    cpuUtilization: cpu,
    memoryUtilization: memory,
    diskUtilization: disk,
    gpuUtilization: gpu,
    gpuMemoryUtilization: gpuMemory,
  };
  return { from, to, intervalSeconds, readAt, metrics };
}

function pointsOf(series: unknown, index: number): readonly NovitaMetricPoint[] | null {
  const pairs: unknown = Array.isArray(series) ? series[index] : null;
  if (!Array.isArray(pairs)) return null;
  const points = pairs.flatMap((pair: unknown): NovitaMetricPoint[] => {
    if (!Array.isArray(pair)) return [];
    const [at, value]: readonly unknown[] = pair;
    const isPoint = typeof at === 'number' && Number.isSafeInteger(at) && typeof value === 'number';
    return isPoint ? [{ at: timestampFromMs(at), value }] : [];
  });
  return points.length === pairs.length ? points : null;
}
