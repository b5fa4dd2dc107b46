import { describe, expect, it } from 'vitest';
import type { JobDeclaration } from './job-declaration.js';
import { bindHandlers, type HandlerCandidate, JobHandlersError } from './job-handlers.js';
import { RECONCILE_INSTANCE, STARTUP_MONITOR } from './lifecycle.jobs.js';

const handler = { handle: async () => undefined };
const candidate = (className: string, ...jobs: JobDeclaration[]): HandlerCandidate => ({
  className,
  jobs,
  instance: handler,
});
const DECLARED = [RECONCILE_INSTANCE, STARTUP_MONITOR];

describe('bindHandlers', () => {
  it('gives each job its handler', () => {
    const handlers = bindHandlers(DECLARED, [candidate('Processor', RECONCILE_INSTANCE, STARTUP_MONITOR)]);
    expect(handlers.find('RECONCILE_INSTANCE')).toEqual({ job: RECONCILE_INSTANCE, handler });
    expect(handlers.find('STARTUP_MONITOR')?.job).toBe(STARTUP_MONITOR);
    expect(handlers.find('OTHER')).toBeUndefined();
    expect(handlers.queues).toEqual(['lifecycle']);
  });

  it('refuses a job without one, by name', () => {
    expect(() => bindHandlers(DECLARED, [candidate('Processor', RECONCILE_INSTANCE)])).toThrow(
      new JobHandlersError(
        'job STARTUP_MONITOR of queue lifecycle has no handler: no class with a method handle() claims it',
      ),
    );
  });

  it('refuses a job with two, naming both methods', () => {
    const both = [candidate('One', RECONCILE_INSTANCE, STARTUP_MONITOR), candidate('Two', RECONCILE_INSTANCE)];
    expect(() => bindHandlers(DECLARED, both)).toThrow(
      new JobHandlersError('job RECONCILE_INSTANCE of queue lifecycle has 2 handlers: One.handle() and Two.handle()'),
    );
  });

  it('refuses a class without the method, and a job that is not declared', () => {
    const unknown: JobDeclaration = { ...RECONCILE_INSTANCE, name: 'UNLISTED' };
    const candidates = [
      { ...candidate('Empty', RECONCILE_INSTANCE, STARTUP_MONITOR), instance: {} },
      candidate('Stray', unknown),
    ];
    expect(() => bindHandlers(DECLARED, candidates)).toThrow(
      'Empty handles RECONCILE_INSTANCE, STARTUP_MONITOR but has no method handle(); ' +
        'Stray.handle() is for job UNLISTED, which JOB_DECLARATIONS does not list',
    );
  });
});
