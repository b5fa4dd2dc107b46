import { Bench, type JobQueueHarness } from './conformance/bench.js';
import { itCoalesces } from './conformance/coalescing.conformance.js';
import { itKeepsJobs } from './conformance/keeping.conformance.js';
import { itCarriesPayloads } from './conformance/payloads.conformance.js';
import { itRunsJobs } from './conformance/running.conformance.js';
import { itKeepsSchedules } from './conformance/schedules.conformance.js';
import { itCarriesTraces } from './conformance/traces.conformance.js';

/** What every adapter of `JobQueue` does. */
export function itIsAJobQueue(open: () => Promise<JobQueueHarness>): void {
  const bench = new Bench(open);
  itRunsJobs(bench);
  itCoalesces(bench);
  itKeepsJobs(bench);
  itKeepsSchedules(bench);
  itCarriesPayloads(bench);
  itCarriesTraces(bench);
}
