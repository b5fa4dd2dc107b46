import { Counter, type Registry } from 'prom-client';

const NAME = 'novita_fleet_overdue_without_job_total';

const OVERDUE_DEADLINES = ['reconcile', 'startup', 'auto-stop'] as const;

/** What had been forgotten: a reconcile, the end of a start-up, or a check for idle instances. */
export type OverdueDeadline = (typeof OVERDUE_DEADLINES)[number];

/**
 * Counts deadlines that were found overdue without a job that would meet them, and repaired. One metric for all
 * features of a process, told apart by its label.
 */
export function overdueCounter(registry: Registry): Counter<'deadline'> {
  const known = registry.getSingleMetric(NAME);
  if (known instanceof Counter) return known;
  const counter = new Counter({
    name: NAME,
    help: 'Deadlines found overdue without a job that would meet them, and repaired',
    labelNames: ['deadline'],
    registers: [registry],
  });
  for (const deadline of OVERDUE_DEADLINES) counter.inc({ deadline }, 0);
  return counter;
}
