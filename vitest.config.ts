import { defineConfig } from 'vitest/config';

/** Three sizes of tests, told apart by folder and suffix: no I/O; a real Redis; whole built processes. What measures runs last, alone. */
export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    setupFiles: ['reflect-metadata'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{apps,libs,scripts}/**/*.spec.ts', 'apps/api/page/**/*.spec.js'],
          exclude: ['**/node_modules/**', 'dist/**', 'libs/platform/**'],
          // Property tests try much, and a machine may be busy.
          testTimeout: 30_000,
          // Loading the framework anew for each file would take longer than the tests.
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        // They look at the process's logger, signals and environment, which files of one process share.
        test: { name: 'unit-platform', include: ['libs/platform/**/*.spec.ts'], testTimeout: 30_000, maxWorkers: 2 },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['{apps,libs}/*/test/*.int-spec.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // They wait for sockets and timers more than they compute.
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/*.e2e-spec.ts'],
          exclude: ['test/page-speed.e2e-spec.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // They wait for processes more than they compute.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'speed',
          include: ['test/page-speed.e2e-spec.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // It measures, so nothing else may run beside it.
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
