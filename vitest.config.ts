import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Waits are patient everywhere: their limits only end what would hang, so these end what waits many times in vain. */
const MINUTE_MS = 60_000;

/** Two cores are kept busy by so many: each waits for timers, sockets and processes for most of its time. */
const AT_ONCE = 6;
/** These compute all the time, and most of what they load was transformed for others before: a third would load it once more. */
const UNIT_AT_ONCE = 2;

/** What takes longest, the longest first: begun late, one of these alone would keep the run from ending. */
const LONGEST = [
  'simulation.e2e',
  'page-in-use.e2e',
  'standalone.e2e',
  'kubernetes-real.e2e',
  'page-look.e2e',
  'page-fleet.e2e',
  'auto-stop.e2e',
  'page-jobs.e2e',
  'page-trouble.e2e',
  'instance-life.e2e',
  'chaos.e2e',
  'sync-faults-and-obsolete.e2e',
  'migration.e2e',
  'auto-stop-by-hand.e2e',
  'redis-comes-back.e2e',
  'redis-away.e2e',
  'kubernetes.e2e',
  'events-and-sync-of-two-pods.e2e',
  'webhooks.e2e',
  'command-line.e2e',
  'upgrade.e2e',
  'without-redis.e2e',
  'sync-examples.e2e',
  'page-activity.e2e',
  'page-money.e2e',
  'npm-signals.e2e',
  'boot-without-redis.e2e',
  'lifecycle.int',
  'bullmq-wedged.int',
  'dashboard-cost.int',
  'redis-instance-store.int',
  'redis-groups.int',
  'sync-worker.int',
  'ending-loop.int',
  'bullmq-failures.int',
  'auto-stop.module.int',
  'bullmq-schedules.int',
  'ioredis-connections.int',
  'bullmq.int',
  'request-budget.int',
  'redis-readiness.int',
  'watch-cache-outage.int',
  'in-process.int',
  'events.int',
  'migration.int',
];

/** At what Nest logs, which goes to where the first application of a process has sent it: here all send it to one place. */
const LOOK_AT_THE_LOG = [
  'libs/platform/src/logging/logging.module.spec.ts',
  'libs/platform/src/http/problems/problem.filter.spec.ts',
  'libs/platform/src/http/server/request-log.spec.ts',
  'libs/platform/src/http/shutdown/end-on-signal.spec.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    // One project after the other: its files share the processes that run them.
    return sorted.toSorted(
      (a, b) => groupOf(a) - groupOf(b) || a.project.name.localeCompare(b.project.name, 'en') || rankOf(a) - rankOf(b),
    );
  }
}

const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;

function rankOf({ moduleId }: TestSpecification): number {
  const index = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}-spec.ts`));
  return index === -1 ? LONGEST.length : index;
}

/** Three sizes of tests, told apart by folder and suffix: no I/O; a real Redis; whole built processes. */
export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    setupFiles: ['reflect-metadata', './test/support/processor-time.ts', './test/support/patient-waits.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{apps,bench,libs,scripts,simulation,chaos}/**/*.spec.ts', 'apps/api/page/**/*.spec.js'],
          exclude: ['**/node_modules/**', 'dist/**', ...LOOK_AT_THE_LOG],
          // Property tests try much, and a machine may be busy.
          testTimeout: MINUTE_MS,
          // Loading the framework anew for each file would take longer than the tests.
          isolate: false,
          maxWorkers: UNIT_AT_ONCE,
          // Last: these are short, so that all processors are busy until the end, and what they load was transformed before.
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'unit-platform',
          include: LOOK_AT_THE_LOG,
          testTimeout: MINUTE_MS,
          isolate: false,
          maxWorkers: UNIT_AT_ONCE,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['{apps,libs}/*/test/*.int-spec.ts'],
          testTimeout: 5 * MINUTE_MS,
          hookTimeout: 5 * MINUTE_MS,
          // Loading the framework anew for each file would take two thirds of the time.
          isolate: false,
          maxWorkers: AT_ONCE,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/*.e2e-spec.ts'],
          globalSetup: './test/support/warm-up.ts',
          testTimeout: 10 * MINUTE_MS,
          hookTimeout: 10 * MINUTE_MS,
          // What they test is in processes of its own; what they test it with is loaded once.
          isolate: false,
          // With the integration tests: what waits in one leaves the processors to another.
          maxWorkers: AT_ONCE,
        },
      },
    ],
  },
});
