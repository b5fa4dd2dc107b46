import { expect, it } from 'vitest';
import { filteredMetrics } from './metrics-and-queues.js';

const TEXT = `# HELP novita_fleet_jobs_total Jobs
# TYPE novita_fleet_jobs_total counter
novita_fleet_jobs_total{queue="sync"} 3

# HELP nodejs_heap Heap
# TYPE nodejs_heap gauge
nodejs_heap 1
`;

it('keeps families by part of their name, not by their help', () => {
  expect(filteredMetrics(TEXT, ' HEAP ')).toEqual({
    families: 1,
    lines: ['# HELP nodejs_heap Heap', '# TYPE nodejs_heap gauge', 'nodejs_heap 1'],
  });
  expect(filteredMetrics(TEXT, '').families).toBe(2);
  expect(filteredMetrics(TEXT, 'sync').families).toBe(0);
});
