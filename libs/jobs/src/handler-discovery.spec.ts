import { Injectable, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { AUTO_STOP_CHECK, SPEND_ACCRUAL } from './auto-stop.jobs.js';
import { HandlerDiscovery } from './handler-discovery.js';
import type { JobHandler } from './job-declaration.js';
import { HandlesJob } from './job-handler.decorator.js';
import { RECONCILE_INSTANCE, type ReconcilePayload, STARTUP_MONITOR } from './lifecycle.jobs.js';
import { SYNC_FLEET, type SyncPayload } from './sync.jobs.js';

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
