import { AutoStopModule } from '@app/auto-stop';
import { CatalogueMirrorModule } from '@app/catalogue-mirror';
import {
  ChangeFeed,
  Deadlines,
  IdleTracker,
  InstanceRecords,
  InstanceStoreModule,
  MemoryChangeFeed,
  SpendMeter,
} from '@app/instance-store';
import { JobQueue, JobsModule, WorkerPresence } from '@app/jobs';
import { KubernetesStoreModule } from '@app/kubernetes-source';
import { LifecycleModule } from '@app/lifecycle';
import { MigrationModule } from '@app/migration';
import { NovitaClientModule } from '@app/novita-client';
import { RedisConnections, RedisModule } from '@app/redis';
import { SpendModule } from '@app/spend';
import { SyncModule } from '@app/sync';
import { UtilisationModule } from '@app/utilisation';
import { WatchdogModule } from '@app/watchdog';
import type { InjectionToken } from '@nestjs/common';
import { InProcessJobQueue } from '../../libs/jobs/src/in-process/in-process-job-queue.js';
import { Container } from './container.js';

/** Modules whose providers have an adapter in memory beside the one for Redis. */
const MODULES = [
  RedisModule,
  JobsModule,
  InstanceStoreModule,
  CatalogueMirrorModule,
  LifecycleModule,
  SyncModule,
  AutoStopModule,
  MigrationModule,
  SpendModule,
  UtilisationModule,
  WatchdogModule,
  KubernetesStoreModule,
];

/** Runs that have begun are left to themselves for some of it. */
const DRAIN_MS = 60_000;

/**
 * What Redis holds in a deployment: the adapters in memory of every port, as the modules choose them where no Redis is
 * configured. Each process reaches them over the wire.
 */
export class SharedState {
  private readonly container: Container;

  constructor(given: ReadonlyMap<InjectionToken, unknown>) {
    this.container = new Container({
      modules: [],
      onDemand: MODULES,
      without: new Set([NovitaClientModule]),
      given: new Map([...given, [RedisConnections, null]]),
      instead: () => undefined,
    });
  }

  adapterOf(token: InjectionToken): unknown {
    return this.container.get(token);
  }

  get records(): InstanceRecords {
    return this.container.get(InstanceRecords);
  }

  get deadlines(): Deadlines {
    return this.container.get(Deadlines);
  }

  get idle(): IdleTracker {
    return this.container.get(IdleTracker);
  }

  get feed(): ChangeFeed {
    return this.container.get(ChangeFeed);
  }

  get memoryFeed(): MemoryChangeFeed {
    return this.container.get(MemoryChangeFeed);
  }

  get spend(): SpendMeter {
    return this.container.get(SpendMeter);
  }

  get queue(): InProcessJobQueue {
    return this.container.get(InProcessJobQueue);
  }

  /** All jobs and schedules are gone. */
  loseQueue(): void {
    void this.queue.drain(DRAIN_MS);
    this.container.forget(InProcessJobQueue);
    this.container.forget(JobQueue);
    this.container.forget(WorkerPresence);
  }
}
