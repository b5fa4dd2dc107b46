import type { InstanceRecord } from '../world/instance-record.js';
import { type Answer, type ApiContext, type ApiRequest, findInstance, json } from './operation.js';

interface Point {
  readonly timestamp: string;
  readonly value: number;
}

/** Seconds. */
const SHORTEST_INTERVAL = 15;
/** Bounds what one answer may cost. */
const MOST_POINTS = 1_500;

/**
 * `GET /openapi/v1/metrics/gpu/instance`. Bad times and intervals silently fall back to their defaults. Every third
 * instance idles; nothing is measured before an instance ran or after it stopped.
 */
export function getInstanceMetrics({ query }: ApiRequest, { world }: ApiContext): Answer {
  const record = findInstance(world, query.get('instanceId'));
  const now = Math.floor(world.clock.realNow() / 1_000);
  const end = within(query.get('endTime'), 1, now) ?? now;
  const start = within(query.get('startTime'), 1, end - 60) ?? end - 60;
  const asked = within(query.get('interval'), SHORTEST_INTERVAL, Number.MAX_SAFE_INTEGER) ?? SHORTEST_INTERVAL;
  const interval = Math.max(asked, Math.ceil((end - start) / MOST_POINTS));
  const times: number[] = [];
  for (let time = start; time <= end; time += interval) if (ranAt(record, time)) times.push(time);

  const idle = Number.parseInt(record.id.slice(-2), 16) % 3 === 0;
  const series = (salt: number, busy: number): Point[] =>
    times.map((time) => ({ timestamp: String(time), value: idle ? 0 : wave(record.id, time, salt, busy) }));
  const perGpu = (salt: number, busy: number) => ({
    avg: series(salt, busy),
    gpuIds: Array.from({ length: record.spec.gpuNum }, (_, gpu) => ({ gpuId: String(gpu), items: series(salt, busy) })),
  });
  return json({
    cpuUtilization: series(1, 40),
    memUtilization: series(2, 55),
    rootDiskUtilization: series(3, 30),
    gpuUtilization: perGpu(4, 85),
    gpuMemUtilization: perGpu(5, 70),
  });
}

function ranAt(record: InstanceRecord, second: number): boolean {
  const ms = second * 1_000;
  if (record.lastStartedAt === 0 || ms < record.lastStartedAt) return false;
  return record.lastStoppedAt < record.lastStartedAt || ms <= record.lastStoppedAt;
}

/** A value in percent around `middle` that is always the same for one instance and time. */
function wave(id: string, time: number, salt: number, middle: number): number {
  const phase = Number.parseInt(id.slice(0, 6), 16) + salt * 977;
  return Math.round((middle + 10 * Math.sin((time + phase) / 300)) * 100) / 100;
}

function within(text: string | null, min: number, max: number): number | null {
  if (text === null || !/^\d{1,12}$/.test(text)) return null;
  const value = Number(text);
  return value >= min && value <= max ? value : null;
}
