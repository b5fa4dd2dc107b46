import { Injectable, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import {
  AUTO_STOP_CHECK,
  RECONCILE_INSTANCE,
  type ReconcilePayload,
  SPEND_ACCRUAL,
  STARTUP_MONITOR,
  SYNC_FLEET,
  type SyncPayload,
} from '../catalogue/catalogue.js';
import type { JobDeclaration, JobHandler } from '../catalogue/job.js';
import { bindHandlers, type HandlerCandidate, HandlerDiscovery, HandlesJob, JobHandlersError } from './job-handlers.js';

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

@HandlesJob(RECONCILE_INSTANCE, STARTUP_MONITOR)
@Injectable()
class Reconciler implements JobHandler<ReconcilePayload> {
  async handle(): Promise<void> {}
}

@HandlesJob(STARTUP_MONITOR)
@Injectable()
class Monitor implements JobHandler<ReconcilePayload> {
  async handle(): Promise<void> {}
}

@HandlesJob(SYNC_FLEET)
@Injectable()
class Syncer implements JobHandler<SyncPayload> {
  async handle(): Promise<void> {}
}

@HandlesJob(AUTO_STOP_CHECK, SPEND_ACCRUAL)
@Injectable()
class Checker {
  async handle(): Promise<void> {}
}

@Injectable()
class Bystander {}

@Module({ providers: [Reconciler, Syncer, Checker, Bystander, { provide: 'alias', useExisting: Reconciler }] })
class FeatureModule {}

const discover = async (providers: (typeof Monitor)[]) => {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule, FeatureModule],
    providers: [HandlerDiscovery, ...providers],
  }).compile();
  return module.get(HandlerDiscovery).discover();
};

describe('HandlerDiscovery', () => {
  it('finds marked providers of any module, each once', async () => {
    const handlers = await discover([]);
    expect(handlers.find('RECONCILE_INSTANCE')?.handler).toBeInstanceOf(Reconciler);
    expect(handlers.find('SYNC_FLEET')?.handler).toBeInstanceOf(Syncer);
    expect(handlers.bound).toHaveLength(5);
  });

  it('refuses two classes for one job, by their names', async () => {
    await expect(discover([Monitor])).rejects.toThrow(
      /STARTUP_MONITOR .*(Reconciler\.handle\(\) and Monitor\.handle\(\)|Monitor\.handle\(\) and Reconciler\.handle\(\))/,
    );
  });
});
