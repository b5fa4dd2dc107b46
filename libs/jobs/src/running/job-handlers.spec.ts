import { jobHandlers } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { JOBS, type JobName, RECONCILE_INSTANCE } from '../catalogue/catalogue.js';
import { bindHandlers, type JobHandlerClasses, JobHandlersError } from './job-handlers.js';

class Handler {
  async handle(): Promise<void> {}
}
class Absent extends Handler {}

const classes = (others: Partial<JobHandlerClasses> = {}): JobHandlerClasses => jobHandlers(Handler, others);

describe('the handlers of a worker', () => {
  const handler = new Handler();

  it('are one for each job', () => {
    const handlers = bindHandlers(classes(), () => handler);
    expect(handlers.find('RECONCILE_INSTANCE')).toEqual({ job: RECONCILE_INSTANCE, handler });
    expect(handlers.find('OTHER')).toBeUndefined();
    expect(handlers.bound.map(({ job }) => job.name)).toEqual(Object.keys(JOBS));
    expect(handlers.queues).toEqual(['lifecycle', 'sync', 'auto-stop', 'webhooks']);
  });

  it('are all named when no module provides them', () => {
    const provided = (type: unknown): Handler => {
      if (type === Absent) throw new Error('no such element');
      return handler;
    };
    const absent = classes({ SYNC_FLEET: Absent, SPEND_ACCRUAL: Absent });
    expect(() => bindHandlers(absent, provided)).toThrow(
      new JobHandlersError(
        'job SYNC_FLEET of queue sync has no handler: Absent is not provided (no such element); ' +
          'job SPEND_ACCRUAL of queue auto-stop has no handler: Absent is not provided (no such element)',
      ),
    );
  });

  it('are named for every job, or it does not compile', () => {
    const { SYNC_FLEET: _, ...incomplete } = classes();
    // @ts-expect-error a job without a class
    const given: JobHandlerClasses = incomplete;
    const names: readonly JobName[] = Object.keys(given) as JobName[];
    expect(names).not.toContain('SYNC_FLEET');
  });
});
