import type { InstanceMetricsView } from './utilisation.dto.js';

const TIMES = ['2026-03-01T09:58:00.000Z', '2026-03-01T09:59:00.000Z'] as const;
const series = (...values: readonly [number, number]) => TIMES.map((at, n) => ({ at, percent: values[n] ?? 0 }));

export const METRICS_EXAMPLE: InstanceMetricsView = {
  instanceId: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
  status: 'ready',
  from: '2026-03-01T09:00:02.000Z',
  to: '2026-03-01T10:00:02.000Z',
  intervalSeconds: 60,
  series: {
    gpu: series(87.5, 91),
    vram: series(71.2, 71.2),
    cpu: series(38, 41.5),
    memory: series(55, 55.4),
    disk: series(30, 30),
  },
  asOf: '2026-03-01T09:59:00.000Z',
  lagSeconds: 62,
  readAt: '2026-03-01T10:00:02.000Z',
};
