import { Clock, Problem } from '@app/platform';
import {
  effectiveRun,
  KubernetesSync,
  type SyncSource,
  type SyncState,
  SyncStatusStore,
  SyncStatusView,
  settledCount,
  syncHeaders,
  UNKNOWN_SYNC,
} from '@app/sync-status';
import { Inject, Injectable, type OnModuleInit, Optional } from '@nestjs/common';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { present } from '../core/http/answer.js';
import { ApiHeaders, errorWithoutKey } from '../core/http/api-headers.js';
import type { SourceStatusView } from './sync-status.dto.js';

/** The status of the sync with one source, as this process has it. */
export interface SourceStatus {
  readonly view: SyncStatusView;
  readonly store: SyncStatusStore;
}

/** The sources of this installation: Novita, and a cluster where Kubernetes is on. */
@Injectable()
export class SyncSources implements OnModuleInit {
  private readonly novita: SourceStatus;

  constructor(
    view: SyncStatusView,
    store: SyncStatusStore,
    private readonly headers: ApiHeaders,
    private readonly clock: Clock,
    @Optional() @Inject(KubernetesSync) private readonly cluster: KubernetesSync | null = null,
  ) {
    this.novita = { view, store };
  }

  /** Routes about the cluster say how far the sync with it is. */
  onModuleInit(): void {
    const { cluster, clock } = this;
    if (cluster === null) return;
    this.headers.report('kubernetes', {
      pairs: () => syncHeaders(cluster.view.current(), clock.now()),
      errorWithoutKey: () => errorWithoutKey(cluster.view.current().run.resources),
    });
  }

  /** @throws Problem `kubernetes-off` */
  of(source: SyncSource): SourceStatus {
    return source === 'novita' ? this.novita : this.kubernetes();
  }

  /** @throws Problem `kubernetes-off` */
  kubernetes(): KubernetesSync {
    const { cluster } = this;
    if (cluster === null) {
      throw new Problem(API_PROBLEMS['kubernetes-off'], { detail: 'Kubernetes is not a source of this installation.' });
    }
    return cluster;
  }

  /** All sources in short; null where there is only Novita. */
  summaries(): readonly SourceStatusView[] | null {
    const { cluster, novita } = this;
    if (cluster === null) return null;
    return [this.summary('novita', novita.view), this.summary('kubernetes', cluster.view)];
  }

  private summary(source: SyncSource, view: SyncStatusView): SourceStatusView {
    const snapshot = view.current();
    if (snapshot === UNKNOWN_SYNC) return { source, status: 'unknown' };
    const run = effectiveRun(snapshot.run, this.clock.now());
    const status: SyncState = run.state;
    return {
      source,
      status,
      ...present('step', run.step),
      ...present('currentResource', run.currentResource),
      totalResources: run.resources.length,
      syncedResources: settledCount(run),
      ...present('startTime', run.startedAt),
      ...present('endTime', run.endedAt),
      ...present('lastSuccessTime', run.lastSuccess?.endedAt),
      paused: snapshot.paused !== null,
      held: run.held !== null,
    };
  }
}
